#!/usr/bin/env python3
"""Disks that are full, real ones: the server goes on, says so, loses nothing, and does what it could not when there is room again."""

import contextlib
import hashlib
import json
import shutil
import socket
import sqlite3
import tempfile
import time
import unittest
from pathlib import Path

import images
import small_disk
from fleet import HARDWARE, Fleet
from operators import Operators
from postgresql import Postgresql
from programs import TIMEOUT, programs, run_well

PIECE = 50_000
PAGE = 4096
STATE, REPOSITORY = 4 << 20, 8 << 20  # bytes of disks


@unittest.skipIf(small_disk.why_not(), f"no file system of its own: {small_disk.why_not()}")
class FullDiskTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        small_disk.enter_own_namespace()

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.state = self.disk("server-state", STATE)

    def disk(self, name, size):
        disk = small_disk.SmallDisk(self.folder / "fleet" / name, size)
        self.addCleanup(disk.close)
        return disk

    def start(self, *options):
        """A fleet with one release and a device that runs it, a server, and somebody who may do everything."""
        self.fleet = Fleet(programs(), self.folder / "fleet")
        self.addCleanup(self.fleet.close)
        self.one = self.fleet.write_image("one.img", images.image(1, 64))
        self.fleet.release(self.one)
        self.options = ("--operator-listen", "127.0.0.1:0", *options)
        self.server = self.fleet.start_server(*self.options)
        self.device = self.fleet.device("device-1", self.one, self.server.address[1])
        self.operators = Operators(self.fleet, self.server)
        self.token = self.operators.token("ada", "admin")

    def restart(self):
        self.server.kill()
        self.server = self.fleet.start_server(*self.options)
        self.device.link(self.server.address[1])
        self.operators = Operators(self.fleet, self.server)

    def post(self, path, **body):
        return self.operators.post(self.token, path, **body)

    def listed(self, name):
        return self.operators.get(self.token, f"/v1/{name}")[1][name]

    def query(self, sql):
        with contextlib.closing(sqlite3.connect(self.server.database, timeout=TIMEOUT)) as database, database:
            return database.execute(sql).fetchall()

    def wait_for_row(self, sql):
        until = time.monotonic() + TIMEOUT
        while not self.query(sql):
            self.assertLess(time.monotonic(), until, self.server.log.read_text())
            time.sleep(0.05)

    def check_no_room(self, answer):
        self.assertEqual((answer[0], answer[1].get("error")), (507, "no-room"), answer)

    def check_is_told(self, disk):
        """A server that looks while there is little room has an alarm, a line in its log, and a number."""
        self.restart()
        self.server.wait_for("disk-filling", f"disk={disk}")
        self.assertIn(("disk-filling", disk, "critical"), [(alarm["kind"], alarm["subject"], alarm["severity"]) for alarm in self.listed("alarms")])
        numbers = self.operators.text(self.token, "/v1/metrics")
        self.assertRegex(numbers, rf'skiff_disk_available_bytes{{disk="{disk}"}} \d+\n')

    def test_the_database_takes_nothing_loses_nothing_and_goes_on(self):
        self.start("--workers", "0")
        self.assertEqual(self.device.once(), self.device.OK, self.device.log())
        self.assertEqual(self.post("/v1/groups/create", group="before")[0], 200)
        self.state.fill()
        refused = 0
        for number in range(200):  # there is some room left in pages that are not full
            answer = self.post("/v1/groups/create", group=f"g{number}", filter="serial=" + "x" * 200)
            if answer[0] == 507:
                self.check_no_room(answer)
                self.assertIn("full", answer[1]["message"])
                refused += 1
            else:
                self.assertEqual(answer[0], 200, answer)
            if refused == 3:
                break
        self.assertEqual(refused, 3)
        made = {group["name"] for group in self.listed("groups")}  # reading goes on
        self.assertEqual(made, {"before"} | {f"g{n}" for n in range(number - 2)})
        self.device.once()  # whether or not its check-in found room
        self.assertEqual(self.operators.text("", "/readyz"), "ready\n")
        self.state.free()
        self.assertEqual(self.post("/v1/groups/create", group="after")[0], 200)
        self.assertEqual({group["name"] for group in self.listed("groups")}, made | {"after"})
        self.assertEqual(self.device.once(), self.device.OK, self.device.log())
        self.assertEqual(self.query("PRAGMA integrity_check"), [("ok",)])
        self.state.fill(left=16 * PAGE)
        self.check_is_told("state")
        self.assertEqual({group["name"] for group in self.listed("groups")}, made | {"after"})

    def test_a_trial_is_kept_and_its_report_comes_later(self):
        self.start("--workers", "0")
        two = self.fleet.write_image("two.img", images.revised(self.one.read_bytes(), 3, 16))
        self.fleet.release(two)
        self.fleet.add_delta(self.one, two)
        self.assertEqual(self.device.once(), self.device.REBOOT, self.device.log())
        self.assertEqual(self.device.boot(), "B")
        self.state.fill()
        self.device.once()
        self.server.wait_for("contact-not-kept", "serial=device-1")
        self.assertEqual(self.device.boot(), "B")
        self.assertEqual(self.device.status()["boot"]["B"], "good")
        self.assertEqual(self.server.reports(), [])
        self.state.free()
        self.assertEqual(self.device.once(), self.device.OK, self.device.log())
        self.assertEqual([report["outcome"] for report in self.server.reports()], ["committed"])

    def test_an_upload_stops_and_goes_on_where_it_was(self):
        repository = self.disk("uploads", REPOSITORY)
        self.start("--workers", "0")
        incoming = self.fleet.repo / "incoming"
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.symlink_to(repository.folder)
        image = images.image(2, 256)
        digest = hashlib.sha256(image).hexdigest()
        begin = {"name": "two.img", "sha256": digest, "length": len(image)}
        self.assertEqual(self.post("/v1/uploads/begin", **begin), (200, {"v": 1, "offset": 0, "verified": False}))
        repository.fill(left=10 * PIECE)
        offset, answer = 0, (200, {})
        while offset < len(image):
            answer = self.operators.send(self.token, "POST", f"/v1/uploads/{digest}/{offset}", image[offset : offset + PIECE])
            if answer[0] != 200:
                break
            offset = answer[1]["offset"]
        self.check_no_room(answer)
        self.assertGreater(offset, 5 * PIECE)
        self.restart()
        self.assertEqual(self.post("/v1/uploads/begin", **begin)[1].get("offset", offset), offset)
        repository.free()
        self.assertEqual(self.post("/v1/uploads/begin", **begin)[1]["offset"], offset)
        while offset < len(image):
            status, answer = self.operators.send(self.token, "POST", f"/v1/uploads/{digest}/{offset}", image[offset : offset + PIECE])
            self.assertEqual(status, 200, answer)
            offset = answer["offset"]
        self.assertEqual(self.post("/v1/uploads/finish", sha256=digest)[0], 200)

    def test_what_is_published_comes_whole_or_not_at_all(self):
        self.start("--workers", "0")
        self.server.stop()
        kept, builder = self.folder / "kept", self.folder / "builder"
        self.fleet.repo.rename(kept)
        shutil.copytree(kept, builder)
        repository = self.disk("repo", REPOSITORY)
        shutil.copytree(kept, self.fleet.repo, dirs_exist_ok=True)
        self.restart()
        two = self.fleet.write_image("two.img", images.revised(self.one.read_bytes(), 3, 16))
        words = ["--image", two, "--name", "two.img", "--hardware", HARDWARE, "--version", "2.0", "--counter", 2]
        run_well(self.fleet.programs.skiff, "repo", "add-release", builder, *words, "--keys", self.fleet.keys)
        known = {path.name for path in (self.fleet.repo / "metadata").iterdir()}
        files = {path.name: json.loads(path.read_text()) for path in (builder / "metadata").iterdir() if path.name not in known}
        self.upload(two)
        repository.fill()
        before = self.listed("releases")
        self.check_no_room(self.post("/v1/repository/publish", files=files))
        self.assertEqual(self.listed("releases"), before)
        self.assertEqual(self.device.once(), self.device.OK, self.device.log())
        repository.free()
        self.assertEqual(self.post("/v1/repository/publish", files=files)[0], 200)
        self.assertEqual([release["release"] for release in self.listed("releases")], ["releases/one.img", "releases/two.img"])

    def upload(self, image):
        content = image.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        self.post("/v1/uploads/begin", name=image.name, sha256=digest, length=len(content))
        self.assertEqual(self.operators.send(self.token, "POST", f"/v1/uploads/{digest}/0", content)[0], 200)
        self.assertEqual(self.post("/v1/uploads/finish", sha256=digest)[0], 200)

    def test_a_server_that_does_not_lead_tells_of_its_own_disk(self):
        postgresql = self.enterContext(Postgresql())
        self.start("--workers", "0", "--database", postgresql.url)
        second = self.disk("second-state", STATE)
        second.fill(left=16 * PAGE)
        other = self.fleet.start_server(*self.options, name="second")
        other.wait_for("disk-filling", "disk=state")
        raised = "SELECT detail FROM alarms WHERE kind = 'disk-filling' AND subject = 'state'"
        until = time.monotonic() + TIMEOUT
        while not postgresql.query(raised) and time.monotonic() < until:
            time.sleep(0.05)
        self.assertIn(f" bytes are left to {socket.gethostname()}-", postgresql.query(raised)[0][0])

    def test_a_delta_that_found_no_room_is_made_later(self):
        self.start("--workers", "1")
        work = self.disk("work", 1 << 20)
        self.server.stop()
        place = next((self.state.folder).glob("work*"), self.state.folder / "work")
        shutil.rmtree(place, ignore_errors=True)
        place.symlink_to(work.folder)
        work.fill()
        self.restart()
        two = self.fleet.write_image("two.img", images.revised(self.one.read_bytes(), 3, 40))
        self.fleet.release(two)
        self.server.wait_for("job-failed", "No space left on device")
        self.wait_for_row("SELECT 1 FROM delta_jobs WHERE state = 'failed' AND error LIKE '%No space left%'")
        self.assertEqual(self.query("SELECT 1 FROM delta_jobs WHERE state = 'abandoned'"), [])
        self.assertIn(self.device.once(), (self.device.OK, self.device.LATER), self.device.log())
        work.free()
        self.query("UPDATE delta_jobs SET not_before = 0")  # an hour later, at the most
        self.wait_for_row("SELECT 1 FROM delta_jobs WHERE state = 'done' AND base_length > 0")
        self.server.wait_for("job-done")
        until = time.monotonic() + TIMEOUT
        while self.device.once() != self.device.REBOOT:
            self.assertLess(time.monotonic(), until, self.device.log())
            time.sleep(0.5)


if __name__ == "__main__":
    unittest.main()
