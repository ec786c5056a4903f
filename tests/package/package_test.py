"""The installed packages serve strangers: each component is installed to a folder of its own, built against, and run.

package_test.py CMAKE BUILD [unittest arguments]
"""

import os
import random
import subprocess
import sys
import tempfile
import unittest
import zlib
from pathlib import Path

from commands import run

CONSUMER = Path(__file__).resolve().parent / "consumer"
CMAKE, BUILD = sys.argv[1:3]


def write_images(folder):
    """Two images of 300 kB that share most of their bytes."""
    chance = random.Random(7)
    old = chance.randbytes(300_000)
    new = old[:100_000] + b"something new" + old[100_000:250_000] + chance.randbytes(1000) + old[250_000:]
    (folder / "old").write_bytes(old)
    (folder / "new").write_bytes(new)


def write_packed_images(folder):
    """Two images of eight zlib streams, of which one holds something else in the second."""
    chance = random.Random(8)
    words = [chance.randbytes(6).hex().encode() for _ in range(400)]
    texts = [b" ".join(chance.choices(words, k=4000)) for _ in range(8)]
    changed = [*texts[:4], texts[4][:20_000] + b"something new" + texts[4][20_000:], *texts[5:]]
    for name, contents in {"packed-old": texts, "packed-new": changed}.items():
        (folder / name).write_bytes(b"".join(zlib.compress(text, 9) for text in contents))


class PackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = Path(scratch.name)
        cls.apply_prefix = cls.folder / "apply prefix"
        cls.engine_prefix = cls.folder / "engine-prefix"
        for component in ("apply", "repack"):
            run(CMAKE, "--install", BUILD, "--prefix", cls.apply_prefix, "--component", component)
        for component in ("apply", "repack", "engine"):
            run(CMAKE, "--install", BUILD, "--prefix", cls.engine_prefix, "--component", component)
        write_images(cls.folder)
        write_packed_images(cls.folder)
        cls.built = cls.consume("engine", cls.engine_prefix)
        run(cls.built / "diff_cpp", cls.folder / "old", cls.folder / "new", cls.folder / "delta")

        run(cls.built / "diff_cpp", *[cls.folder / f"packed-{name}" for name in ("old", "new", "delta")])

    @classmethod
    def consume(cls, part, prefix):
        """Builds the consumer project against one prefix; gives its build folder."""
        built = cls.folder / f"build-{part}"
        run(CMAKE, "-S", CONSUMER, "-B", built, "-G", "Ninja", f"-DPART={part}", f"-DCMAKE_PREFIX_PATH={prefix}")
        run(CMAKE, "--build", built)
        return built

    def check_applier(self, program, name):
        result = self.folder / f"result-{name}"
        run(program, self.folder / "old", self.folder / "delta", result)
        self.assertEqual(result.read_bytes(), (self.folder / "new").read_bytes())

    def compile_with_pkg_config(self, package, prefix, source, libraries=()):
        configuration = next(prefix.rglob("pkgconfig"))
        environment = dict(os.environ, PKG_CONFIG_PATH=str(configuration))
        query = ["pkg-config", "--cflags", "--libs", package, *libraries]
        flags = subprocess.run(query, env=environment, capture_output=True, text=True, check=True).stdout
        program = self.folder / f"pc-{package}-{source.replace('.', '-')}"
        compiler = "cc" if source.endswith(".c") else "c++ -std=c++20"
        run("sh", "-c", f"{compiler} '{CONSUMER / source}' -o '{program}' {flags}")
        return program

    def test_a_delta_made_through_the_installed_engine_is_small(self):
        self.assertLess((self.folder / "delta").stat().st_size, 5000)

    def test_the_engine_package_serves_c_programs(self):
        self.check_applier(self.built / "apply_c", "engine-c")

    def test_the_apply_component_alone_serves_c_and_cpp_programs(self):
        built = self.consume("apply", self.apply_prefix)
        self.check_applier(built / "apply_c", "apply-c")
        self.check_applier(built / "apply_cpp", "apply-cpp")

    def test_what_only_applies_links_no_encoder(self):
        symbols = run("nm", self.consume("apply", self.apply_prefix) / "apply_c")
        self.assertIn("ZSTD_decompress", symbols)
        for packer in ("ZSTD_compress", "encode_as_zlib", "inflate", "lzma_"):
            self.assertFalse(packer in symbols, packer)

    def test_what_brings_a_repacker_applies_deltas_of_packed_images(self):
        program = self.consume("repack", self.apply_prefix) / "repack_cpp"
        images = [self.folder / f"packed-{name}" for name in ("old", "delta", "result")]
        self.assertLess(images[1].stat().st_size, 1000)
        run(program, *images)
        self.assertEqual(images[2].read_bytes(), (self.folder / "packed-new").read_bytes())
        symbols = run("nm", program)
        for packer in ("encode_as_zlib", "inflate"):
            self.assertTrue(packer in symbols, packer)
        for encoder in ("ZSTD_compress", "deflateInit", "lzma_"):
            self.assertFalse(encoder in symbols, encoder)

    def test_the_apply_component_alone_has_no_engine(self):
        command = [CMAKE, "-S", CONSUMER, "-B", self.folder / "none", "-DPART=engine"]
        done = subprocess.run(
            [*command, f"-DCMAKE_PREFIX_PATH={self.apply_prefix}"], capture_output=True, text=True, check=False
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("engine", done.stderr)

    def test_pkg_config_finds_both(self):
        self.check_applier(
            self.compile_with_pkg_config("skiff-apply", self.apply_prefix, "apply.c", ["libcrypto"]), "pc-c"
        )
        self.check_applier(
            self.compile_with_pkg_config("skiff-apply", self.apply_prefix, "apply.cpp", ["libcrypto"]), "pc-cpp"
        )
        program = self.compile_with_pkg_config("skiff-engine", self.engine_prefix, "diff.cpp")
        again = self.folder / "delta-again"
        run(program, self.folder / "old", self.folder / "new", again)
        self.assertEqual(again.read_bytes(), (self.folder / "delta").read_bytes())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
