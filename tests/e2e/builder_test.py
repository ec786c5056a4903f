"""A builder's machine, which has the key of `releases` and a token: what is signed there comes to the server, and to a device."""

import hashlib
import json
import shutil
import signal
import subprocess
import unittest

import images
from programs import run_well
from proxy import Proxy
from remote_case import RemoteCase
from worker import Worker

BLOCKS = 3_000  # of an image that takes three pieces
LINK = 4_000_000  # bytes a second: slow enough to have something killed in the middle


class BuilderTest(RemoteCase):
    def setUp(self):
        super().setUp()
        self.as_program()
        self.copy = self.fleet.folder / "copy"
        self.root = shutil.copy(self.device.root, self.fleet.folder / "trusted.root.json")
        self.three = self.fleet.write_image("three.img", images.revised(self.two.read_bytes(), 12, 64))

    def fetch(self, *words):
        return self.skiff("release", "fetch", *(words or [self.copy]), "--root", self.root)

    def build(self, image, counter, copy=None):
        words = ["--image", image, "--name", image.name, "--hardware", "gw1", "--version", f"{counter}.0", "--counter", counter]
        run_well(self.fleet.programs.skiff, "repo", "add-release", copy or self.copy, *words, "--key", self.fleet.keys / "releases.key")

    def releases(self):
        return [release["release"] for release in json.loads(self.skiff_well("release", "list", "--json"))["releases"]]

    def test_a_release_comes_from_a_builder_to_a_device(self):
        self.assertEqual(self.fetch().returncode, 0)
        self.build(self.three, 3)
        self.assertEqual(self.skiff_well("release", "upload", self.copy), "releases/three.img\n")
        self.assertEqual(self.skiff_well("release", "upload", self.copy), "")
        self.assertIn("releases/three.img\t3\t3.0\tgw1", self.skiff_well("release", "list"))
        self.addCleanup(Worker(self.fleet).end, signal.SIGTERM)
        step = self.device.LATER
        while step == self.device.LATER:
            step = self.device.once()
        self.assertEqual(step, self.device.REBOOT, self.device.log())
        self.assertTrue(self.device.holds("B", self.three))
        # Many more, each on top of what the server has: they are divided into bins, which travel, too.
        for counter in range(4, 28):
            self.build(self.fleet.write_image(f"{counter}.img", counter.to_bytes(2, "big") * 100), counter)
        self.assertEqual(len(self.skiff_well("release", "upload", self.copy).splitlines()), 24)
        shutil.rmtree(self.copy)
        self.assertEqual(self.fetch().returncode, 0)
        self.build(self.fleet.write_image("last.img", b"last"), 28)
        self.skiff_well("release", "upload", self.copy)
        self.assertEqual(len(self.releases()), 28)

    def test_an_upload_goes_on_after_whatever_ended_it(self):
        image = self.fleet.write_image("large.img", images.image(20, BLOCKS))
        digest = hashlib.sha256(image.read_bytes()).hexdigest()
        self.assertEqual(self.fetch().returncode, 0)
        self.build(image, 3)
        link = Proxy(("127.0.0.1", self.operators.port))
        self.addCleanup(link.close)
        self.environment["SKIFF_SERVER"] = f"https://localhost:{link.port}"
        link.bytes_per_second = LINK
        command = [str(word) for word in (self.fleet.programs.skiff, "release", "upload", self.copy)]
        with subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL) as upload:
            self.server.wait_for(f"path=/v1/uploads/{digest}/0", "status=200")
            upload.kill()
        self.assertEqual(self.releases(), ["releases/one.img", "releases/two.img"])
        offset = json.loads(self.skiff_well("release", "uploads", "--json"))["uploads"][0]["offset"]
        self.assertGreater(offset, 0)
        link.bytes_per_second = None
        up = link.up
        link.cut_after(6_000)  # somewhere among the answers
        self.assertEqual(self.skiff_well("release", "upload", self.copy), "releases/large.img\n")
        self.assertEqual(link.cuts, 1)
        self.assertLess(link.up - up, image.stat().st_size - offset + (5 << 20))  # a piece twice at most
        self.assertEqual(self.releases()[0], "releases/large.img")

    def test_of_two_builders_the_second_has_to_fetch(self):
        other = self.fleet.folder / "other"
        for copy in (self.copy, other):
            self.assertEqual(self.fetch(copy).returncode, 0)
        self.build(self.three, 3)
        self.build(self.fleet.write_image("four.img", b"four"), 4, other)
        self.skiff_well("release", "upload", self.copy)
        self.check_refused("release", "upload", other, says="4.releases.json is not here, or another one: fetch")
        self.assertEqual(self.fetch(other).returncode, 1)
        self.assertEqual(self.fetch(self.copy).returncode, 0)
        self.build(self.fleet.folder / "four.img", 4)
        self.skiff_well("release", "upload", self.copy)
        self.assertEqual(len(self.releases()), 4)

    def test_a_server_that_was_taken_over_gets_nothing_signed(self):
        stranger = self.fleet.folder / "stranger"
        run_well(self.fleet.programs.skiff, "repo", "init", stranger, "--keys", self.fleet.folder / "stranger-keys")
        for path in (self.fleet.repo / "metadata").glob("*.json"):
            path.unlink()
        shutil.copytree(stranger / "metadata", self.fleet.repo / "metadata", dirs_exist_ok=True)
        done = self.fetch()
        self.assertEqual(done.returncode, 1)
        self.assertIn("signatures", done.stderr)


if __name__ == "__main__":
    unittest.main()
