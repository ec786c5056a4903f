"""The agent under clocks that are wrong: it takes no certificate or metadata for good that it should not, and recovers."""

import shutil
import unittest

from case import FleetCase
from programs import run, run_well

IN_1970, TODAY, FAR_OFF = "@1970-01-01 00:00:10", "+0", "@2106-02-08 00:00:00"


class ClockCase(FleetCase):
    def once_at(self, time):
        """One step of the agent with its clock at this time; its steady clock is left alone."""
        environment = ["env", "TZ=UTC", "FAKETIME_DONT_FAKE_MONOTONIC=1"]
        done = run(*environment, "faketime", "-f", time, *map(str, self.device.command("once")))
        with (self.device.folder / "agent.log").open("a") as log:
            log.write(done.stderr)
        return done.returncode

    def run_at(self, time, *command):
        run_well("env", "TZ=UTC", "faketime", "-f", time, *command)

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


class ClockTest(ClockCase):
    def test_in_1970_the_device_updates(self):
        self.check_updates_at(IN_1970)

    def test_in_2000_the_device_updates(self):
        self.check_updates_at("@2000-01-01 00:00:00")

    def test_a_day_before_the_agent_was_built_the_device_updates(self):
        self.check_updates_at("@2026-11-21 00:00:00")

    def test_two_years_ahead_nothing_is_believed_and_nothing_kept(self):
        self.check_waits_and_recovers("+730d")

    def test_after_32_bits_nothing_is_believed_and_nothing_kept(self):
        self.check_waits_and_recovers("@2038-01-20 00:00:00")

    def test_an_absurd_clock_is_no_clock(self):
        self.check_updates_at(FAR_OFF)


class CertificateTest(ClockCase):
    """Certificates are judged at the trusted time: never before the agent was built, and never not at all."""

    def certify_server_at(self, time, days):
        """The server goes on with an authority and a certificate of its own that were made at this time; the device knows it."""
        made = self.fleet.folder / "certified"
        words = ["ca", "init", made, "--server-days", days, "--server-name", "localhost"]
        self.run_at(time, self.fleet.programs.server, *words)
        for name in ("device-ca.pem", "device-ca.key"):
            shutil.copy(self.fleet.ca / name, made / name)
        self.server.stop()
        self.fleet.ca = made
        self.server = self.fleet.start_server("--workers", "0")
        self.proxy.upstream = self.server.address
        self.device.configure(ca=str(made / "server-ca.pem"))

    def check_not_talked_to(self, time, reason):
        before = len(self.device.log())
        self.assertEqual(self.once_at(time), self.device.LATER, self.device.log())
        self.assertIn(reason, self.device.log()[before:])
        self.assertNotIn("event=check-in", self.server.log.read_text())
        self.check_untouched()

    def test_one_that_ran_out_opens_nothing_whatever_the_clock_says(self):
        self.certify_server_at("@2025-01-01 00:00:00", days=1)
        for time in (IN_1970, "@2025-01-01 12:00:00", TODAY, FAR_OFF):
            with self.subTest(clock=time):
                self.check_not_talked_to(time, "certificate has expired")

    def test_one_that_is_for_later_opens_nothing_whatever_the_clock_says(self):
        self.certify_server_at("+4100d", days=30)  # certificates are good from ten years before they are made
        for time in (IN_1970, TODAY, FAR_OFF):
            with self.subTest(clock=time):
                self.check_not_talked_to(time, "certificate is not yet valid")

    def test_one_is_good_to_the_end_of_its_life_and_not_longer(self):
        self.certify_server_at(TODAY, days=2)
        self.check_not_talked_to("+49h", "certificate has expired")
        self.check_updates_at("+20h")  # a timestamp lives for a day

    def test_a_device_whose_certificate_ran_out_is_not_let_in(self):
        certificate, key = self.device.folder / "old.crt", self.device.folder / "old.pem"
        words = ["--serial", "device-1", "--days", "1", "--out", certificate, "--key", key]
        self.run_at("-3d", self.fleet.programs.server, "ca", "issue", self.fleet.ca, *words)
        good = {name: self.device.settings[name] for name in ("certificate", "key")}
        self.device.configure(certificate=str(certificate), key=str(key))
        for time in ("-60h", TODAY):
            with self.subTest(clock=time):
                self.check_not_talked_to(time, "check_in_failed")
        self.device.configure(**good)
        self.check_updates()


if __name__ == "__main__":
    unittest.main()
