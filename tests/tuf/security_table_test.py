"""docs/security-tests.md, tuf-conformance.md and runbooks: every attack, case and theft has tests, and every test they name exists."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ATTACKS = """arbitrary install, rollback, freeze, fast-forward, mix and match, endless data, slow retrieval, wrong hardware,
malleable and small-order signatures, duplicate key ids, path traversal by names, empty files, change between verify and use,
stolen server, wrong clock"""
KEYS = ("root", "targets", "releases", "deltas", "snapshot", "timestamp", "server-ca", "device-certificate")
SUITE_CASES = 113  # of the public suite of TUF clients
TEST = re.compile(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.MULTILINE)


def existing_tests():
    found = set()
    for file in (ROOT / "tests").rglob("*_test.cpp"):
        found |= {".".join(name) for name in TEST.findall(file.read_text())}
    for file in (ROOT / "tests").rglob("*_test.py"):
        found |= set(re.findall(r"^    def (test_\w+)", file.read_text(), re.MULTILINE))
    return found


class SecurityTable(unittest.TestCase):
    def setUp(self):
        lines = (ROOT / "docs/security-tests.md").read_text().splitlines()
        cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
        self.rows = {row[0]: re.findall(r"`([^`]+)`", row[2]) for row in cells if row[2] != "tests"}

    def test_every_attack_has_a_row(self):
        for attack in re.split(r",\s+", ATTACKS):
            self.assertTrue(self.rows.get(attack), attack)
        self.assertNotIn([], self.rows.values())

    def test_every_named_test_exists(self):
        tests = existing_tests()
        missing = {name for names in self.rows.values() for name in names} - tests
        self.assertEqual(missing, set())

    def test_every_case_of_the_public_suite_is_walked(self):
        table = (ROOT / "docs/tuf-conformance.md").read_text().partition("## What was run")[0]
        rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
        self.assertEqual(sum(int(row.split("|")[2]) for row in rows), SUITE_CASES)
        tests = existing_tests()
        for row in rows:
            with self.subTest(row):
                walks = re.findall(r"`(test_\w+)`", row)
                self.assertTrue(walks)
                self.assertLessEqual(set(walks), tests)

    def test_every_runbook_is_walked(self):
        tests = existing_tests()
        for key in KEYS:
            with self.subTest(key):
                page = (ROOT / "docs/runbooks" / f"{key}.md").read_text()
                walks = re.findall(r"`([^`]+)`", page.partition("Walked by ")[2])
                self.assertTrue(walks)
                self.assertLessEqual(set(walks), tests)


if __name__ == "__main__":
    unittest.main()
