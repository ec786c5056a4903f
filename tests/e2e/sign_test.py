"""Signing without a network, and rotation of keys: two of three signers, each with a copy of a request and nothing else."""

import functools
import http.server
import json
import shutil
import tempfile
import threading
import unittest
from pathlib import Path

import images
from programs import programs, run, run_json, run_well

FAILURE, USAGE = 1, 2
OFFLINE = ("root", "targets", "releases")
ONLINE = ("deltas", "snapshot", "timestamp")
SIGNERS = 3
FEW = 24  # releases that one role lists


class Listing:
    """A folder served over HTTP on loopback, for as long as a `with` lasts."""

    def __init__(self, folder):
        handler = functools.partial(QuietHandler, directory=folder)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class SignTest(unittest.TestCase):
    """Root, targets and releases need two of three keys each; the online roles have one."""

    @classmethod
    def setUpClass(cls):
        cls.skiff = programs().skiff
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.template = Path(scratch.name)
        keys = cls.template / "keys"
        keys.mkdir()
        words = []
        for role in OFFLINE:
            words += ["--threshold", f"{role}=2"]
            for number in range(SIGNERS):
                key = keys / f"{role}-{number}"
                public = cls.template / f"{role}-{number}.pub"
                public.write_text(run_well(cls.skiff, "key", "generate", key))
                # The third signer of each role is not there when the repository is made.
                words += [f"--{role}-key", public if number == SIGNERS - 1 else key]
        for role in ONLINE:
            run_well(cls.skiff, "key", "generate", keys / f"{role}.key")
            words += [f"--{role}-key", keys / f"{role}.key"]
        run_well(cls.skiff, "repo", "init", cls.template / "repo", *words)

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        shutil.copytree(self.template, self.folder, dirs_exist_ok=True)
        self.repo, self.keys, self.request = (self.folder / name for name in ("repo", "keys", "request"))
        self.root = self.folder / "trusted.root.json"
        shutil.copy(self.repo / "metadata" / "1.root.json", self.root)
        self.image = self.folder / "image"
        self.image.write_bytes(images.image(1, 16))

    def export_release(self, image=None, name="one", counter=1):
        words = ["--image", image or self.image, "--name", name, "--hardware", "gw1", "--version", f"{counter}.0"]
        return run_well(self.skiff, "sign", "export", "release", self.repo, *words, "--counter", counter, "-o", self.request)

    def approve(self, role, *numbers, request=None, yes=True):
        keys = [word for number in numbers for word in ("--key", self.keys / f"{role}-{number}")]
        words = [request or self.request, "--root", self.root, *keys, *(["--yes"] if yes else [])]
        return run(self.skiff, "sign", "approve", *words, input="" if yes else "no\n")

    def approve_well(self, role, *numbers, request=None):
        done = self.approve(role, *numbers, request=request)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def import_requests(self, *requests):
        return run(self.skiff, "sign", "import", self.repo, *(requests or [self.request]))

    def import_well(self, *requests):
        done = self.import_requests(*requests)
        self.assertEqual(done.returncode, 0, done.stderr)

    def publish(self):
        online = [word for role in ONLINE for word in ("--key", self.keys / f"{role}.key")]
        run_well(self.skiff, "repo", "publish", self.repo, *online)

    def releases(self):
        return [release["target"] for release in run_json(self.skiff, "repo", "list", self.repo, "--json")["releases"]]

    def test_two_of_three_signers_release_an_image_that_never_travels(self):
        summary = self.export_release()
        self.assertIn("adds releases/one for gw1: version 1.0, counter 1", summary)
        self.assertLess(self.request.stat().st_size, 16_000)
        self.assertGreater(self.image.stat().st_size, 4 * self.request.stat().st_size)
        copies = [self.folder / "copy-0", self.folder / "copy-2"]
        for number, copy in zip((0, 2), copies, strict=True):
            shutil.copy(self.request, copy)
            self.assertIn("adds releases/one", self.approve_well("releases", number, request=copy))
        for too_few in ([copies[0]], [copies[0], copies[0]], [self.request]):
            done = self.import_requests(*too_few)
            self.assertEqual(done.returncode, FAILURE)
            self.assertIn("of 2 signatures needed", done.stderr)
        self.assertEqual(self.releases(), [])
        self.import_well(*copies)
        self.publish()
        self.assertEqual(self.releases(), ["releases/one"])

    def test_one_request_can_pass_from_signer_to_signer(self):
        self.export_release()
        self.assertIn("1 of 2", self.approve_well("releases", 1))
        self.assertIn("2 of 2", self.approve_well("releases", 2))
        self.import_well()

    def test_nothing_is_signed_without_a_yes_or_with_a_key_of_another_role(self):
        self.export_release()
        before = self.request.read_bytes()
        done = self.approve("releases", 0, yes=False)
        self.assertIn("nothing was signed", done.stderr)
        self.assertEqual(self.approve("root", 0).returncode, USAGE)
        self.assertEqual(self.request.read_bytes(), before)

    def test_a_request_cannot_lie_about_what_it_changes(self):
        self.export_release()
        good = json.loads(self.request.read_text())
        entry = good["signed"]["targets"]["releases/one"]["custom"]["skiff"]
        for change in ("summary", "follows", "hidden", "hardware"):
            with self.subTest(change=change):
                bad = json.loads(json.dumps(good))
                if change == "summary":
                    bad["summary"] = bad["summary"][:1]
                elif change == "follows":  # as if the release had been there before
                    bad["follows"][2]["signed"]["targets"] = bad["signed"]["targets"]
                elif change == "hidden":
                    bad["signed"]["targets"]["releases/two"] = bad["signed"]["targets"]["releases/one"]
                else:
                    bad["signed"]["targets"]["releases/one"]["custom"]["skiff"] = {**entry, "hardware": ["other"]}
                self.request.write_text(json.dumps(bad))
                done = self.approve("releases", 0)
                self.assertEqual(done.returncode, FAILURE)
                self.assertIn("its summary is not of what it signs", done.stderr)

    def test_a_request_of_another_repository_is_not_signed(self):
        self.export_release()
        other = self.folder / "other"
        run_well(self.skiff, "repo", "init", other, "--keys", self.folder / "other-keys")
        self.root = other / "metadata" / "1.root.json"
        done = self.approve("releases", 0)
        self.assertEqual(done.returncode, FAILURE)
        self.assertIn("by the trusted one's keys", done.stderr)

    def test_a_request_that_the_repository_has_left_behind_is_refused(self):
        self.export_release()
        late = self.folder / "late"
        shutil.copy(self.request, late)
        self.approve_well("releases", 0, 1)
        self.import_well()
        self.approve_well("releases", 0, 1, request=late)
        done = self.import_requests(late)
        self.assertEqual(done.returncode, FAILURE)
        self.assertIn("has moved on", done.stderr)

    def test_a_signer_can_build_the_image_again_first(self):
        self.export_release()
        check = [self.skiff, "release", "rebuild-check"]
        self.assertIn("releases/one: the same image", run_well(*check, self.image, "--request", self.request))
        other = self.folder / "other"
        other.write_bytes(self.image.read_bytes()[:-1] + b"x")
        done = run(*check, other, "--request", self.request)
        self.assertEqual(done.returncode, FAILURE)
        self.assertIn("asks for no release of this image", done.stderr)

    def test_deltas_need_no_offline_key(self):
        self.export_release()
        self.approve_well("releases", 0, 1)
        self.import_well()
        delta = self.folder / "delta"
        run_well(self.skiff, "diff", "/dev/null", self.image, "-o", delta)
        run_well(self.skiff, "repo", "add-delta", self.repo, delta, "--key", self.keys / "deltas.key")
        self.publish()
        self.assertEqual(len(run_json(self.skiff, "repo", "list", self.repo, "--json")["deltas"]), 1)

    def test_root_and_targets_need_two_of_three_for_a_renewal(self):
        for role in ("root", "targets"):
            with self.subTest(role=role):
                run_well(self.skiff, "sign", "export", "renewal", self.repo, "--role", role, "-o", self.request)
                self.approve_well(role, 0)
                self.assertEqual(self.import_requests().returncode, FAILURE)
                self.approve_well(role, 2)
                self.import_well()
                self.assertTrue((self.repo / "metadata" / f"2.{role}.json").exists())
        self.publish()

    def add_releases(self, count):
        keys = [word for number in (0, 1) for word in ("--key", self.keys / f"releases-{number}")]
        for number in range(count):
            image = self.folder / "small"
            image.write_text(f"image {number}")
            words = ["--image", image, "--name", f"small-{number}", "--hardware", "gw1", "--version", "1", "--counter", number + 1]
            run_well(self.skiff, "repo", "add-release", self.repo, *words, *keys)

    def check_devices_read(self, *names):
        """A client that trusts no more than the first root finds these."""
        trusted = Path(self.enterContext(tempfile.TemporaryDirectory()))
        run_well(self.skiff, "tuf", "--metadata-dir", trusted, "init", self.root)
        with Listing(self.repo) as url:
            wanted = [word for name in names for word in ("--target-name", f"releases/{name}")]
            words = ["--metadata-url", f"{url}/metadata", "--target-base-url", f"{url}/targets", "--target-dir", trusted / "files"]
            (trusted / "files").mkdir()
            run_well(self.skiff, "tuf", "--metadata-dir", trusted, *words, *wanted, "download")

    def test_many_releases_are_divided_and_change_their_keys_offline(self):
        self.add_releases(FEW)
        self.export_release(counter=FEW + 1)  # one more than one role lists
        requests = self.request.read_text().splitlines()
        self.assertGreater(len(requests), FEW / 2)
        check = [self.skiff, "release", "rebuild-check", self.image, "--request", self.request]
        self.assertIn("releases/one: the same image", run_well(*check))
        self.approve_well("releases", 0)
        self.assertIn("of 2 signatures needed", self.import_requests().stderr)
        self.assertEqual(len(self.releases()), FEW)
        self.approve_well("releases", 1)
        self.import_well()
        self.export_release(name="two", counter=FEW + 2)
        self.assertEqual(len(self.request.read_text().splitlines()), 1)
        self.approve_well("releases", 0, 1)
        self.import_well()
        self.publish()
        self.check_devices_read("one", "two", "small-0", f"small-{FEW - 1}")

        run_well(self.skiff, "sign", "export", "renewal", self.repo, "--role", "releases", "-o", self.request)
        self.approve_well("releases", 0, 1, 2)
        self.import_well()
        gone = run_json(self.skiff, "key", "show", self.keys / "releases-0")["keyid"]
        words = ["--role", "releases", "--remove", gone, "-o", self.request]
        run_well(self.skiff, "sign", "export", "keys", self.repo, *words)
        self.approve_well("targets", 0, 1)
        self.assertIn("releases: 0 of 2", self.import_requests().stdout)
        self.approve_well("releases", 1, 2)
        self.import_well()
        self.publish()
        self.check_devices_read("one", "two", "small-0")
        self.export_release(name="three", counter=FEW + 3)
        self.assertEqual(self.approve("releases", 0).returncode, USAGE)


if __name__ == "__main__":
    unittest.main()
