"""What an idle device costs: bytes of one poll, both ways, counted at the socket."""

import contextlib
import signal
import sqlite3
import unittest

from case import FleetCase
from programs import TIMEOUT

IDLE_POLL = 1_000  # bytes: TLS handshake, request, answer and goodbye
POLLS = 4


class PollTest(FleetCase):
    server_options = ("--poll", "1")

    def run_daemon(self):
        agent = self.device.start("run")
        self.addCleanup(agent.wait, TIMEOUT)
        self.addCleanup(agent.send_signal, signal.SIGTERM)

    def test_an_idle_poll_costs_less_than_a_thousand_bytes(self):
        self.check_updates()
        self.check_step(self.device.OK)
        before = self.proxy.connections
        self.run_daemon()
        first, *later = self.proxy.wait_for_ended(before + 1 + POLLS, TIMEOUT)[before:]
        print(f"first poll {first} bytes, later ones {later}")
        self.assertGreater(first, max(later))
        self.assertLessEqual(max(later), IDLE_POLL)

    def test_a_device_that_polls_cheaply_still_learns_of_a_release(self):
        self.check_updates()
        self.check_step(self.device.OK)
        before = self.proxy.connections
        self.run_daemon()
        self.proxy.wait_for_ended(before + 2, TIMEOUT)
        three = self.fleet.write_image("three.img", self.two.read_bytes()[::-1])
        self.fleet.release(three)
        self.server.wait_for("event=check-in", "plan=wait")

    def test_the_server_knows_that_a_device_that_polls_cheaply_is_there(self):
        self.check_updates()
        self.check_step(self.device.OK)
        before, known = self.proxy.connections, self.check_ins()
        self.run_daemon()
        self.proxy.wait_for_ended(before + 3, TIMEOUT)
        self.server.stop()  # writes down what it gathered
        self.assertGreaterEqual(self.check_ins() - known, 3)

    def check_ins(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.server.database}?mode=ro", uri=True)) as database:
            return database.execute("SELECT check_ins FROM devices WHERE serial = 'device-1'").fetchone()[0]


if __name__ == "__main__":
    unittest.main()
