"""Keys that were stolen: what a thief between devices and server makes of them, and what is left after docs/runbooks."""

import shutil
import unittest

from keys_case import OFFLINE, ONLINE, KeysCase
from programs import run

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


if __name__ == "__main__":
    unittest.main()
