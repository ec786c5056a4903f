"""Signatures, thresholds and the rotation of keys."""

import unittest

from case import TufCase
from simulator import Key

# Versions of root: which of ten keys are root's, how many must sign, which do. The last one says whether it is taken.
ROOT_ROTATIONS = {
    "one key by another": ([([1], 1, [1]), ([2], 1, [2, 1]), ([2], 1, [2])], True),
    "one key by another, beside signatures of strangers":
        ([([1], 1, [3, 1, 4]), ([2], 1, [3, 2, 1, 4]), ([2], 1, [3, 2, 4])], True),
    "3 of 5 by changing signers":
        ([([0, 1, 2, 3, 4], 3, signers) for signers in ([0, 2, 4], [0, 4, 1], [0, 1, 3], [0, 1, 3])], True),
    "3 of 5, one key replaced": ([([0, 1, 2, 3, 4], 3, [0, 2, 4]), ([0, 1, 3, 4, 5], 3, [0, 4, 1])], True),
    "3 of 5, one key replaced in two steps":
        ([([0, 1, 2, 3, 4], 3, [0, 2, 4]), ([0, 1, 3, 4, 5], 3, [0, 2, 4, 5]), ([0, 1, 3, 4, 5], 3, [0, 4, 5])], True),
    "3 of 5, all keys replaced":
        ([([0, 1, 2, 3, 4], 3, [0, 2, 4]), ([5, 6, 7, 8, 9], 3, [0, 2, 4, 5, 6, 7]), ([5, 6, 7, 8, 9], 3, [5, 6, 7])],
         True),
    "threshold 1 of 3 raised to 2": ([([1, 2, 3], 1, [1]), ([1, 2, 3], 2, [1, 2])], True),
    "threshold 2 of 3 lowered to 1": ([([1, 2, 3], 2, [1, 2]), ([1, 2, 3], 1, [1, 2]), ([1, 2, 3], 1, [1])], True),
    "threshold 1 of 1 raised to 2 of 2": ([([1], 1, [1]), ([1, 2], 2, [1, 2])], True),
    "not signed by the old key": ([([1], 1, [1]), ([2], 1, [2, 3, 4])], False),
    "not signed by the new key": ([([1], 1, [1]), ([2], 1, [1, 3, 4])], False),
    "one short of the new threshold": ([([0, 1, 2, 3, 4], 3, [0, 2, 4]), ([0, 1, 3, 4, 5], 3, [0, 2, 4])], False),
    "one short of the old threshold": ([([0, 1, 2, 3, 4], 3, [0, 2, 4]), ([0, 1, 3, 4, 5], 3, [0, 4, 5])], False),
    "a raised threshold not reached": ([([1, 2, 3], 1, [1]), ([1, 2, 3], 2, [2])], False),
    "a lowered threshold, the old one not reached": ([([1, 2, 3], 2, [1, 2]), ([1, 2, 3], 1, [1])], False),
}  # fmt: skip

OTHER_ROTATIONS = {
    "one key by another": ([2], 1, [2], True),
    "signatures of strangers": ([1], 1, [3, 1, 4], True),
    "not signed by the new key": ([2], 1, [1, 3, 4], False),
    "one of three signers a stranger": ([0, 1, 3, 4, 5], 3, [0, 2, 4], False),
    "one short of the threshold": ([0, 1, 3, 4, 5], 3, [0, 4], False),
    "3 of 5: 0 2 4": ([0, 1, 2, 3, 4], 3, [0, 2, 4], True),
    "3 of 5: 0 4 1": ([0, 1, 2, 3, 4], 3, [0, 4, 1], True),
    "3 of 5: 0 1 3": ([0, 1, 2, 3, 4], 3, [0, 1, 3], True),
    "3 of 5: 1 2 3": ([0, 1, 2, 3, 4], 3, [1, 2, 3], True),
    "3 of 5: 2 3 4": ([0, 1, 2, 3, 4], 3, [2, 3, 4], True),
}

KEY_TYPES = [
    ("ed25519", "ed25519"),
    ("ecdsa", "ecdsa-sha2-nistp256"),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"),
    ("rsa", "rsassa-pss-sha256"),
]


