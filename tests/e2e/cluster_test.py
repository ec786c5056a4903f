#!/usr/bin/env python3
"""Two servers and two workers on one PostgreSQL behind HAProxy: a server, and a worker, that die lose nothing."""

import shutil
import signal
import tempfile
import threading
import time
import unittest
from pathlib import Path

import images
from balancer import Balancer
from fleet import Fleet
from postgresql import Postgresql
from programs import TIMEOUT, programs
from proxy import Proxy
from worker import Worker, wait_for_one

BASE_BLOCKS, NEW_BLOCKS = 1024, 384
DEVICES = 4
LINK = 400_000  # bytes a second: slow enough to have something killed in the middle


class ClusterTest(unittest.TestCase):
    """Servers and workers have state folders of their own, as on machines of their own; the repository is shared."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.fleet = Fleet(programs(), scratch.name)
        self.one = self.fleet.write_image("one.img", images.image(10, BASE_BLOCKS))
        self.two = self.fleet.write_image("two.img", images.revised(self.one.read_bytes(), 11, NEW_BLOCKS))
        self.fleet.release(self.one)
        self.postgresql = self.enterContext(Postgresql())
        self.addCleanup(self.fleet.close)
        self.nodes = [self.start_node(f"node{number}") for number in range(2)]
        self.balancer = Balancer(self.fleet.folder, [node.address for node in self.nodes])
        self.addCleanup(self.balancer.close)

    def start_node(self, name):
        options = ["--database", self.postgresql.url, "--workers", "0", "--poll-wait", "1"]
        return self.fleet.start_server(*options, name=name)

    def start_worker(self, name):
        return Worker(self.fleet, "--database", self.postgresql.url, state=name)

    def start_device(self, number):
        """A device behind a link of its own."""
        link = Proxy(("127.0.0.1", self.balancer.port))
        self.addCleanup(link.close)
        return self.fleet.device(f"device-{number}", self.one, link.port), link

    def jobs(self):
        return dict(self.postgresql.query("SELECT base_sha256, state FROM delta_jobs WHERE base_length > 0"))

    def test_a_server_that_dies_in_the_middle_of_downloads_loses_nothing(self):
        delta = self.add_release_two()
        devices = [self.start_device(number) for number in range(DEVICES)]
        for _, link in devices:
            link.bytes_per_second = LINK
        half = [link.when_down(delta.stat().st_size // 2) for _, link in devices]
        steps = [device.start("once") for device, _ in devices]
        for reached in half:
            self.assertTrue(reached.wait(TIMEOUT))
        self.nodes[0].kill()
        for (device, _), step in zip(devices, steps):
            self.assertEqual(step.wait(TIMEOUT), device.REBOOT, device.log())
            self.assertTrue(device.holds("B", self.two))
        # What a node had handed to the kernel whole reaches its device without it.
        whole = [line for node in self.nodes for line in node.logged("status=200", "/v1/targets/deltas/", "complete=yes")]
        if len(whole) < DEVICES:
            self.nodes[1].wait_for("status=206", "/v1/targets/deltas/", "complete=yes")
        for device, _ in devices:
            self.assertEqual(device.boot(), "B")
            self.assertEqual(device.once(), device.OK, device.log())
        reports = self.postgresql.query("SELECT serial, outcome, wasted_bytes FROM reports ORDER BY serial")
        self.assertEqual([row[:2] for row in reports], [[f"device-{i}", "committed"] for i in range(DEVICES)])
        for _, _, wasted in reports:
            self.assertLessEqual(int(wasted), 1 << 20)
        # The one that stayed does what one of them has to do.
        self.fleet.release(self.fleet.write_image("three.img", images.revised(self.two.read_bytes(), 12, 8)))
        until = time.monotonic() + TIMEOUT
        while not self.jobs() and time.monotonic() < until:
            time.sleep(0.02)
        self.assertEqual(list(self.jobs().values()), ["queued"])

    def add_release_two(self):
        self.fleet.release(self.two)
        return self.fleet.add_delta(self.one, self.two)

    def test_workers_never_make_a_pair_twice_at_once_and_one_that_dies_loses_nothing(self):
        device, _ = self.start_device(0)
        self.fleet.release(self.two)
        self.assertEqual(device.once(), device.LATER, device.log())
        workers = [self.start_worker("worker0")]
        begun = workers[0].wait_for("event=job-begun")
        pair = next(word for word in begun.split() if word.startswith("pair="))
        workers.append(self.start_worker("worker1"))
        workers[1].wait_for("worker-started")
        workers[0].end(signal.SIGKILL)
        self.assertEqual(self.postgresql.query("SELECT COUNT(*) FROM delta_jobs WHERE state = 'running'"), [["1"]])
        self.assertFalse(any(pair in line for line in workers[1].lines), "it is another's")
        workers.append(self.start_worker("worker0"))  # as a service manager starts it again, and lets go of its jobs
        wait_for_one(workers[1:], "event=job-done", pair)
        self.assertEqual([worker.end(signal.SIGTERM) for worker in workers[1:]], [0, 0])
        lines = [line for worker in workers for line in worker.lines if pair in line]
        self.assertEqual(sum("job-begun" in line for line in lines), 2)
        self.assertEqual(sum("job-done" in line for line in lines), 1)
        self.assertEqual(device.once(), device.REBOOT, device.log())
        self.assertTrue(device.holds("B", self.two))


if __name__ == "__main__":
    unittest.main()
