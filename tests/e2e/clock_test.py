"""The agent under clocks that are wrong: it takes no certificate or metadata for good that it should not, and recovers."""

import unittest

from case import FleetCase
from programs import run

class ClockTest(FleetCase):
    def once_at(self, time):
        """One step of the agent with its clock at this time; its steady clock is left alone."""
        environment = ["env", "TZ=UTC", "FAKETIME_DONT_FAKE_MONOTONIC=1"]
        done = run(*environment, "faketime", "-f", time, *map(str, self.device.command("once")))
        with (self.device.folder / "agent.log").open("a") as log:
            log.write(done.stderr)
        return done.returncode

    def check_updates_at(self, time):
        self.assertEqual(self.once_at(time), self.device.REBOOT, self.device.log())
        self.assertTrue(self.device.holds("B", self.two))
        self.assertEqual(self.device.boot(), "B")
        self.assertEqual(self.once_at(time), self.device.OK, self.device.log())
        self.assertEqual([report["outcome"] for report in self.server.reports()], ["committed"])

    def check_waits_and_recovers(self, time):
        """Nothing is believed at this time; and once the clock is right, nothing is left of it."""
        self.assertEqual(self.once_at(time), self.device.LATER, self.device.log())
        self.check_untouched()
        self.check_updates()

    def test_in_1970_the_device_updates(self):
        self.check_updates_at("@1970-01-01 00:00:10")

    def test_in_2000_the_device_updates(self):
        self.check_updates_at("@2000-01-01 00:00:00")

    def test_a_day_before_the_agent_was_built_the_device_updates(self):
        self.check_updates_at("@2026-11-21 00:00:00")

    def test_two_years_ahead_nothing_is_believed_and_nothing_kept(self):
        self.check_waits_and_recovers("+730d")

    def test_after_32_bits_nothing_is_believed_and_nothing_kept(self):
        self.check_waits_and_recovers("@2038-01-20 00:00:00")

    def test_an_absurd_clock_is_no_clock(self):
        self.check_updates_at("@2106-02-08 00:00:00")


if __name__ == "__main__":
    unittest.main()
