"""Old metadata in place of newer, and the way back after versions were driven up."""

import unittest

from case import TufCase


class Rollback(TufCase):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.init(), 0)

    def publish_as(self, role, version):
        self.repository.signed[role]["version"] = version - 1
        self.repository.publish(role)

    def test_an_older_timestamp_is_refused(self):
        self.repository.publish("timestamp")
        self.accepts()
        self.publish_as("timestamp", 1)
        self.refuses("timestamp version 1 after version 2")
        self.assertEqual(self.trusted()["timestamp"], 2)
        self.assertEqual(self.repository.requests[-1], ("timestamp", None))

    def test_a_snapshot_is_not_asked_for_again_where_the_timestamp_did_not_change(self):
        self.repository.publish("snapshot", "timestamp")
        self.accepts()
        self.repository.published["snapshot"][1] = self.repository.published["snapshot"][0]
        self.accepts()
        self.assertEqual(self.trusted()["snapshot"], 2)
        self.assertEqual(self.repository.requests[-1], ("timestamp", None))

    def test_a_timestamp_that_lists_an_older_snapshot_is_refused(self):
        for with_hashes in (False, True):
            with self.subTest(with_hashes=with_hashes):
                self.doCleanups()
                self.setUp()
                self.repository.with_hashes = with_hashes
                self.repository.publish("snapshot", "timestamp")
                self.accepts()
                self.publish_as("snapshot", 1)
                self.repository.publish("timestamp")
                self.refuses("snapshot version 1 after version 2")
                self.assertEqual(self.trusted() | {"timestamp": 2, "snapshot": 2}, self.trusted())

    def test_a_snapshot_that_lists_older_targets_is_refused(self):
        for with_hashes in (False, True):
            with self.subTest(with_hashes=with_hashes):
                self.doCleanups()
                self.setUp()
                self.repository.with_hashes = with_hashes
                self.repository.publish_all()
                self.accepts()
                self.publish_as("targets", 1)
                self.repository.publish("snapshot", "timestamp")
                self.refuses("targets.json version 1 after version 2")
                self.assertEqual(self.trusted() | {"snapshot": 2, "targets": 2}, self.trusted())

    def test_a_snapshot_that_no_longer_lists_a_role_is_refused(self):
        self.repository.delegate("targets", "role")
        self.repository.publish_all("role")
        self.accepts()
        del self.repository.signed["snapshot"]["meta"]["role.json"]
        self.repository.publish("snapshot", "timestamp")
        self.refuses("no longer lists role.json")
        self.assertEqual(self.trusted()["snapshot"], 2)

    def test_rollback_is_refused_by_a_trusted_snapshot_whose_hash_is_unknown_by_now(self):
        self.repository.publish_all()
        self.accepts()
        self.repository.with_hashes = True  # the trusted snapshot does not match these
        self.publish_as("targets", 1)
        self.repository.publish("snapshot", "timestamp")
        self.refuses("targets.json version 1 after version 2")


class FastForward(TufCase):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.init(), 0)

    def drive_up(self, role):
        self.repository.signed[role]["version"] = 98
        self.repository.published[role] += 97 * [b""]

    def test_a_new_timestamp_key_allows_a_lower_timestamp(self):
        self.drive_up("timestamp")
        self.repository.publish("timestamp")
        self.accepts()
        self.assertEqual(self.trusted()["timestamp"], 99)
        self.repository.rotate("timestamp")
        self.repository.signed["timestamp"]["version"] = 0
        self.repository.publish("root", "timestamp")
        self.accepts()
        self.assertEqual(self.trusted()["timestamp"], 1)

    def test_new_snapshot_and_timestamp_keys_allow_a_lower_snapshot(self):
        self.drive_up("snapshot")
        self.repository.publish("snapshot", "timestamp")
        self.accepts()
        self.assertEqual(self.trusted()["snapshot"], 99)
        self.repository.rotate("snapshot")
        self.repository.rotate("timestamp")
        self.repository.signed["snapshot"]["version"] = 0
        self.repository.published["snapshot"].clear()
        self.repository.publish("root", "snapshot", "timestamp")
        self.accepts()
        self.assertEqual(self.trusted()["snapshot"], 1)

    def test_a_new_snapshot_key_allows_lower_targets(self):
        self.drive_up("targets")
        self.repository.publish_all()
        self.accepts()
        self.assertEqual(self.trusted()["targets"], 99)
        self.repository.rotate("snapshot")
        self.repository.signed["targets"]["version"] = 0
        self.repository.published["targets"].clear()
        self.repository.publish("root", "targets", "snapshot", "timestamp")
        self.accepts()
        self.assertEqual(self.trusted()["targets"], 1)


if __name__ == "__main__":
    unittest.main()
