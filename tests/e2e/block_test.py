"""Slots that are block devices: loop devices here, which only root can make."""

import os
import signal
import unittest
from pathlib import Path

from case import FleetCase
from programs import run, run_well

SLOT = 8 << 20  # bytes; more than any image of these tests has
ENOUGH_FOR_ONE = 5 << 20  # bytes; more than release one has, less than release two


@unittest.skipIf(os.geteuid(), "no loop device: only root can make one")
class BlockTest(FleetCase):
    def slots(self):
        return {name: self.loop_device(name, SLOT) for name in "AB"}

    def loop_device(self, name, length):
        """A block device full of bytes that no image here has."""
        medium = self.fleet.write_image(f"medium-{name}", b"\xa5" * length)
        made = run("losetup", "--find", "--show", medium)
        if made.returncode:
            self.skipTest(f"no loop device: {made.stderr.strip()}")
        device = Path(made.stdout.strip())
        self.addCleanup(run_well, "losetup", "--detach", device)
        return device

    def test_an_update_is_committed_and_writes_nothing_behind_the_image(self):
        self.check_updates()
        behind = self.device.slots["B"].read_bytes()[self.two.stat().st_size :]
        self.assertEqual(behind, b"\xa5" * (SLOT - self.two.stat().st_size))

    def test_an_update_back_into_the_first_slot_is_rolled_back(self):
        self.check_updates()
        three = self.fleet.write_image("three.img", self.two.read_bytes()[:-1000] + b"no whole block")
        self.server.stop()
        self.fleet.release(three)
        self.fleet.add_delta(self.two, three)
        self.device.link(self.fleet.start_server("--workers", "0").address[1])
        self.device.add_check("20-selftest", 'test "$SKIFF_SLOT" = B')
        self.check_step(self.device.REBOOT)
        self.assertTrue(self.device.holds("A", three))
        self.assertEqual(self.device.boot(), "A")
        self.check_step(self.device.REBOOT)
        self.assertEqual(self.device.boot(), "B")
        self.assertTrue(self.device.holds("B", self.two))
        self.device.once()
        self.assertEqual([report["outcome"] for report in self.server.reports()], ["committed", "rolled-back"])

    def test_a_killed_agent_goes_on(self):
        self.proxy.bytes_per_second = 2_000_000
        code = self.testbed.kill_in_download(self.delta.stat().st_size // 2)
        self.assertEqual(code, -signal.SIGKILL)
        self.assertGreater(self.device.status()["update"]["segments_done"], 0)
        self.check_untouched()
        self.check_updates()

    def test_a_device_that_is_too_short_is_refused_and_not_written(self):
        short = self.loop_device("short", ENOUGH_FOR_ONE)
        self.device.use_slots({"A": self.device.slots["A"], "B": short})
        self.check_given_up(f"{short} is {ENOUGH_FOR_ONE} bytes long, less than {self.two.stat().st_size}")
        self.assertEqual(short.read_bytes(), b"\xa5" * ENOUGH_FOR_ONE)

    def test_an_image_longer_than_its_device_is_no_image_of_it(self):
        done = self.device.agent("init", "--root", self.device.root, "--slot", "A", "--image-length", SLOT + 1)
        self.assertEqual(done.returncode, self.device.FAILURE)
        self.assertIn(f"read past the end of {self.device.slots['A']}", done.stderr)

    def test_a_device_that_is_mounted_is_not_written(self):
        slot, folder = self.device.slots["B"], self.fleet.folder / "mounted"
        folder.mkdir()
        run_well("mkfs.ext4", "-q", slot)
        run_well("mount", "-o", "ro", slot, folder)
        self.addCleanup(run_well, "umount", folder)
        before = slot.read_bytes()
        self.check_given_up(f"{slot} is in use")
        self.assertEqual(slot.read_bytes(), before)


if __name__ == "__main__":
    unittest.main(verbosity=2)  # names what was skipped, and why
