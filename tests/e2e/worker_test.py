#!/usr/bin/env python3
"""Deltas are made by worker processes beside the server; one that is killed in the middle loses nothing."""

import contextlib
import signal
import sqlite3
import time
import unittest

import images
from case import FleetCase
from worker import DEADLINE, Worker


class WorkerTest(FleetCase):
    def jobs(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.server.database}?mode=ro", uri=True)) as database:
            return dict(database.execute("SELECT base_sha256, state FROM delta_jobs WHERE base_length > 0"))

    def test_a_worker_that_is_killed_loses_nothing(self):
        three = self.fleet.write_image("three.img", images.revised(self.two.read_bytes(), 12, 500))
        self.fleet.release(three)
        self.assertEqual(self.device.once(), self.device.LATER, self.device.log())  # it waits for its delta
        self.assertEqual(list(self.jobs().values()), ["queued"])
        first = Worker(self.fleet)
        begun = first.wait_for("event=job-begun", "attempt=1")
        pair = next(word for word in begun.split() if word.startswith("pair="))
        self.assertEqual(first.end(signal.SIGKILL), -signal.SIGKILL)
        self.assertFalse(any("job-done" in line for line in first.lines), first.lines)
        self.assertEqual(list(self.jobs().values()), ["running"])
        second = Worker(self.fleet)
        second.wait_for("event=job-begun", pair, "attempt=2")
        second.wait_for("event=job-done", pair)
        self.assertEqual(second.end(signal.SIGTERM), 0)
        self.assertEqual(list(self.jobs().values()), ["done"])
        self.assertEqual(self.device.once(), self.device.REBOOT, self.device.log())
        self.assertTrue(self.device.holds("B", three))

    def test_two_workers_share_the_jobs_and_none_is_made_twice(self):
        for number in range(3, 6):
            image = self.fleet.write_image(f"{number}.img", images.revised(self.one.read_bytes(), number, 200))
            self.fleet.release(image)
        workers = [Worker(self.fleet), Worker(self.fleet)]
        names = {next(word for word in w.wait_for("worker-started").split() if word.startswith("name=")) for w in workers}
        self.assertEqual(len(names), 2)
        self.assertEqual(self.device.once(), self.device.LATER, self.device.log())
        until = time.monotonic() + DEADLINE
        while "done" not in self.jobs().values() and time.monotonic() < until:
            time.sleep(0.02)
        for worker in workers:
            self.assertEqual(worker.end(signal.SIGTERM), 0)
        done = [line.split("pair=")[1].split()[0] for w in workers for line in w.lines if "job-done" in line]
        self.assertEqual(sorted(done), sorted(set(done)))
        self.assertIn("done", self.jobs().values())


if __name__ == "__main__":
    unittest.main()
