"""The table of sizes: what is in it comes back, and growth is seen."""

import tempfile
import unittest
from pathlib import Path

import size_table

KNOWN = {("a", "cm", "tiny"): 100, ("a", "cm", "max"): 90}


class SizeTableTest(unittest.TestCase):
    def test_what_is_written_is_read_in_the_same_order(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "sizes.csv")
            size_table.write(path, KNOWN)
            self.assertEqual(list(size_table.read(path).items()), list(KNOWN.items()))

    def test_one_byte_more_is_growth(self):
        key = ("a", "cm", "tiny")
        self.assertEqual(size_table.grown(KNOWN | {key: 101}, KNOWN), [key])

    def test_a_size_that_shrinks_is_told_and_is_no_growth(self):
        sizes = KNOWN | {("a", "cm", "max"): 45}
        self.assertEqual(size_table.grown(sizes, KNOWN), [])
        self.assertEqual(size_table.moved(sizes, KNOWN), ["a cm max: 90 → 45 (-50.00 %)"])

    def test_a_delta_that_the_table_does_not_know_is_growth(self):
        key = ("b", "zstd", "tiny")
        self.assertEqual(size_table.grown({key: 1}, KNOWN), [key])


if __name__ == "__main__":
    unittest.main()
