"""The top-level workflow: what is asked for, what becomes trusted, and what is refused."""

import json
import unittest

from case import TufCase
from simulator import Key, date

FIRST_REQUESTS = [("root", 2), ("timestamp", None), ("snapshot", 1), ("targets", 1)]
ALL_ONE = {"root": 1, "timestamp": 1, "snapshot": 1, "targets": 1}


class Refresh(TufCase):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.init(), 0)

    def test_init_asks_nobody(self):
        self.assertEqual(self.repository.requests, [])

    def test_the_first_refresh_asks_for_four_files(self):
        self.accepts()
        self.assertEqual(self.repository.requests, FIRST_REQUESTS)

    def test_trusted_files_are_the_bytes_served(self):
        self.repository.published["timestamp"][-1] += b" "
        self.accepts()
        for role in ALL_ONE:
            self.assertEqual((self.metadata / f"{role}.json").read_bytes(), self.repository.published[role][-1])

    def test_download_refreshes_first(self):
        self.assertEqual(self.download("nothing of this name"), 1)
        self.assertEqual(self.repository.requests, FIRST_REQUESTS)
        self.assertEqual(self.trusted(), ALL_ONE)

    def test_unknown_fields_are_signed_and_kept(self):
        self.accepts()
        self.repository.root["custom"] = "value"
        self.repository.root["roles"]["root"]["another"] = "value"
        self.repository.add_key("root", Key(extra={"extra": {"a": 1, "b": 2}}))
        self.repository.publish("root")
        self.accepts()
        self.assertEqual(self.trusted()["root"], 2)

    def test_keyid_hash_algorithms_mean_nothing(self):
        key = Key(extra={"keyid_hash_algorithms": "md5"})
        self.repository.set_keys("snapshot", [key], [key], 1)
        self.repository.publish("root", "snapshot", "timestamp")
        self.accepts()
        self.assertEqual(self.trusted() | {"root": 2, "snapshot": 2}, self.trusted())

    def test_a_snapshot_that_the_timestamp_does_not_list_is_not_asked_for(self):
        self.repository.publish("snapshot")
        self.repository.signed["timestamp"]["meta"]["snapshot.json"]["version"] = 1
        self.repository.publish("root", "timestamp")
        self.accepts()
        self.assertEqual(self.trusted(), ALL_ONE | {"root": 2, "timestamp": 2})

    def test_a_changed_timestamp_of_the_same_version_is_not_taken(self):
        self.accepts()
        self.repository.signed["timestamp"]["meta"]["snapshot.json"]["version"] = 100
        self.repository.signed["timestamp"]["version"] = 0
        self.repository.published["timestamp"].clear()
        self.repository.publish("timestamp")
        self.accepts()
        self.assertEqual(self.repository.requests[-1], ("timestamp", None))
        kept = json.loads((self.metadata / "timestamp.json").read_bytes())
        self.assertEqual(kept["signed"]["meta"]["snapshot.json"]["version"], 1)

    def test_targets_that_the_snapshot_does_not_list_are_not_asked_for(self):
        self.accepts()
        self.repository.publish("targets")
        self.accepts()
        self.assertEqual(self.trusted(), ALL_ONE)
        self.assertEqual(self.repository.requests[-1], ("timestamp", None))

    def test_hashes_of_metadata_are_checked(self):
        self.repository.with_hashes = True
        self.repository.publish_all()
        self.accepts()
        self.repository.publish("targets")
        self.repository.signed["snapshot"]["meta"]["targets.json"]["hashes"]["sha256"] = "46" * 32
        self.repository.publish("snapshot", "timestamp")
        self.refuses("sha256 differs")
        self.assertEqual(self.trusted(), {"root": 1, "timestamp": 3, "snapshot": 3, "targets": 2})

    def test_the_hash_of_a_snapshot_is_checked(self):
        self.repository.with_hashes = True
        self.repository.publish_all()
        self.accepts()
        self.repository.publish("snapshot")
        self.repository.signed["timestamp"]["meta"]["snapshot.json"]["hashes"]["sha256"] = "46" * 32
        self.repository.publish("timestamp")
        self.refuses("sha256 differs")
        self.assertEqual(self.trusted(), {"root": 1, "timestamp": 3, "snapshot": 2, "targets": 2})

    def test_lengths_of_metadata_are_checked(self):
        self.repository.with_hashes = True
        self.repository.publish("targets")
        self.repository.signed["snapshot"]["meta"]["targets.json"]["length"] += 1
        self.repository.publish("snapshot", "timestamp")
        self.refuses("bytes long")

    def test_metadata_of_another_type_is_refused(self):
        self.repository.add_key("snapshot", self.repository.signers["timestamp"][0])
        self.repository.signed["snapshot"]["meta"] = {"snapshot.json": {"version": 1}}
        self.repository.publish("root", "snapshot")
        self.repository.published["timestamp"].append(self.repository.published["snapshot"].pop())
        self.refuses("_type")
        self.assertEqual(self.trusted(), {"root": 2})

    def test_without_consistent_snapshots_names_have_no_version(self):
        self.repository.root["consistent_snapshot"] = False
        self.repository.add_artifact("targets", "file", b"data")
        self.repository.publish_all()
        self.repository.publish("root")
        self.assertEqual(self.download("file"), 0, self.message)
        expected = [("root", 2), ("root", 3), ("timestamp", None), ("snapshot", None), ("targets", None)]
        self.assertEqual(self.repository.requests, expected)
        self.assertEqual(self.repository.downloads, [("file", None)])
        self.assertEqual(self.downloaded(), [b"data"])

    def test_a_missing_file_is_refused_and_what_came_before_is_kept(self):
        self.accepts()
        repository = self.repository
        repository.signed["timestamp"]["meta"]["snapshot.json"]["version"] = 2
        repository.publish("timestamp")
        self.refuses("2.snapshot.json")
        self.assertEqual(repository.requests[-1], ("snapshot", 2))
        self.assertEqual(self.trusted(), ALL_ONE | {"timestamp": 2})
        repository.signed["snapshot"]["meta"]["targets.json"]["version"] = 2
        repository.publish("snapshot", "timestamp")
        self.refuses("2.targets.json")
        self.assertEqual(repository.requests[-1], ("targets", 2))
        self.assertEqual(self.trusted(), ALL_ONE | {"timestamp": 3, "snapshot": 2})
        repository.published["timestamp"].clear()
        self.refuses("timestamp.json")
        self.assertEqual(repository.requests[-1], ("timestamp", None))

    def check_refused(self, expected, words):
        for role, trusted in expected.items():
            with self.subTest(role=role):
                self.doCleanups()
                self.setUp()
                self.bend(role)
                self.repository.publish("root", "targets", "snapshot", "timestamp")
                self.refuses(words)
                self.assertEqual(self.trusted(), trusted)

    def test_unsigned_metadata_is_refused(self):
        self.bend = lambda role: self.repository.signers[role].clear()
        expected = {
            "root": {"root": 1},
            "timestamp": {"root": 2},
            "snapshot": {"root": 2, "timestamp": 2},
            "targets": {"root": 2, "timestamp": 2, "snapshot": 2},
        }
        self.check_refused(expected, "0 of 1 signatures")

    def test_a_version_other_than_that_of_the_name_is_refused(self):
        def bend(role):
            self.repository.signed[role]["version"] += 1

        self.bend = bend
        expected = {
            "root": {"root": 1},
            "snapshot": {"root": 2, "timestamp": 2},
            "targets": {"root": 2, "timestamp": 2, "snapshot": 2},
        }
        self.check_refused(expected, "")


