"""Keys that were stolen: what a thief between devices and server makes of them, and what is left after docs/runbooks."""

import shutil
import unittest

from keys_case import OFFLINE, ONLINE, KeysCase
from programs import run, run_well

AHEAD = 3  # versions that a thief drives a role up by


class Thief:
    """A copy of the fleet's repository and of stolen keys, served by the thief's own server."""

    def __init__(self, case, *roles):
        self.case, self.programs = case, case.fleet.programs
        self.folder = case.fleet.folder / "thief"
        shutil.copytree(case.repo, self.folder / "repo")
        (self.folder / "keys").mkdir()
        for role in roles:
            shutil.copy(case.keys / f"{role}.key", self.folder / "keys" / f"{role}.key")

    def skiff(self, *words, days=0):
        return run("faketime", "-f", f"+{days}d", self.programs.skiff, *words)

    def publish(self, days=0):
        return self.skiff("repo", "publish", self.folder / "repo", "--keys", self.folder / "keys", days=days)

    def release(self, image):
        words = ["--image", image, "--name", "bad.img", "--hardware", "gw1", "--version", "66.6", "--counter", 66]
        return self.skiff("repo", "add-release", self.folder / "repo", *words, "--keys", self.folder / "keys")

    def add_delta(self, base, image):
        delta = self.folder / "delta.skd"
        self.skiff("diff", base, image, "-o", delta)
        return self.skiff("repo", "add-delta", self.folder / "repo", delta, "--keys", self.folder / "keys")

    def serve(self):
        """Devices reach the thief's server from now on; gives what brings them back."""
        fleet, upstream = self.case.fleet, self.case.proxy.upstream
        kept = fleet.repo, fleet.online_keys
        fleet.repo, fleet.online_keys = self.folder / "repo", self.folder / "keys"
        server = fleet.start_server("--workers", "0")
        fleet.repo, fleet.online_keys = kept
        self.case.proxy.upstream = server.address

        def back():
            server.stop()
            self.case.proxy.upstream = upstream

        return back


class TheftTest(KeysCase):
    def replace(self, *roles):
        for role in roles:
            self.add_key(role)
            self.remove_key(role)
        self.restart_server()

    def test_online_keys_delay_and_devices_forget_what_they_signed(self):
        thief = Thief(self, *ONLINE)
        for days in range(1, 1 + AHEAD):
            self.assertEqual(thief.publish(days).returncode, 0)
        self.assertIn("releases", thief.release(self.one).stderr)  # what is installed is not theirs to say
        back = thief.serve()
        self.check_updates()  # to what was signed offline
        back()
        three = self.fleet.write_image("three.img", self.two.read_bytes()[::-1])
        self.fleet.release(three)
        self.fleet.add_delta(self.two, three)
        self.restart_server()
        self.check_step(self.device.FAILURE)
        self.assertRegex(self.device.log(), r"event=refused .*timestamp version \d+ after version \d+")
        self.replace(*ONLINE)
        self.check_step(self.device.REBOOT)
        self.assertTrue(self.device.holds("A", three))

    def test_after_the_change_no_stolen_key_signs_anything(self):
        thief = Thief(self, *OFFLINE, *ONLINE)
        self.assertEqual(thief.release(self.one).returncode, 0)
        self.assertEqual(thief.publish(1).returncode, 0)
        self.replace(*OFFLINE, *ONLINE)
        self.check_updates()
        back = thief.serve()
        self.check_step(self.device.LATER)
        self.assertEqual(self.device.boot(), "B")
        self.assertTrue(self.device.holds("B", self.two))
        back()
        self.check_step(self.device.OK)

    def test_a_release_that_a_thief_made_is_replaced_by_one_with_a_higher_counter(self):
        bad = self.fleet.write_image("bad.img", self.one.read_bytes()[::-1])
        thief = Thief(self, "releases", *ONLINE)
        self.assertEqual(thief.release(bad).returncode, 0)
        self.assertEqual(thief.add_delta(self.one, bad).returncode, 0)
        self.assertEqual(thief.publish(1).returncode, 0)
        back = thief.serve()
        self.check_step(self.device.REBOOT)
        self.assertEqual(self.device.boot(), "B")
        self.check_step(self.device.OK)
        self.assertTrue(self.device.holds("B", bad))
        back()
        self.replace("releases", *ONLINE)
        three = self.fleet.write_image("three.img", self.two.read_bytes()[::-1])
        self.fleet.release(three, counter=66)  # as high as the thief's is not high enough
        self.fleet.add_delta("/dev/null", three)
        self.restart_server()
        self.check_step(self.device.OK)
        self.assertTrue(self.device.holds("B", bad))
        four = self.fleet.write_image("four.img", self.two.read_bytes()[::-2])
        self.fleet.release(four, counter=67)
        self.fleet.add_delta("/dev/null", four)  # nobody but the thief has a delta from the bad one
        self.restart_server()
        self.check_step(self.device.REBOOT)
        self.assertTrue(self.device.holds("A", four))
        self.assertEqual(self.device.boot(), "A")
        self.check_step(self.device.OK)


class DeviceTheftTest(KeysCase):
    def admission(self, verb, *words):
        state = self.fleet.folder / "server-state"
        return run_well(self.fleet.programs.server, "device", verb, *words, "--state", state)

    def test_a_stolen_devices_key_opens_nothing_and_the_device_comes_back_with_a_new_one(self):
        stolen = {name: self.device.settings[name] for name in ("certificate", "key")}
        self.check_updates()
        self.admission("reject", "device-1")
        self.check_step(self.device.LATER)
        certificate, key = self.device.folder / "new.crt", self.device.folder / "new.pem"
        words = ["--serial", "device-1", "--out", certificate, "--key", key]
        run_well(self.fleet.programs.server, "ca", "issue", self.fleet.ca, *words)
        fresh = {"certificate": str(certificate), "key": str(key)}
        self.device.configure(**fresh)
        self.check_step(self.device.LATER)  # a certificate alone does not bring it back
        self.server.wait_for("event=alarm", "device-1")
        claim = self.admission("claims").splitlines()[1]
        self.admission("accept", "device-1", "--key", claim.split("\t")[-1])
        self.check_step(self.device.OK)
        self.device.configure(**stolen)
        self.check_step(self.device.LATER)
        self.device.configure(**fresh)
        self.check_step(self.device.OK)


if __name__ == "__main__":
    unittest.main()
