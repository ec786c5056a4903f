"""Delegated roles: who is asked in which order, by which keys they are judged, how their names are written."""

import hashlib
import unittest
from urllib.parse import quote

from case import TufCase
from simulator import Key, date

# Delegations as (delegator, role, options), and the roles visited for a target that is nowhere.
GRAPHS = {
    "one": ([("targets", "A")], "A"),
    "two": ([("targets", "A"), ("targets", "B")], "AB"),
    "two levels": ([("targets", "A"), ("targets", "B"), ("B", "C")], "ABC"),
    "two levels in pre-order": ([("targets", "A"), ("targets", "B"), ("A", "C"), ("A", "D")], "ACDB"),
    "three levels in pre-order": ([("targets", "A"), ("targets", "B"), ("A", "C"), ("C", "D")], "ACDB"),
    "not in the order of names": ([("targets", "B"), ("targets", "C"), ("targets", "A")], "BCA"),
    "terminating ends the search":
        ([("targets", "A"), ("targets", "B"), ("A", "C", {"terminating": True}), ("A", "D")], "AC"),
    "terminating lets its own delegations be searched":
        ([("targets", "A"), ("targets", "B"), ("A", "C", {"terminating": True}), ("C", "D")], "ACD"),
    "a path that does not match": ([("targets", "A", {"paths": ["*.py"]}), ("targets", "B"), ("A", "C")], "B"),
    "a path that does not match, deeper":
        ([("targets", "A"), ("targets", "B"), ("A", "C", {"paths": ["*.py"]}), ("C", "D")], "AB"),
    "a circle": ([("targets", "A"), ("targets", "B"), ("B", "C"), ("C", "D"), ("D", "B")], "ABCD"),
    "two ways to a role": ([("targets", "A"), ("targets", "B"), ("B", "C"), ("A", "C")], "ACB"),
    "two ways to a role by other paths":
        ([("targets", "A"), ("targets", "B"), ("B", "C"), ("A", "C", {"paths": ["*.py"]})], "ABC"),
}  # fmt: skip

TREE = [
    ("targets", "A", {"paths": ["*.doc", "*.md"]}),
    ("targets", "B", {"paths": ["releases/*/*"]}),
    ("B", "C", {"paths": ["releases/x/*"]}),
    ("B", "D", {"paths": ["releases/y/*.zip"]}),
]
FILES = {"targetfile": "targets", "README.md": "A", "releases/x/x_v1": "C", "releases/y/y_v1.zip": "D"}
VISITS = {"targetfile": "", "README.md": "A", "releases/x/x_v1": "BC", "releases/y/y_v1.zip": "BD"}

# The path of a delegation, a target, and whether the one covers the other.
PATHS = [
    ("*.md", "README.md", True),
    ("*.md", "folder/README.md", False),
    ("folder/*", "folder/deeper/file", False),
    ("*/*", "folder/file", True),
    ("file-?.txt", "file-1.txt", True),
    ("file-?.txt", "file-12.txt", False),
    ("folder?file", "folder/file", False),
    ("*.MD", "README.md", False),
]


class DelegationCase(TufCase):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.init(), 0)

    def publish_graph(self, delegations):
        for delegator, role, *options in delegations:
            self.repository.delegate(delegator, role, **(options[0] if options else {}))
        self.repository.publish_all(*dict.fromkeys(role for _, role, *_ in delegations))

    def visited(self):
        return [role for role, _ in self.repository.requests[4:]]