class FirstRoot(TufCase):
    def check_refused(self, change):
        root = json.loads(self.repository.published["root"][0])
        change(root)
        self.init(json.dumps(root).encode())
        self.refuses()
        self.assertEqual(self.repository.requests, [])

    def test_a_root_without_a_version_is_refused(self):
        self.check_refused(lambda root: root["signed"].pop("version"))

    def test_a_root_with_a_wrong_signature_is_refused(self):
        self.check_refused(lambda root: root["signatures"][0].update(sig=Key().sign(b"something else")))


class Expiry(TufCase):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.init(), 0)
        self.accepts()

    def test_the_clock_may_be_faked(self):
        self.repository.root["expires"] = date(7)
        self.repository.publish("root")
        self.accepts()
        self.assertEqual(self.refresh(days=8), 1)
        self.assertIn("expired", self.message)

    def test_an_expired_root_is_kept_and_nothing_after_it(self):
        self.repository.root["expires"] = date(-1)
        self.repository.publish("root")
        self.repository.publish_all()
        self.refuses("root version 2 expired")
        self.assertEqual(self.trusted(), ALL_ONE | {"root": 2})

    def test_an_expired_root_on_the_way_does_no_harm(self):
        self.repository.root["expires"] = date(-1)
        self.repository.publish("root")
        self.repository.root["expires"] = date(1)
        self.repository.publish("root")
        self.accepts()
        self.assertEqual(self.trusted()["root"], 3)

    def test_expired_metadata_is_not_taken(self):
        before = {"timestamp": ALL_ONE, "snapshot": ALL_ONE | {"timestamp": 2}}
        before["targets"] = ALL_ONE | {"timestamp": 2, "snapshot": 2}
        for role, trusted in before.items():
            with self.subTest(role=role):
                self.doCleanups()
                self.setUp()
                self.repository.signed[role]["expires"] = date(-5)
                self.repository.publish_all()
                self.refuses(f"{role} version 2 expired")
                self.assertEqual(self.trusted(), trusted)

    def test_an_expired_trusted_root_serves_to_update(self):
        for version, days in ((2, 7), (3, 21)):
            self.repository.root["expires"] = date(days)
            self.repository.publish("root")
            self.assertEqual(self.refresh(days=0 if version == 2 else 18), 0, self.message)
            self.assertEqual(self.trusted()["root"], version)

    def test_expired_trusted_metadata_serves_to_update(self):
        self.repository.signed["timestamp"]["expires"] = date(7)
        self.repository.publish("timestamp")
        self.accepts()
        self.repository.signed["timestamp"]["expires"] = date(21)
        self.repository.publish_all()
        self.assertEqual(self.refresh(days=18), 0, self.message)
        self.assertEqual(self.trusted(), {"root": 1, "timestamp": 3, "snapshot": 2, "targets": 2})

    def test_expired_trusted_metadata_still_forbids_a_rollback(self):
        self.repository.signed["timestamp"]["expires"] = date(7)
        self.repository.publish("timestamp", "timestamp")
        self.accepts()
        self.repository.signed["timestamp"] |= {"version": 1, "expires": date(21)}
        self.repository.publish("timestamp")
        self.assertEqual(self.refresh(days=18), 1)
        self.assertIn("timestamp version 2 after version 3", self.message)


class CommandLine(TufCase):
    def test_fails_with_1_whatever_is_wrong(self):
        self.assertEqual(self.init(), 0)
        for words in (["refresh"], ["reload"], [], ["--metadata-url"], ["--metadata-url", "ftp://a/", "refresh"]):
            with self.subTest(words):
                self.assertEqual(self.skiff(*words), 1)
        self.assertEqual(self.repository.requests, [])


if __name__ == "__main__":
    unittest.main()
