"""Public TUF software of the npm registry beside ours: tuf-js reads repositories, @tufjs/models makes one, canonical JSON
is compared."""

import json
import os
import subprocess
import unittest
from pathlib import Path
from urllib.parse import unquote

from case import SKIFF, TufCase

HERE = Path(__file__).resolve().parent
MODULES = Path(os.environ["SKIFF_BUILD"]) / "tests/tuf/npm"
PINNED = ["tuf-js@3.0.1", "@tufjs/canonical-json@2.0.0", "@tufjs/models@3.0.1"]
DOCUMENTS = 100_000


def node(script, *arguments):
    environment = os.environ | {"NODE_PATH": str(MODULES / "node_modules")}
    return subprocess.run(["node", HERE / script, *arguments], env=environment, capture_output=True, text=True, check=False)


def setUpModule():
    MODULES.mkdir(parents=True, exist_ok=True)
    (MODULES / "package.json").write_text('{"private": true}')
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *PINNED], cwd=MODULES, check=True,
                   capture_output=True)  # fmt: skip


class FolderOnDisk:
    """A repository as `skiff repo` writes it, served as it is."""

    def __init__(self, folder):
        self.folder = folder

    def serve(self, path):
        file = self.folder / unquote(path)
        return file.read_bytes() if file.is_file() else None


class TufJs(TufCase):
    def read(self, *names):
        done = node("reader.js", self.metadata, self.artifacts, self.url, *names)
        self.assertEqual(done.returncode, 0, done.stderr)

    def trust(self, root):
        (self.metadata / "root.json").write_bytes(root)

    def repo(self, verb, *arguments):
        folder, keys = self.folder / "repository", self.folder / "keys"
        subprocess.run([SKIFF, "repo", verb, folder, *arguments, "--keys", keys], check=True, capture_output=True)
        return folder

    def test_it_reads_our_releases(self):
        folder = self.repo("init")
        image = self.folder / "image"
        image.write_bytes(bytes(range(256)) * 400)
        self.server.repository = FolderOnDisk(folder)
        self.trust((folder / "metadata/1.root.json").read_bytes())
        for counter in ("1", "2"):
            self.repo("add-release", "--image", image, "--name", f"gw-{counter}.img", "--hardware", "gw", "--version",
                      counter, "--counter", str(counter))  # fmt: skip
            self.repo("publish")
            self.read(f"releases/gw-{counter}.img")
        self.assertEqual(self.trusted()["timestamp"], 3)
        self.assertEqual(self.downloaded(), 2 * [image.read_bytes()])

    def test_it_finds_a_release_of_ours_in_a_bin(self):
        folder, image = self.repo("init"), self.folder / "image"
        self.server.repository = FolderOnDisk(folder)
        self.trust((folder / "metadata/1.root.json").read_bytes())
        names = [f"gw-{counter}.img" for counter in range(1, 26)]  # one more than a single role lists
        for counter, name in enumerate(names, 1):
            image.write_bytes(name.encode())
            self.repo("add-release", "--image", image, "--name", name, "--hardware", "gw", "--version", str(counter),
                      "--counter", str(counter))  # fmt: skip
        self.repo("publish")
        self.read(*(f"releases/{name}" for name in names))
        self.assertEqual(self.downloaded(), sorted(name.encode() for name in names))
        self.assertTrue(any(role.startswith("releases-") for role in self.trusted()))

    def test_it_follows_a_new_root_of_ours_to_a_delta_in_a_bin(self):
        folder, keys = self.repo("init"), self.folder / "keys"
        self.server.repository = FolderOnDisk(folder)
        self.trust((folder / "metadata/1.root.json").read_bytes())
        images = [self.folder / f"image-{number}" for number in range(26)]
        for number, image in enumerate(images):
            image.write_bytes(bytes([number]) * 4096)
        self.repo("add-release", "--image", images[0], "--name", "gw.img", "--hardware", "gw", "--version", "1",
                  "--counter", "1")  # fmt: skip
        for base in images[1:]:  # one more than a single role lists
            delta = self.folder / (base.name + ".skd")
            self.skiff_well("diff", base, images[0], "-o", delta)
            self.skiff_well("repo", "add-delta", folder, delta, "--keys", keys)
        new, request = self.folder / "new.key", self.folder / "request"
        self.skiff_well("key", "generate", new)
        self.skiff_well("sign", "export", "keys", folder, "-o", request, "--role", "root", "--add", new)
        self.skiff_well("sign", "approve", request, "--root", folder / "metadata/1.root.json", "--yes",
                        "--key", keys / "root.key", "--key", new)  # fmt: skip
        self.skiff_well("sign", "import", folder, request)
        self.repo("publish")
        files = sorted((folder / "targets/deltas").iterdir())
        names = ["deltas/" + file.name.partition(".")[2] for file in files]
        self.read("releases/gw.img", *names)
        self.assertEqual(self.trusted()["root"], 2)
        self.assertIn("deltas-00.json", json.loads((folder / "metadata/2.snapshot.json").read_bytes())["signed"]["meta"])
        self.assertEqual(self.downloaded(), sorted([images[0].read_bytes(), *(file.read_bytes() for file in files)]))

    def skiff_well(self, *words):
        done = subprocess.run([SKIFF, *words], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_our_client_reads_what_it_makes(self):
        folder = self.folder / "made"
        names = ["one", "path/two", "é/三"]
        done = node("maker.js", folder, *names)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.server.repository = FolderOnDisk(folder)
        self.assertEqual(self.init((folder / "metadata/1.root.json").read_bytes()), 0, self.message)
        self.assertEqual(self.download(*names), 0, self.message)
        self.assertEqual(self.trusted()["root"], 2)
        self.assertEqual(self.downloaded(), sorted(name.encode() for name in names))
        self.assertEqual(self.download("missing"), 1)
        self.assertIn("no role vouches", self.message)

    def test_it_and_our_client_agree_on_a_repository_with_rotation_and_hashed_bins(self):
        repository = self.repository
        for number, digits in enumerate(("01234567", "89abcdef")):
            repository.delegate("targets", f"bin{number}", path_hash_prefixes=list(digits))
            for name in ("one", "two", "three"):
                repository.add_artifact(f"bin{number}", name, name.encode())
        repository.rotate("timestamp")
        repository.publish("root", "bin0", "bin1", "targets", "snapshot", "timestamp")
        self.trust(repository.published["root"][0])
        self.read("one", "two", "three")
        ours = self.downloaded()
        self.assertEqual(ours, [b"one", b"three", b"two"])
        for file in [*self.metadata.iterdir(), *self.artifacts.iterdir()]:
            file.unlink()
        self.assertEqual(self.init(), 0)
        self.assertEqual(self.download("one", "two", "three"), 0, self.message)
        self.assertEqual(self.downloaded(), ours)


class CanonicalJson(unittest.TestCase):
    def test_random_documents_have_the_same_form(self):
        lines = node("documents.js", str(DOCUMENTS)).stdout.splitlines()
        self.assertEqual(len(lines), 2 * DOCUMENTS)
        program = Path(os.environ["SKIFF_BUILD"]) / "tests/tuf/canonical_lines"
        documents = "\n".join(lines[1::2]) + "\n"
        ours = subprocess.run([program], input=documents, capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertEqual(len(ours), DOCUMENTS)
        different = [pair for pair in zip(lines[::2], ours) if pair[0] != pair[1]]
        self.assertEqual(different, [])


if __name__ == "__main__":
    unittest.main()