class Search(DelegationCase):
    def test_delegations_are_searched_in_pre_order(self):
        for name, (delegations, visited) in GRAPHS.items():
            with self.subTest(name):
                self.doCleanups()
                self.setUp()
                self.publish_graph(delegations)
                self.assertEqual(self.download("missing"), 1)
                self.assertIn("no role vouches", self.message)
                self.assertEqual(self.visited(), list(visited))

    def test_targets_are_found_where_the_paths_lead(self):
        for name, visited in VISITS.items():
            with self.subTest(name):
                self.doCleanups()
                self.setUp()
                for file, role in FILES.items():
                    if role in self.repository.signed:
                        self.repository.add_artifact(role, file, file.encode())
                for delegator, role, options in TREE:
                    self.repository.delegate(delegator, role, **options)
                    for file in (file for file, owner in FILES.items() if owner == role):
                        self.repository.add_artifact(role, file, file.encode())
                self.repository.publish_all("A", "B", "C", "D")
                self.assertEqual(self.download(name), 0, self.message)
                self.assertEqual(self.downloaded(), [name.encode()])
                self.assertEqual(self.visited(), list(visited))

    def test_a_target_that_not_every_role_on_the_way_delegates_is_not_found(self):
        self.publish_graph(TREE)
        self.repository.add_artifact("D", "releases/z/z_v1.zip", b"z")
        self.repository.publish_all("D")
        self.assertEqual(self.download("releases/z/z_v1.zip"), 1)
        self.assertEqual(self.visited(), ["B"])

    def test_paths_are_matched_as_by_a_shell(self):
        for path, name, covered in PATHS:
            with self.subTest(path=path, name=name):
                self.doCleanups()
                self.setUp()
                self.repository.delegate("targets", "role", paths=[path])
                self.repository.add_artifact("role", name, b"data")
                self.repository.publish_all("role")
                self.assertEqual(self.download(name), 0 if covered else 1, self.message)
                self.assertEqual(self.visited(), ["role"] if covered else [])

    def test_a_role_that_cannot_be_had_ends_the_search(self):
        """Whoever comes after it may not speak in its place."""
        spoil = {
            "the snapshot does not list the role A": lambda: self.repository.signed["snapshot"]["meta"].pop("A.json"),
            "the repository has no 1.A.json": lambda: self.repository.published["A"].clear(),
            "A: 0 of 1 signatures": lambda: self.repository.rewrite("A", lambda file: file["signatures"].clear()),
        }
        for reason, change in spoil.items():
            with self.subTest(reason):
                self.doCleanups()
                self.setUp()
                self.repository.delegate("targets", "A", paths=["a*"])
                self.repository.delegate("targets", "B")
                for name in ("a", "b"):
                    self.repository.add_artifact("B", name, name.encode())
                self.repository.publish("A", "B", "targets")
                change()
                self.repository.publish("snapshot", "timestamp")
                self.assertEqual(self.download("b", "a"), 1)
                self.assertIn("a cannot be found: " + reason, self.message)
                self.assertEqual(self.downloaded(), [b"b"])
                self.assertNotIn("A", self.trusted())

    def test_a_target_of_a_bin_without_metadata_is_not_found(self):
        names = [f"file-{number}" for number in range(8)]
        bins = {name: f"bin-{int(hashlib.sha256(name.encode()).hexdigest()[0], 16) >> 3:x}" for name in names}
        self.publish_bins(1)
        for name in names:
            self.repository.add_artifact(bins[name], name, name.encode())
        del self.repository.signed["snapshot"]["meta"]["bin-1.json"]
        self.repository.publish_all("bin-0")
        there, absent = ([name for name in names if bins[name] == role] for role in ("bin-0", "bin-1"))
        self.assertEqual(self.download(*there), 0, self.message)
        self.assertEqual(self.download(absent[0]), 1)
        self.assertIn(absent[0] + " cannot be found: the snapshot does not list the role bin-1", self.message)

    def test_hashed_bins_hold_what_hashes_into_them(self):
        prefixes = [[f"{digit:x}" for digit in range(first, first + 4)] for first in range(0, 16, 4)]
        for number, part in enumerate(prefixes):
            self.repository.delegate("targets", f"bin-{number}", path_hash_prefixes=part)
        names = [f"releases/{number}.img" for number in range(12)]
        for name in names:
            number = int(hashlib.sha256(name.encode()).hexdigest()[0], 16) // 4
            self.repository.add_artifact(f"bin-{number}", name, name.encode())
        self.repository.publish_all(*(f"bin-{number}" for number in range(4)))
        self.assertEqual(self.download(*names), 0, self.message)
        self.assertEqual(self.downloaded(), sorted(name.encode() for name in names))

    def test_bins_written_in_short_hold_what_hashes_into_them(self):
        self.publish_bins(10)
        names = [f"releases/{number}.img" for number in range(4)]
        bins = [f"bin-{int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) >> 22:03x}" for name in names]
        for name, role in zip(names, bins, strict=True):
            self.repository.add_artifact(role, name, name.encode())
        self.repository.publish_all(*sorted(set(bins)))
        self.assertEqual(self.download(*names), 0, self.message)
        self.assertEqual(self.visited(), bins)
        self.assertEqual(self.download("missing"), 1)
        self.assertIn("no role vouches", self.message)

    def publish_bins(self, bit_length):
        """Delegates to 2^bit_length roles with one key; their first versions are empty."""
        key = Key()
        bins = {"keyids": [key.id], "threshold": 1, "bit_length": bit_length, "name_prefix": "bin"}
        self.repository.targets["delegations"] = {"keys": {key.id: key.json}, "succinct_roles": bins}
        names = [f"bin-{number:0{-(-bit_length // 4)}x}" for number in range(1 << bit_length)]
        for name in names:
            self.repository.signed[name] = self.repository.new_targets()
            self.repository.signers[name] = [key]
        self.repository.publish_all(*names)

    def test_at_most_32_roles_are_searched(self):
        self.publish_graph([("targets", f"role{number}") for number in range(33)])
        self.assertEqual(self.download("missing"), 1)
        self.assertIn("more than 32 delegated roles", self.message)
        self.assertEqual(len(self.visited()), 32)


