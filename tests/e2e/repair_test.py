"""A running slot that was mounted read-write once: the device fetches the blocks that differ, and nothing more."""

import os
import shutil
import subprocess
import unittest

import images
from case import FleetCase
from programs import run_well

MIB = 1 << 20
IMAGE = 400 * MIB
CONTENT = 24 * MIB
REPAIR_AT_MOST = 200_000  # bytes at the socket, both ways, that the repair may cost beside the update
ENVIRONMENT = os.environ | {"E2FSPROGS_FAKE_TIME": "1700000000"}
MAKE = ["mke2fs", "-q", "-F", "-t", "ext4", "-U", "6a1f6c2e-4f0a-4a0e-9d5c-0d9f3b7d6e11", "-E"]
MAKE += ["hash_seed=6a1f6c2e-4f0a-4a0e-9d5c-0d9f3b7d6e12,lazy_itable_init=0"]


def file_system(folder, image, files):
    """An ext4 image of 400 MiB with these files."""
    tree = folder / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir()
    for name, content in files.items():
        (tree / name).write_bytes(content)
        os.utime(tree / name, (1_700_000_000, 1_700_000_000))
    subprocess.run([*MAKE, "-d", tree, image, str(IMAGE // 1024) + "k"], env=ENVIRONMENT, capture_output=True, check=True)
    return image


class RepairTest(FleetCase):
    @classmethod
    def make_images(cls):
        base = images.image(30, CONTENT // images.BLOCK // 2)
        other = images.image(31, CONTENT // images.BLOCK // 2)
        revised = images.revised(other, 32, 20)
        one = file_system(cls.template, cls.template / "made", {"data": base, "program": other}).read_bytes()
        two = file_system(cls.template, cls.template / "made", {"data": base, "program": revised}).read_bytes()
        (cls.template / "made").unlink()
        shutil.rmtree(cls.template / "tree")
        return one, two

    def spoil(self):
        """What one read-write mount leaves in the superblock."""
        commands = "set_super_value mtime 20260101000000\nset_super_value mnt_count 1\nset_super_value state 0\n"
        slot = self.device.slots["A"]
        before = slot.read_bytes()
        subprocess.run(["debugfs", "-w", "-f", "-", slot], input=commands, text=True, capture_output=True, check=True)
        after = slot.read_bytes()
        return [at for at in range(0, IMAGE, 4096) if before[at : at + 4096] != after[at : at + 4096]]

    def test_one_changed_superblock_costs_a_few_blocks(self):
        shutil.copytree(self.device.folder, self.fleet.folder / "kept")
        self.check_updates()
        clean = self.proxy.total
        shutil.rmtree(self.device.folder)
        shutil.move(self.fleet.folder / "kept", self.device.folder)
        self.assertEqual(self.spoil(), [0], "blocks that differ")
        self.proxy.up = self.proxy.down = 0
        self.check_updates()
        cost = self.proxy.total - clean
        print(f"the update took {clean} bytes at the socket, with a changed superblock {cost} more")
        self.assertIn("event=base_mended blocks=1", self.device.log())
        self.assertLess(cost, REPAIR_AT_MOST)
        reports = self.server.reports()
        self.assertEqual([report["outcome"] for report in reports], ["committed", "committed"])
        self.assertLess(reports[1]["wasted_bytes"], 32_768)  # what came behind the segment in the same piece

    def test_a_block_that_the_server_no_longer_has_right_is_refused(self):
        self.spoil()
        stored = next((self.fleet.repo / "targets/releases").glob("*.one.img"))
        stored.chmod(0o644)
        with stored.open("r+b") as file:
            file.seek(1030)
            file.write(b"not what was signed")
        self.check_step(self.device.OK)
        self.assertEqual(self.device.boot(), "A")
        self.assertEqual(self.device.status()["boot"]["B"], "bad")
        self.assertIn("F27", self.server.reports()[-1]["reason"])
        self.assertIn("block 0 of the stored base is not the signed one", self.device.log())


if __name__ == "__main__":
    unittest.main()
