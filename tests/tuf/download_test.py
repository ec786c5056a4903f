"""Targets: what is downloaded, where it is put, and what is not let through."""

import time
import unittest

from case import Handler, TufCase


class Download(TufCase):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.init(), 0)

    def offer(self, name, data, **options):
        target = self.repository.add_artifact("targets", name, data, **options)
        self.repository.publish_all()
        return target

    def test_a_target_comes_by_its_hash(self):
        target = self.offer("file.txt", b"data")
        self.accepts()
        self.assertEqual(self.downloaded(), [])
        self.assertEqual(self.download("file.txt"), 0, self.message)
        self.assertEqual(self.downloaded(), [b"data"])
        self.assertEqual(self.repository.downloads, [("file.txt", target["hashes"]["sha256"])])

    def test_a_target_in_folders_comes(self):
        self.offer("path/to/a/file.txt", b"data")
        self.assertEqual(self.download("path/to/a/file.txt"), 0, self.message)
        self.assertEqual(self.downloaded(), [b"data"])

    def test_several_targets_come_at_once(self):
        self.offer("one", b"1")
        self.offer("two", b"2")
        self.assertEqual(self.download("one", "two"), 0, self.message)
        self.assertEqual(self.downloaded(), [b"1", b"2"])

    def test_an_empty_target_comes(self):
        self.offer("empty", b"")
        self.assertEqual(self.download("empty"), 0, self.message)
        self.assertEqual(self.downloaded(), [b""])

    def test_a_target_that_is_there_is_not_asked_for_again(self):
        self.offer("file", b"data")
        for _ in range(2):
            self.assertEqual(self.download("file"), 0, self.message)
        self.assertEqual(len(self.repository.downloads), 1)

    def test_a_target_damaged_on_disk_comes_again(self):
        self.offer("file", b"data")
        self.assertEqual(self.download("file"), 0, self.message)
        (self.artifacts / "file").write_bytes(b"dato")
        self.assertEqual(self.download("file"), 0, self.message)
        self.assertEqual(self.downloaded(), [b"data"])

    def test_substituted_bytes_are_refused(self):
        self.offer("one", b"first")
        self.offer("two", b"second")
        self.assertEqual(self.download("one"), 0, self.message)
        self.repository.artifacts |= {"one": b"wrong", "two": b"wrong!"}
        self.download("one")
        self.assertEqual(self.download("two"), 1)
        self.assertIn("sha256 differs", self.message)
        self.assertEqual(self.downloaded(), [b"first"])

    def test_a_changing_target_is_followed_and_its_forgeries_are_not(self):
        self.offer("file", b"data")
        self.assertEqual(self.download("file"), 0, self.message)
        for number in range(4):
            genuine = b"changed %d" % number
            self.offer("file", genuine)
            self.assertEqual(self.download("file"), 0, self.message)
            self.repository.artifacts["file"] = b"forged! %d" % number
            self.repository.publish_all()
            self.download("file")
            self.assertEqual(self.downloaded(), [genuine])

    def test_known_hashes_serve_and_unknown_ones_refuse(self):
        for algorithms in (["sha256"], ["sha512"], ["sha256", "sha512"]):
            with self.subTest(algorithms):
                self.doCleanups()
                self.setUp()
                target = self.offer("file", b"data", algorithms=algorithms)
                self.assertEqual(self.download("file"), 0, self.message)
                ((_, digest),) = self.repository.downloads
                self.assertIn(digest, target["hashes"].values())
        target = self.offer("other", b"data")
        target["hashes"] = {"unknown": target["hashes"]["sha256"]}
        self.repository.publish_all()
        self.assertEqual(self.download("other"), 1)
        self.assertIn("no hash of a known algorithm", self.message)
        self.assertEqual(self.downloaded(), [b"data"])

    def test_names_of_targets_lead_nowhere(self):
        before = sorted(self.folder.rglob("*"))
        names = ["../escape", "/etc/escape", "a/../../escape", "%2e%2e/escape", "a b?c#d", ".hidden", ".", "..", "-x"]
        names += ["é.txt", "日本/語", "😀", "a\\b", 'a"b', "x" * 230, "é" * 90]
        for name in names:
            self.offer(name, name.encode())
        self.assertEqual(self.download(*names), 0, self.message)
        self.assertEqual(self.downloaded(), sorted(name.encode() for name in names))
        added = {path for path in self.folder.rglob("*") if path not in before}
        self.assertEqual({path.parent for path in added if path.is_file()}, {self.artifacts, self.metadata})


class Endless(Handler):
    """Says nothing of a length and never ends by itself; counts what was taken."""

    victim = ""
    sent = 0

    def do_GET(self):
        if type(self).victim not in self.path:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        part = b" " * 65536
        try:
            while True:
                self.wfile.write(part)
                type(self).sent += len(part)
        except OSError:
            self.close_connection = True


class EndlessData(TufCase):
    handler = Endless

    def test_no_answer_is_read_beyond_its_limit(self):
        limits = {"2.root.json": 512_000, "timestamp.json": 16_384, "snapshot.json": 2_000_000}
        limits |= {"1.targets.json": 5_000_000, ".file": 4}
        for victim, limit in limits.items():
            with self.subTest(victim):
                self.doCleanups()
                self.setUp()
                self.init()
                self.repository.add_artifact("targets", "file", b"data")
                self.repository.published["targets"].clear()
                self.repository.targets["version"] = 0
                self.repository.publish("targets")
                Endless.victim, Endless.sent = victim, 0
                started = time.monotonic()
                self.assertEqual(self.download("file"), 1)
                self.assertIn(f"is longer than {limit} bytes", self.message)
                self.assertLess(Endless.sent, limit + (8 << 20))  # and what two socket buffers hold
                self.assertLess(time.monotonic() - started, 30)


if __name__ == "__main__":
    unittest.main()
