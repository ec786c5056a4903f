"""Signing without a network, and rotation of keys: two of three signers, each with a copy of a request and nothing else."""

import json
import shutil
import tempfile
import unittest
from pathlib import Path

import images
from programs import programs, run, run_json, run_well

FAILURE, USAGE = 1, 2
OFFLINE = ("root", "targets", "releases")
ONLINE = ("deltas", "snapshot", "timestamp")
SIGNERS = 3


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


if __name__ == "__main__":
    unittest.main()
