"""An update of real processes in which the agent or the boot loader is killed at its k-th call that changes a file, for
every k."""

import os
import shutil
import signal
import unittest
from pathlib import Path

import images
from case import FleetCase
from programs import run

BASE_BLOCKS, NEW_BLOCKS = 48, 16
MAX_BOOTS = 12
LIBRARY = Path(os.environ["SKIFF_BUILD"]) / "tests/e2e/libcut_process.so"


class KillTest(FleetCase):
    @classmethod
    def make_images(cls):
        base = images.image(20, BASE_BLOCKS)
        return base, images.revised(base, 21, NEW_BLOCKS)

    def setUp(self):
        super().setUp()
        self.count_file = self.fleet.folder / "calls"
        self.saved = self.fleet.folder / "saved-device"
        shutil.copytree(self.device.folder, self.saved)

    def restore(self):
        """The device as it was before its update."""
        shutil.rmtree(self.device.folder)
        shutil.copytree(self.saved, self.device.folder)

    def turn(self, verb):
        """One run of the agent, which is killed if call number `cut_at` of this update comes in it; None if it was."""
        self.count_file.unlink(missing_ok=True)
        library = {"LD_PRELOAD": str(LIBRARY), "SKIFF_CUT_COUNT": str(self.count_file)}
        left = {"SKIFF_CUT_AT": str(max(0, self.cut_at - self.calls))}
        done = run(*self.device.command(verb), env=os.environ | library | left)
        if done.returncode == -signal.SIGKILL:
            self.calls = self.cut_at
            self.kills += 1
            return None
        self.assertIn(done.returncode, (self.device.OK, self.device.REBOOT), done.stderr)
        self.calls += int(self.count_file.read_text())
        return done

    def drive(self, cut_at):
        """Boots the device and runs its agent until the update is over; gives how many calls that took."""
        self.cut_at, self.calls, self.kills = cut_at, 0, 0
        for _ in range(MAX_BOOTS):
            booted = self.turn("boot")
            if booted is None:
                continue
            slot = booted.stdout.strip()
            self.assertTrue(self.device.holds(slot, self.one if slot == "A" else self.two))
            done = self.turn("once")
            if done is not None and done.returncode == self.device.OK:
                return self.calls
        return self.fail(f"killed at call {cut_at}: not over after {MAX_BOOTS} boots")

    def check_over(self, what):
        """Read without the library; the journal is at rest and the new slot is kept."""
        status = self.device.status()
        self.assertEqual(status["state"], "IDLE", what)
        self.assertEqual(status["boot"]["primary"], "B", what)
        self.assertEqual(status["counter_floor"], 2, what)
        self.assertEqual(status["reports_waiting"], 0, what)
        self.assertTrue(self.device.holds("B", self.two), what)

    def test_killed_at_every_call_the_update_goes_on_and_commits(self):
        calls = self.drive(0)
        self.check_over("never killed")
        self.assertGreater(calls, 60)
        for cut_at in range(1, calls + 1):
            self.restore()
            self.drive(cut_at)
            self.assertEqual(self.kills, 1)
            self.check_over(f"killed at call {cut_at} of {calls}")
        outcomes = [report["outcome"] for report in self.server.reports()]
        self.assertGreaterEqual(len(outcomes), calls)
        self.assertEqual(set(outcomes), {"committed"})
        print(f"killed at each of {calls} calls")


if __name__ == "__main__":
    unittest.main()