class Trust(DelegationCase):
    def test_an_expired_delegated_role_is_not_used(self):
        self.repository.delegate("targets", "role", paths=["path/*"])
        self.repository.signed["role"]["expires"] = date(-1)
        self.repository.add_artifact("role", "path/file", b"data")
        self.repository.publish_all("role")
        self.accepts()
        self.assertEqual(self.download("path/file"), 1)
        self.assertEqual(self.downloaded(), [])
        self.assertNotIn("role", self.trusted())

    def test_a_trusted_delegated_role_expires(self):
        self.repository.delegate("targets", "role", paths=["path/*"])
        self.repository.signed["role"]["expires"] = date(7)
        for name in ("first", "second"):
            self.repository.add_artifact("role", "path/" + name, name.encode())
        self.repository.publish_all("role")
        self.assertEqual(self.download("path/first"), 0, self.message)
        self.assertEqual(self.download("path/second", days=18), 1)
        self.assertEqual(self.downloaded(), [b"first"])
        self.repository.signed["role"]["expires"] = date(21)
        self.repository.publish("role", "snapshot", "timestamp")
        self.assertEqual(self.download("path/second", days=18), 0, self.message)

    def test_a_cached_delegated_role_is_verified_by_the_keys_it_has_now(self):
        self.repository.delegate("targets", "role")
        self.repository.add_artifact("role", "file", b"data")
        self.repository.publish_all("role")
        self.assertEqual(self.download("file"), 0, self.message)
        (self.artifacts / "file").unlink()
        del self.repository.targets["delegations"]
        self.repository.signers["role"].clear()
        self.repository.delegate("targets", "role")  # with another key; role.json stays as it was
        self.repository.publish_all()
        self.assertEqual(self.download("file"), 1)
        self.assertIn("role: 0 of 1", self.message)
        self.assertEqual(self.downloaded(), [])

    def test_a_role_is_judged_by_the_keys_of_the_delegator_that_led_to_it(self):
        self.publish_graph([("targets", "A"), ("targets", "B"), ("A", "C", {"paths": ["*.py"]}), ("B", "C")])
        self.repository.signers["C"].pop(0)  # the key that A gives it; the one that B gives it is left
        self.repository.add_artifact("C", "file", b"data")
        self.repository.add_artifact("C", "file.py", b"code")
        self.repository.publish_all("C")
        self.assertEqual(self.download("file", "file.py"), 1)  # one search after the other, in one update cycle
        self.assertIn("file.py cannot be found: C: 0 of 1", self.message)
        self.assertEqual(self.download("file.py"), 1)  # and with C on disk
        self.assertEqual(self.downloaded(), [b"data"])

    def test_names_of_roles_lead_nowhere(self):
        names = ("?", "#", "/delegatedrole", "../delegatedrole", "a%2fb", "a b", "-x", 'a"b', "a\nb", "é", "日本", "😀")
        self.publish_graph([("targets", name, {"paths": [str(number)]}) for number, name in enumerate(names)])
        for number, name in enumerate(names):
            with self.subTest(name):
                self.assertEqual(self.download(str(number)), 1)
                self.assertEqual(self.repository.requests[-1], (quote(name, ""), 1))
                self.assertEqual(len(self.trusted()), 5 + number)
                self.assertTrue((self.metadata / (quote(name, "") + ".json")).is_file())

    def test_a_role_may_have_a_longer_name_than_a_file(self):
        names = ("x" * 300, "x" * 301, "é" * 100)
        self.publish_graph([("targets", name, {"paths": [str(number)]}) for number, name in enumerate(names)])
        for number, name in enumerate(names):
            self.repository.add_artifact(name, str(number), name.encode())
        self.repository.publish_all(*names)
        for _ in range(2):
            self.assertEqual(self.download("0", "1", "2"), 0, self.message)
        self.assertEqual(self.downloaded(), sorted(name.encode() for name in names))
        self.assertEqual(len(self.trusted()), 7)
        self.assertEqual([role for role, _ in self.repository.requests].count(quote(names[2], "")), 1)

    def test_a_delegated_role_cannot_take_the_name_of_a_top_level_one(self):
        for name in ("root", "timestamp", "snapshot", "targets"):
            with self.subTest(name):
                self.doCleanups()
                self.setUp()
                self.repository.targets["delegations"] = {
                    "keys": {},
                    "roles": [{"name": name, "keyids": [], "threshold": 1, "terminating": False, "paths": ["*"]}],
                }
                self.repository.publish_all()
                self.refuses("named like the top-level role")


if __name__ == "__main__":
    unittest.main()