class Rotation(TufCase):
    def again(self):
        """As new, for the next row of a table."""
        self.doCleanups()
        self.setUp()
        return [Key() for _ in range(10)]

    def test_root_is_followed_through_its_rotations(self):
        for name, (versions, taken) in ROOT_ROTATIONS.items():
            with self.subTest(name):
                keys = self.again()
                self.repository.root["version"] = 0
                self.repository.published["root"].clear()
                for owners, threshold, signers in versions:
                    self.repository.set_keys("root", [keys[i] for i in owners], [keys[i] for i in signers], threshold)
                    self.repository.publish("root")
                self.assertEqual(self.init(), 0, self.message)
                self.assertEqual(self.refresh(), 0 if taken else 1, self.message)
                expected = self.repository.published["root"][-1 if taken else -2]
                self.assertEqual((self.metadata / "root.json").read_bytes(), expected)

    def test_other_roles_are_judged_by_the_keys_that_root_gives_them(self):
        for role in ("timestamp", "snapshot", "targets"):
            for name, (owners, threshold, signers, taken) in OTHER_ROTATIONS.items():
                with self.subTest(role=role, case=name):
                    keys = self.again()
                    self.assertEqual(self.init(), 0)
                    self.repository.set_keys(role, [keys[i] for i in owners], [keys[i] for i in signers], threshold)
                    self.repository.publish("root", "targets", "snapshot", "timestamp")
                    self.assertEqual(self.refresh(), 0 if taken else 1, self.message)
                    self.assertEqual(self.trusted().get(role), 2 if taken else None)

    def test_a_cached_role_is_verified_by_its_current_keys(self):
        for role in ("timestamp", "snapshot", "targets"):
            with self.subTest(role=role):
                self.again()
                self.init()
                self.accepts()
                self.repository.rotate(role)  # what is published is still signed by the old key
                self.repository.publish("root")
                self.refuses("0 of 1 signatures")


class Signatures(TufCase):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.init(), 0)

    def test_every_key_type_of_the_specification_signs(self):
        for keytype, scheme in KEY_TYPES:
            with self.subTest(keytype=keytype):
                self.doCleanups()
                self.setUp()
                key = self.repository.add_key("root", Key(keytype, scheme))
                self.repository.root["roles"]["root"]["threshold"] = 2
                self.repository.publish("root")
                self.accepts()
                self.assertEqual(self.trusted()["root"], 2)
                self.repository.publish("root")
                self.repository.rewrite(
                    "root", lambda file, key=key: file["signatures"][-1].update(sig=key.sign(b"something else")))  # fmt: skip
                self.refuses("1 of 2 signatures")
                self.assertEqual(self.trusted()["root"], 2)

    def test_a_snapshot_one_short_of_its_threshold_is_refused(self):
        self.repository.root["roles"]["snapshot"]["threshold"] = 3
        for _ in range(2):
            self.repository.add_key("snapshot")
        self.repository.publish("root", "targets", "snapshot", "timestamp")
        self.accepts()
        self.repository.signers["snapshot"].pop()
        self.repository.publish_all()
        self.refuses("snapshot: 2 of 3")
        self.assertEqual(self.trusted()["snapshot"], 2)

    def test_a_threshold_that_the_keys_cannot_reach_is_refused(self):
        for _ in range(4):
            self.repository.add_key("snapshot")
        self.repository.root["roles"]["snapshot"]["threshold"] = 6
        self.repository.publish("root", "snapshot", "timestamp")
        self.refuses("snapshot: 5 of 6")
        self.assertEqual(self.trusted(), {"root": 2, "timestamp": 2})

    def test_one_key_id_many_times_counts_once(self):
        key = self.repository.add_key("snapshot")
        for _ in range(8):
            self.repository.root["roles"]["snapshot"]["keyids"].append(key.id)
        self.repository.root["roles"]["snapshot"]["threshold"] = 6
        self.repository.publish("root", "snapshot", "timestamp")
        self.repository.rewrite("snapshot", lambda file: file["signatures"].extend(8 * [file["signatures"][-1]]))
        self.refuses()
        self.assertNotIn("snapshot", self.trusted())

    def test_one_key_under_many_ids_counts_once(self):
        key = self.repository.signers["snapshot"][0]
        for extra in range(3):
            alias = Key(extra={"alias": extra})
            alias.json["keyval"] = key.json["keyval"]
            alias.sign = key.sign
            self.repository.add_key("snapshot", alias)
        self.repository.root["roles"]["snapshot"]["threshold"] = 2
        self.repository.publish("root", "snapshot", "timestamp")
        self.refuses("snapshot: 1 of 2")

    def test_a_key_under_an_id_that_is_not_its_own_does_not_sign(self):
        key = Key()
        key.id = Key().id
        self.repository.set_keys("snapshot", [key], [key], 1)
        self.repository.publish("root", "snapshot", "timestamp")
        self.refuses("snapshot: 0 of 1")
        self.assertEqual(self.trusted(), {"root": 2, "timestamp": 2})

    def test_two_signatures_of_one_key_id_spoil_the_file(self):
        self.repository.rewrite("snapshot", lambda file: file["signatures"].append(file["signatures"][0]))
        self.refuses("two signatures of the key id")
        self.assertNotIn("snapshot", self.trusted())

    def test_a_wrong_signature_beside_enough_good_ones_does_no_harm(self):
        self.repository.add_key("timestamp")
        self.repository.publish("root")
        for wrong in (Key().sign(b"something else"), "", "no hexadecimal"):
            self.repository.publish("timestamp")
            self.repository.rewrite("timestamp", lambda file, sig=wrong: file["signatures"][0].update(sig=sig))
            self.accepts()
        self.assertEqual(self.trusted()["timestamp"], 4)


if __name__ == "__main__":
    unittest.main()
