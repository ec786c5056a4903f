"""Rotation of the keys of every TUF role in two steps while devices are out there; docs/rotation.md in walked steps."""

import unittest

from keys_case import OFFLINE, ONLINE, KeysCase
from programs import run, run_well

FAR_BEHIND = 50  # versions of root


class RotationTest(KeysCase):
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
