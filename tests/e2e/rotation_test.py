"""Rotation of the keys of every TUF role in two steps while devices are out there; docs/rotation.md in walked steps."""

import shutil
import unittest

from case import FleetCase
from programs import run, run_json, run_well

OFFLINE = ("root", "targets", "releases")
ONLINE = ("deltas", "snapshot", "timestamp")
FAR_BEHIND = 50  # versions of root


class RotationTest(FleetCase):
    def setUp(self):
        super().setUp()
        self.skiff, self.repo, self.keys = self.fleet.programs.skiff, self.fleet.repo, self.fleet.keys
        self.request = self.fleet.folder / "request"

    def newest_root(self):
        return max((self.repo / "metadata").glob("*.root.json"), key=lambda path: int(path.name.split(".")[0]))

    def sign(self, what, *words, keys):
        """Export, approve, import: what docs/rotation.md has people do on two machines."""
        run_well(self.skiff, "sign", "export", what, self.repo, "-o", self.request, *words)
        signers = [word for key in keys for word in ("--key", key)]
        run_well(self.skiff, "sign", "approve", self.request, "--root", self.newest_root(), "--yes", *signers)
        run_well(self.skiff, "sign", "import", self.repo, self.request)

    def delegator_keys(self, role):
        """Between its two steps a role signs with both keys, so that what it signs outlives the old one."""
        delegator = "targets" if role in ("releases", "deltas") else "root"
        return [key for key in (self.keys / f"{delegator}.key", self.keys / f"{delegator}-new.key") if key.exists()]

    def add_key(self, role):
        """Step one: the role has a new key beside the old one, and what it signs is signed by the new one too."""
        new = self.keys / f"{role}-new.key"
        run_well(self.skiff, "key", "generate", new)
        self.sign("keys", "--role", role, "--add", new, keys=self.delegator_keys(role))
        if role in ("targets", "releases"):
            self.sign("renewal", "--role", role, keys=[self.keys / f"{role}.key", new])
        self.fleet.publish()

    def remove_key(self, role):
        """Step two: the old key goes; it is kept aside, as a thief might have it."""
        old, new = self.keys / f"{role}.key", self.keys / f"{role}-new.key"
        key_id = run_json(self.skiff, "key", "show", old)["keyid"]
        signers = [new] if role == "root" else self.delegator_keys(role)
        self.sign("keys", "--role", role, "--remove", key_id, keys=signers)
        stolen = self.fleet.folder / "stolen"
        stolen.mkdir(exist_ok=True)
        shutil.move(old, stolen / f"{role}.key")
        shutil.move(new, old)
        self.fleet.publish()

    def restart_server(self):
        """The server gets the online keys that hold now."""
        self.server.stop()
        for role in ONLINE:
            shutil.copy(self.keys / f"{role}.key", self.fleet.online_keys / f"{role}.key")
        self.server = self.fleet.start_server("--workers", "0")
        self.proxy.upstream = self.server.address

    def test_every_role_changes_its_key_and_no_device_is_locked_out(self):
        for role in (*OFFLINE, *ONLINE):
            self.add_key(role)
        self.check_updates()  # the server still signs with the old keys, if it has to
        for role in (*OFFLINE, *ONLINE):
            self.remove_key(role)
        self.restart_server()
        three = self.fleet.write_image("three.img", self.two.read_bytes()[::-1])
        self.fleet.release(three)
        self.fleet.add_delta(self.two, three)
        self.restart_server()
        self.check_step(self.device.REBOOT)
        self.assertTrue(self.device.holds("A", three))
        self.assertEqual(self.device.boot(), "A")
        self.check_step(self.device.OK)
        self.assertEqual([report["outcome"] for report in self.server.reports()], ["committed", "committed"])

    def test_a_device_that_was_away_all_the_time_updates(self):
        for role in (*OFFLINE, *ONLINE):
            self.add_key(role)
            self.remove_key(role)
        self.restart_server()
        self.check_updates()

    def test_a_key_that_was_removed_signs_nothing_any_more(self):
        for role in (*OFFLINE, *ONLINE):
            self.add_key(role)
            self.remove_key(role)
        stolen = self.fleet.folder / "stolen"
        image = ["--image", self.one, "--name", "bad", "--hardware", "gw1", "--version", "9", "--counter", 9]
        done = run(self.skiff, "repo", "add-release", self.repo, *image, "--keys", stolen)
        self.assertIn("releases: keys for 0 of 1 signatures needed", done.stderr)
        for role in OFFLINE:
            run_well(self.skiff, "sign", "export", "renewal", self.repo, "--role", role, "-o", self.request)
            approve = ["sign", "approve", self.request, "--root", self.newest_root(), "--yes"]
            done = run(self.skiff, *approve, "--key", stolen / f"{role}.key")
            self.assertIn("has nothing to sign", done.stderr)

    def test_a_device_fifty_roots_behind_updates(self):
        for _ in range(FAR_BEHIND):
            self.sign("renewal", "--role", "root", keys=[self.keys / "root.key"])
        self.assertEqual(self.newest_root().name, f"{1 + FAR_BEHIND}.root.json")
        self.restart_server()
        self.check_updates()


if __name__ == "__main__":
    unittest.main()
