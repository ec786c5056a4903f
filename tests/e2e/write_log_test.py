"""What a power cut leaves of a disk: all that was flushed, and of the rest any sectors."""

import random
import tempfile
import unittest
from pathlib import Path

from write_log import DISCARD, FLUSH, FUA, HEAD, SECTOR, replay

SECTORS = 64
SEEDS = range(200)


def entry(sector, content=b"", flags=0, length=None):
    """One of the log's: a write, or what its flags say."""
    head = HEAD.pack(sector, (len(content) if length is None else length) // SECTOR, flags, 0)
    return head.ljust(SECTOR, b"\0") + content


def filled(letter, count=1):
    return letter.encode() * (SECTOR * count)


class WriteLogTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log, self.disk = Path(folder.name) / "log", Path(folder.name) / "disk"

    def cut(self, content, seed):
        """The disk after a cut, and what replay() says of it."""
        self.log.write_bytes(bytes(SECTOR) + content)
        self.disk.write_bytes(filled("0", SECTORS))
        counts = replay(self.log, self.disk, random.Random(seed))
        return self.disk.read_bytes(), counts

    def test_what_was_flushed_is_kept_whole_whatever_comes_after(self):
        for seed in SEEDS:
            disk, _ = self.cut(entry(0, filled("a", 8)) + entry(0, flags=FLUSH) + entry(8, filled("b", 8)), seed)
            self.assertEqual(disk[: 8 * SECTOR], filled("a", 8))
            self.assertEqual(disk[16 * SECTOR :], filled("0", SECTORS - 16))

    def test_what_was_not_flushed_is_lost_kept_or_torn_at_sectors(self):
        seen = set()
        for seed in SEEDS:
            disk, (at_risk, lost) = self.cut(entry(4, filled("b", 4)), seed)
            kept = tuple(disk[at * SECTOR : (at + 1) * SECTOR] == filled("b") for at in range(4, 8))
            self.assertEqual(disk.count(b"b"), sum(kept) * SECTOR)
            self.assertEqual((at_risk, lost), (4 * SECTOR, (4 - sum(kept)) * SECTOR))
            seen.add(kept)
        self.assertEqual(len(seen), 16)

    def test_a_later_write_may_survive_an_earlier_one(self):
        disks = {self.cut(entry(0, filled("a")) + entry(9, filled("b")), seed)[0] for seed in SEEDS}
        self.assertTrue(any(disk[:SECTOR] == filled("0") and disk[9 * SECTOR : 10 * SECTOR] == filled("b") for disk in disks))

    def test_a_write_that_forces_itself_is_kept(self):
        for seed in SEEDS:
            disk, counts = self.cut(entry(3, filled("f"), flags=FUA), seed)
            self.assertEqual((disk[3 * SECTOR : 4 * SECTOR], counts), (filled("f"), (0, 0)))

    def test_a_discard_takes_no_bytes_of_the_log(self):
        log = entry(0, length=8 * SECTOR, flags=DISCARD) + entry(1, filled("a")) + entry(0, flags=FLUSH)
        self.assertEqual(self.cut(log, 0)[0][SECTOR : 2 * SECTOR], filled("a"))

    def test_an_entry_that_the_end_of_the_emulator_cut_off_is_left_out(self):
        log = entry(1, filled("a")) + entry(0, flags=FLUSH) + entry(2, filled("b", 4))
        for seed in SEEDS:
            disk, counts = self.cut(log[:-1], seed)
            self.assertEqual((disk, counts), (filled("0") + filled("a") + filled("0", SECTORS - 2), (0, 0)))


if __name__ == "__main__":
    unittest.main()
