"""A release that was built and signed elsewhere comes over the operators' port: cut, killed, stolen, full."""

import hashlib
import json
import shutil
import tempfile
import unittest
from pathlib import Path

import images
from fleet import HARDWARE, Fleet
from operators import Operators
from programs import programs, run_json, run_well

PIECE = 50_000


class UploadTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.fleet = Fleet(programs(), scratch.name)
        self.addCleanup(self.fleet.close)
        self.fleet.release(self.fleet.write_image("one.img", images.image(1, 64)))
        self.start()
        self.token = self.operators.token("ci", "releaser")
        self.copy = self.fleet.folder / "copy"
        shutil.copytree(self.fleet.repo / "metadata", self.copy / "metadata")
        for name in ("targets/releases", "targets/deltas", "incoming"):
            (self.copy / name).mkdir(parents=True)
        self.image = self.fleet.write_image("two.img", images.image(2, 64))
        self.digest = hashlib.sha256(self.image.read_bytes()).hexdigest()
        self.build(self.image, 2)

    def start(self, *options):
        self.server = self.fleet.start_server("--workers", "0", "--operator-listen", "127.0.0.1:0", *options)
        self.operators = Operators(self.fleet, self.server)

    def build(self, image, counter, key="releases.key"):
        words = ["--image", image, "--name", image.name, "--hardware", HARDWARE, "--version", f"{counter}.0"]
        words += ["--counter", counter, "--key", self.fleet.keys / key]
        run_well(self.fleet.programs.skiff, "repo", "add-release", self.copy, *words)

    def post(self, path, **body):
        return self.operators.post(self.token, path, **body)

    def begin(self):
        status, answer = self.post("/v1/uploads/begin", name="two.img", sha256=self.digest, length=self.image.stat().st_size)
        self.assertEqual(status, 200, answer)
        return answer["offset"]

    def piece(self, offset, content=None):
        content = content or self.image.read_bytes()[offset : offset + PIECE]
        return self.operators.send(self.token, "POST", f"/v1/uploads/{self.digest}/{offset}", content)

    def upload(self):
        offset = self.begin()
        while offset < self.image.stat().st_size:
            status, answer = self.piece(offset)
            self.assertEqual(status, 200, answer)
            offset = answer["offset"]
        return self.post("/v1/uploads/finish", sha256=self.digest)

    def publish(self, name="3.releases.json", change=lambda file: file):
        file = json.loads((self.copy / "metadata" / name).read_text())
        return self.post("/v1/repository/publish", files={name: change(file)})

    def releases(self):
        return [release["release"] for release in self.operators.get(self.token, "/v1/releases")[1]["releases"]]

    def visible(self):
        """What devices are told first."""
        return (self.fleet.repo / "metadata" / "timestamp.json").read_bytes()

    def test_an_upload_outlives_the_server_and_becomes_a_release(self):
        before = self.visible()
        self.assertEqual(self.begin(), 0)
        self.assertEqual(self.piece(0)[1]["offset"], PIECE)
        self.server.kill()
        self.start()
        self.assertEqual(self.begin(), PIECE)
        status, answer = self.piece(0)
        self.assertEqual((status, answer["error"], answer["offset"]), (409, "conflict", PIECE))
        self.assertEqual(self.post("/v1/uploads/finish", sha256=self.digest)[0], 409)
        self.assertEqual(self.upload()[0], 200)
        self.assertEqual(self.operators.get(self.token, "/v1/uploads")[1]["uploads"][0]["verified"], True)
        self.assertEqual((self.releases(), self.visible()), (["releases/one.img"], before))
        self.server.kill()
        self.start()
        self.assertEqual(self.publish(), (200, {"v": 1}))
        self.assertEqual(self.publish(), (200, {"v": 1}))  # as if the answer had been lost
        self.assertEqual(self.releases(), ["releases/one.img", "releases/two.img"])
        self.assertNotEqual(self.visible(), before)
        self.assertEqual(self.operators.get(self.token, "/v1/uploads")[1]["uploads"], [])
        listed = run_json(self.fleet.programs.skiff, "repo", "list", self.fleet.repo, "--json")["releases"]
        self.assertEqual(listed[1]["image"], {"length": self.image.stat().st_size, "sha256": self.digest})
        audited = run_well(self.fleet.programs.server, "audit", "list", "--state", self.operators.state)
        self.assertIn("ci\t/v1/repository/publish\t1 files\tallowed: 3.releases.json", audited)

    def test_what_is_wrong_with_metadata_is_said_and_nothing_becomes_visible(self):
        before = self.visible()
        self.assertEqual(self.publish()[0], 404)
        self.assertEqual(self.upload()[0], 200)
        run_well(self.fleet.programs.skiff, "key", "generate", self.fleet.keys / "thief.key")
        for name, change, status, says in (
            ("3.releases.json", lambda file: {**file, "signatures": []}, 400, "0 of 1 signatures"),
            ("3.releases.json", lambda file: {**file, "signed": {**file["signed"], "expires": "2040-01-01T00:00:00Z"}}, 400, "signatures"),
            ("3.releases.json", lambda file: {**file, "signed": {**file["signed"], "version": 4}}, 400, "version 4"),
            ("3.releases.json", lambda file: 7, 400, "3.releases.json"),
            ("2.releases.json", lambda file: {**file, "signed": {**file["signed"], "targets": {}}}, 409, "newest version here is 2"),
            ("1.deltas.json", lambda file: file, 400, "1.deltas.json"),
        ):
            answer = self.publish(name, change)
            self.assertEqual(answer[0], status, answer)
            self.assertIn(says, answer[1]["message"])
        self.assertEqual((self.releases(), self.visible()), (["releases/one.img"], before))
        # Another builder was first.
        self.fleet.release(self.fleet.write_image("other.img", images.image(3, 4)))
        status, answer = self.publish()
        self.assertEqual((status, answer["error"]), (409, "conflict"))
        self.assertIn("the newest version here is 3", answer["message"])

    def test_bytes_of_another_digest_are_dropped(self):
        self.begin()
        length = self.image.stat().st_size
        self.assertEqual(self.piece(0, bytes(length))[0], 200)
        status, answer = self.post("/v1/uploads/finish", sha256=self.digest)
        self.assertEqual(status, 409)
        self.assertIn("dropped", answer["message"])
        self.assertEqual(self.begin(), 0)
        self.assertEqual(self.upload()[0], 200)

    def test_two_who_bring_one_image_end_with_it(self):
        self.assertEqual(self.begin(), 0)
        self.assertEqual(self.piece(0)[0], 200)
        self.assertEqual(self.begin(), PIECE)  # the other
        self.assertEqual(self.piece(PIECE)[0], 200)
        self.assertEqual(self.piece(PIECE)[1]["offset"], 2 * PIECE)
        self.assertEqual(self.upload()[0], 200)
        self.assertEqual(self.upload()[0], 200)

    def test_uploads_have_limits_and_need_the_right_to_deploy_everywhere(self):
        self.server.stop()
        self.start("--max-uploads", "1000")
        status, answer = self.post("/v1/uploads/begin", name="two.img", sha256=self.digest, length=1_001)
        self.assertEqual((status, answer["error"]), (507, "no-room"))
        run_well(self.fleet.programs.server, "group", "create", "labs", "--state", self.operators.state)
        for role, words in (("viewer", ()), ("operator", ()), ("releaser", ("--group", "labs"))):
            token = self.operators.token(f"u-{role}", role, *words)
            body = {"name": "two.img", "sha256": self.digest, "length": 5}
            self.assertEqual(self.operators.post(token, "/v1/uploads/begin", **body)[0], 403)
            self.assertEqual(self.operators.send(token, "POST", f"/v1/uploads/{self.digest}/0", b"x")[0], 403)
            self.assertEqual(self.operators.post(token, "/v1/repository/publish", files={})[0], 403)


if __name__ == "__main__":
    unittest.main()
