"""Updates of a device whose boot loader is GRUB: the real script in the real interpreter, from arming to commit and back."""

import unittest

from case import FleetCase
from grub import Grub
from programs import run_well


class GrubTest(FleetCase):
    def setUp(self):
        super().setUp()
        folder = self.device.folder / "boot"
        folder.mkdir()
        partitions = {"a": "msdos2", "b": "msdos3"}
        self.device.configure(boot={"kind": "grub", "folder": str(folder), "partitions": partitions, "arguments": "ro"})
        self.device.agent_well("boot", "install", "grub", "--slot", "A")
        self.grub = Grub(folder, self.fleet.folder / "grub")
        self.running = self.grub.boot()
        self.assertEqual(self.running, "A")

    def step(self, code):
        done = self.device.agent("once", "--slot", self.running)
        self.assertEqual(done.returncode, code, done.stderr)

    def reboot(self, slot):
        self.running = self.grub.boot()
        self.assertEqual(self.running, slot)

    def arm(self):
        self.step(self.device.REBOOT)
        self.assertTrue(self.device.holds("B", self.two))

    def check_kept(self, slot, outcome):
        self.assertEqual(self.server.reports()[-1]["outcome"], outcome)
        for _ in range(3):
            self.reboot(slot)

    def test_an_update_is_tried_and_committed(self):
        self.arm()
        self.assertEqual(self.device.status()["boot"]["B"], "armed")
        self.assertFalse(self.grub.on_trial)
        self.reboot("B")
        self.assertTrue(self.grub.on_trial)
        self.step(self.device.OK)
        self.check_kept("B", "committed")
        self.assertFalse(self.grub.on_trial)

    def test_a_slot_that_never_commits_is_left_after_its_tries(self):
        self.arm()
        for slot in "BBBAAA":
            self.reboot(slot)
        self.assertEqual(self.device.status()["boot"]["B"], "exhausted")
        self.step(self.device.OK)
        self.check_kept("A", "rolled-back")

    def test_a_slot_whose_kernel_cannot_be_loaded_costs_its_tries_and_boots_the_other(self):
        self.arm()
        self.grub.broken = "B"
        self.reboot("A")
        for _ in range(3):
            self.step(self.device.REBOOT)
            self.reboot("A")
        self.step(self.device.OK)
        self.check_kept("A", "rolled-back")

    def test_a_check_that_fails_gives_the_next_boot_to_the_old_slot(self):
        self.device.add_check("10-no", "exit 1")
        self.arm()
        self.reboot("B")
        self.step(self.device.REBOOT)
        self.reboot("A")
        self.step(self.device.OK)
        self.check_kept("A", "rolled-back")

    def test_a_block_that_is_none_is_no_end_of_booting(self):
        block = self.grub.folder / "grubenv"
        block.write_bytes(bytes(1024))
        self.reboot("A")
        self.step(self.device.REBOOT)
        self.assertIn("skiff_trial=B\n", run_well("grub-editenv", block, "list"))
        self.reboot("B")


if __name__ == "__main__":
    unittest.main()
