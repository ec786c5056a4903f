"""The skiff command line from outside: exit codes, messages, and that a failure leaves nothing behind."""

import json
import resource
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

import images
from programs import programs, run, run_json, run_well

OK, FAILURE, USAGE = 0, 1, 2


def no_file_over(length):
    """For preexec_fn: a disk that is full after so many bytes of one file, as the process sees it."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (length, length))

    return limit


class CliTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.skiff = programs().skiff
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.inputs = Path(scratch.name)
        base = images.image(1, 256)
        (cls.inputs / "base").write_bytes(base)
        (cls.inputs / "result").write_bytes(images.revised(base, 2, 64))
        cls.base, cls.result, cls.delta = (cls.inputs / name for name in ("base", "result", "delta"))
        run_well(cls.skiff, "diff", cls.base, cls.result, "-o", cls.delta)
        cls.zstd_delta = cls.inputs / "zstd-delta"  # tells its make-up without the base
        run_well(cls.skiff, "diff", cls.base, cls.result, "-o", cls.zstd_delta, "--codec", "zstd")

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.out = self.folder / "out"

    def check_refused(self, done, *, code=FAILURE, says=""):
        """The exit code is `code`, one line on stderr holds `says`, and nothing was left in the folder of outputs."""
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(says, done.stderr)
        self.assertEqual(done.stdout if code == FAILURE else "", "")
        self.assertEqual([path.name for path in self.folder.iterdir()], [])

    def write(self, name, content):
        path = self.inputs / f"{self.id().rsplit('.', maxsplit=1)[-1]}-{name}"
        path.write_bytes(content)
        return path

    def test_a_delta_is_smaller_than_what_is_new_and_gives_the_result_back(self):
        self.assertLess(self.delta.stat().st_size, 64 * images.BLOCK * 11 // 10)
        run_well(self.skiff, "apply", self.base, self.delta, "-o", self.out)
        self.assertEqual(self.out.read_bytes(), self.result.read_bytes())

    def test_the_codec_is_cm_unless_told(self):
        self.assertEqual(run_json(self.skiff, "inspect", self.delta, "--json")["codec"], "cm")
        self.assertLess(self.delta.stat().st_size, self.zstd_delta.stat().st_size)

    def test_no_base_gives_the_full_image_in_delta_form(self):
        full = self.folder / "full"
        run_well(self.skiff, "diff", "/dev/null", self.result, "-o", full)
        run_well(self.skiff, "apply", "/dev/null", full, "-o", self.out)
        self.assertEqual(self.out.read_bytes(), self.result.read_bytes())

    def test_the_same_bytes_come_out_whatever_the_number_of_threads(self):
        run_well(self.skiff, "diff", self.base, self.result, "-o", self.out, "--threads", 2)
        self.assertEqual(self.out.read_bytes(), self.delta.read_bytes())

    def test_inspect_accounts_for_every_byte(self):
        report = run_json(self.skiff, "inspect", self.zstd_delta, "--json")
        self.assertEqual(report["delta_length"], self.zstd_delta.stat().st_size)
        self.assertEqual(sum(report["bytes"].values()), report["delta_length"])
        made_of = report["verbatim_bytes"] + report["copied_bytes"] + report["literal_bytes"]
        self.assertEqual(made_of, self.result.stat().st_size)

    def test_inspect_with_the_base_says_where_every_byte_goes(self):
        for codec in ("zstd", "cm"):
            delta = self.inputs / f"{codec}-delta"
            run_well(self.skiff, "diff", self.base, self.result, "-o", delta, "--codec", codec)
            why = run_json(self.skiff, "inspect", delta, "--base", self.base, "--json")
            self.assertEqual(sum(part["bytes"] for part in why["parts"]), delta.stat().st_size)
            data = why["bytes"]["residue"] + why["bytes"]["literals"]
            self.assertEqual(sum(kind["bytes"] for kind in why["kinds"]), why["bytes"]["residue"])
            placed = sum(place["bytes"] for place in why["places"])
            self.assertEqual(placed + why["other_places"] + why["elsewhere"], data)
            few = run_json(self.skiff, "inspect", delta, "--base", self.base, "--top", 0, "--json")
            self.assertEqual(few["other_places"], placed + why["other_places"])
            self.assertIn("by what its bytes say", run_well(self.skiff, "inspect", delta, "--base", self.base))
            self.check_refused(run(self.skiff, "inspect", delta, "--base", self.result), says="base image")

    def test_the_report_of_diff_is_that_of_inspect(self):
        made = run_json(self.skiff, "diff", self.base, self.result, "-o", self.out, "--codec", "zstd", "--json")
        shown = run_json(self.skiff, "inspect", self.zstd_delta, "--json")
        shown.pop("frames_root")
        self.assertEqual(made, shown)

    def test_verify_believes_the_delta_its_root_and_its_base_only(self):
        root = run_json(self.skiff, "inspect", self.delta, "--json")["frames_root"]
        run_well(self.skiff, "verify", self.delta, "--base", self.base, "--root", root)
        self.check_refused(run(self.skiff, "verify", self.delta, "--root", "0" * 64))
        self.check_refused(run(self.skiff, "verify", self.delta, "--base", self.result))

    def test_usage_errors_are_2(self):
        for words in ([], ["nonsense"], ["diff"], ["apply", self.base], ["diff", "--frobnicate"], ["key"], ["repo"]):
            with self.subTest(words=words):
                self.assertEqual(run(self.skiff, *words).returncode, USAGE)
        done = run(self.skiff, "diff", self.base, self.result, "-o", self.out, "--profile", "huge")
        self.check_refused(done, code=USAGE)

    def test_help_and_version_are_0(self):
        for words in (["--help"], ["--version"], ["diff", "--help"], ["repo", "--help"]):
            self.assertEqual(run(self.skiff, *words).returncode, OK)

    def test_a_missing_input_is_named(self):
        missing = self.folder / "missing"
        self.check_refused(run(self.skiff, "diff", missing, self.result, "-o", self.out), says="missing")
        self.check_refused(run(self.skiff, "apply", self.base, missing, "-o", self.out), says="missing")
        self.check_refused(run(self.skiff, "inspect", missing), says="missing")

    def test_an_output_folder_that_is_not_there_is_refused(self):
        nowhere = self.folder / "nowhere" / "out"
        self.check_refused(run(self.skiff, "diff", self.base, self.result, "-o", nowhere), says="nowhere")

    def test_a_wrong_base_is_refused_and_leaves_nothing(self):
        self.check_refused(run(self.skiff, "apply", self.result, self.delta, "-o", self.out))
        changed = bytearray(self.base.read_bytes())
        changed[100_000] ^= 1
        other = self.write("base", bytes(changed))
        self.check_refused(run(self.skiff, "apply", other, self.delta, "-o", self.out))

    def test_foreign_files_are_refused_by_the_first_rule(self):
        for name, content in (("text", b"This is no delta at all.\n" * 50), ("bsdiff", b"BSDIFF40" + bytes(100))):
            foreign = self.write(name, content)
            self.check_refused(run(self.skiff, "apply", self.base, foreign, "-o", self.out), says="F3")
            self.check_refused(run(self.skiff, "inspect", foreign), says="F3")
        empty = self.write("empty", b"")
        self.check_refused(run(self.skiff, "apply", self.base, empty, "-o", self.out))

    def test_truncation_is_refused_and_leaves_nothing(self):
        whole = self.delta.read_bytes()
        for length in (1, 5, 40, len(whole) // 2, len(whole) - 1):
            with self.subTest(length=length):
                cut = self.write(str(length), whole[:length])
                self.check_refused(run(self.skiff, "apply", self.base, cut, "-o", self.out))

    def test_a_flipped_bit_in_a_frame_is_refused_and_leaves_nothing(self):
        whole = bytearray(self.delta.read_bytes())
        whole[-1000] ^= 4
        damaged = self.write("damaged", bytes(whole))
        self.check_refused(run(self.skiff, "apply", self.base, damaged, "-o", self.out), says="F14")

    def test_trailing_bytes_are_refused(self):
        longer = self.write("longer", self.delta.read_bytes() + b"\0")
        self.check_refused(run(self.skiff, "apply", self.base, longer, "-o", self.out), says="F13")

    def test_a_full_disk_is_an_error_and_leaves_nothing(self):
        full = {"preexec_fn": no_file_over(100_000)}
        done = run(self.skiff, "apply", self.base, self.delta, "-o", self.out, **full)
        self.check_refused(done)
        done = run(self.skiff, "diff", self.base, self.result, "-o", self.out, **full)
        self.check_refused(done)

    def test_a_failure_leaves_the_old_output_as_it_was(self):
        self.out.write_bytes(b"precious")
        done = run(self.skiff, "apply", self.result, self.delta, "-o", self.out)
        self.assertEqual(done.returncode, FAILURE)
        self.assertEqual(self.out.read_bytes(), b"precious")
        self.assertEqual([path.name for path in self.folder.iterdir()], ["out"])

    def test_killed_in_the_middle_it_leaves_no_output_under_its_name(self):
        child = subprocess.Popen([str(self.skiff), "diff", str(self.base), str(self.result), "-o", str(self.out)])
        child.kill()
        child.wait()
        self.assertFalse(self.out.exists())

    def test_a_delta_that_needs_more_memory_than_allowed_is_refused(self):
        done = run(self.skiff, "apply", self.base, self.delta, "-o", self.out, "--max-memory", 1000)
        self.check_refused(done)


class RepositoryTest(unittest.TestCase):
    def setUp(self):
        self.skiff = programs().skiff
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.repo, self.keys = self.folder / "repo", self.folder / "keys"
        run_well(self.skiff, "repo", "init", self.repo, "--keys", self.keys)

    def add(self, name, content, counter, hardware="gw1"):
        image = self.folder / name
        image.write_bytes(content)
        words = ["--image", image, "--name", name, "--hardware", hardware, "--version", name, "--counter", counter]
        return run(self.skiff, "repo", "add-release", self.repo, *words, "--keys", self.keys)

    def test_keys_can_be_read_by_their_owner_only(self):
        modes = {path.name: path.stat().st_mode & 0o777 for path in self.keys.iterdir()}
        self.assertEqual(set(modes.values()), {0o600})
        (self.keys / "root.key").chmod(0o644)
        self.assertEqual(run(self.skiff, "key", "show", self.keys / "root.key").returncode, USAGE)

    def test_a_release_and_a_delta_are_listed_after_they_are_added(self):
        base = images.image(3, 16)
        self.assertEqual(self.add("one.img", base, 1).returncode, OK)
        self.assertEqual(self.add("two.img", images.revised(base, 4, 2), 2).returncode, OK)
        delta = self.folder / "delta"
        run_well(self.skiff, "diff", self.folder / "one.img", self.folder / "two.img", "-o", delta)
        run_well(self.skiff, "repo", "add-delta", self.repo, delta, "--keys", self.keys)
        run_well(self.skiff, "repo", "publish", self.repo, "--keys", self.keys)
        listed = run_json(self.skiff, "repo", "list", self.repo, "--json")
        self.assertEqual([release["target"] for release in listed["releases"]], ["releases/one.img", "releases/two.img"])
        self.assertEqual([offer["length"] for offer in listed["deltas"]], [delta.stat().st_size])

    def test_a_counter_that_does_not_rise_is_refused(self):
        self.assertEqual(self.add("one.img", b"one", 5).returncode, OK)
        self.assertEqual(self.add("two.img", b"two", 5).returncode, FAILURE)
        self.assertEqual(self.add("two.img", b"two", 4).returncode, FAILURE)
        self.assertEqual(self.add("two.img", b"two", 4, hardware="gw2").returncode, OK)

    def test_a_release_is_not_signed_without_its_key(self):
        (self.keys / "releases.key").unlink()
        self.assertEqual(self.add("one.img", b"one", 1).returncode, FAILURE)
        listed = run_json(self.skiff, "repo", "list", self.repo, "--json")
        self.assertEqual(listed["releases"], [])

    def test_a_delta_between_unknown_images_is_refused(self):
        self.assertEqual(self.add("one.img", b"one", 1).returncode, OK)
        (self.folder / "stranger").write_bytes(b"stranger")
        delta = self.folder / "delta"
        run_well(self.skiff, "diff", self.folder / "one.img", self.folder / "stranger", "-o", delta)
        done = run(self.skiff, "repo", "add-delta", self.repo, delta, "--keys", self.keys)
        self.assertEqual(done.returncode, FAILURE)

    def test_a_repository_is_not_made_over_another(self):
        before = {path: path.read_bytes() for path in self.repo.rglob("*") if path.is_file()}
        done = run(self.skiff, "repo", "init", self.repo, "--keys", self.keys)
        self.assertNotEqual(done.returncode, OK)
        self.assertEqual({path: path.read_bytes() for path in self.repo.rglob("*") if path.is_file()}, before)

    def test_metadata_is_valid_json_with_the_roles_of_tuf(self):
        kinds = {json.loads(path.read_text())["signed"]["_type"] for path in (self.repo / "metadata").glob("*.json")}
        self.assertEqual(kinds, {"root", "targets", "snapshot", "timestamp"})


class ExampleTest(unittest.TestCase):
    def test_the_example_configuration_is_one_the_agent_reads(self):
        example = Path(__file__).resolve().parents[2] / "packaging" / "agent.json"
        with tempfile.TemporaryDirectory() as folder:
            settings = json.loads(example.read_text())
            settings["state_dir"] = f"{folder}/none"
            copy = Path(folder) / "agent.json"
            copy.write_text(json.dumps(settings))
            self.assertNotIn("config:", run(programs().agent, "status", "--config", copy).stderr)
            copy.write_text(json.dumps({**settings, "tires": 4}))
            self.assertIn("config: tires", run(programs().agent, "status", "--config", copy).stderr)


if __name__ == "__main__":
    unittest.main()
