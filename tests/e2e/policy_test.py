"""What a device lets its link be used for: hours, bytes a day, bytes a second; seen by the bytes of the link."""

import time
import unittest

import images
from case import BASE_BLOCKS, FleetCase
from programs import TIMEOUT

SEGMENT = 1 << 20  # bytes of a delta that a process which ends may have to fetch again
IDLE = 20_000  # bytes that a device may cost which is held back
DAY = 86_400


def window(begin, end):
    """From now on in so many seconds, to so many: "22:00-23:00", local."""
    texts = (time.strftime("%H:%M", time.localtime(time.time() + seconds)) for seconds in (begin, end))
    return ["-".join(texts)]


class PolicyTest(FleetCase):
    def check_held(self, why):
        """The device is held back, says why, and costs little; gives the bytes."""
        before = self.proxy.total
        self.check_step(self.device.LATER)
        self.assertIn(why, self.device.status()["link"]["held"])
        return self.proxy.total - before

    def check_kept(self):
        """The slot that does not run was not touched: the device may still fall back to it."""
        self.assertEqual(self.device.status()["state"], "IDLE")
        self.assertEqual(self.device.slots["B"].stat().st_size, 0)

    def test_a_budget_is_kept_over_days_and_no_byte_is_paid_twice(self):
        budget = self.delta.stat().st_size * 2 // 3
        self.device.configure(link={"budget": budget, "period": "day"})
        self.check_held("the budget of")
        spent = self.proxy.total
        self.assertLessEqual(spent, budget)
        self.assertGreater(spent, budget * 0.9)
        self.assertAlmostEqual(self.device.status()["link"]["bytes"], spent, delta=0.02 * spent)
        self.assertLess(self.check_held("the budget of"), IDLE)
        self.device.configure(link={"budget": 3 * budget, "period": "day"})
        self.check_updates()
        report = self.server.reports()[-1]
        self.assertEqual(report["outcome"], "committed")
        self.assertIn("held: the budget of", report["reason"])
        self.assertLess(report["wasted_bytes"], SEGMENT)

    def test_a_limited_rate_is_kept(self):
        delta = self.delta.stat().st_size
        rate = delta // 8
        self.device.configure(link={"rate": rate})
        began = time.monotonic()
        self.check_updates()
        seconds = time.monotonic() - began
        print(f"{delta} bytes at {rate} a second: {seconds:.1f} s")
        self.assertGreater(seconds, 0.8 * delta / rate)  # what the kernel took ahead is not limited

    def test_nothing_is_fetched_outside_the_hours_for_that(self):
        self.device.configure(link={"download": window(2 * 3600, 3 * 3600)})
        self.assertLess(self.check_held("outside the download windows"), IDLE)
        self.check_kept()
        self.device.configure(link={"download": window(-3600, 3600)})
        self.check_updates()
        self.assertEqual(self.device.status()["link"]["held"], "")

    def test_a_new_slot_waits_for_the_hours_for_that(self):
        self.device.configure(link={"install": window(2 * 3600, 3 * 3600)})
        self.check_step(self.device.LATER)
        update = self.device.status()["update"]
        self.assertIn("outside the install windows", update["reason"])
        self.assertEqual(self.device.boot(), "A")
        self.device.configure(link={"install": window(-3600, 3600)})
        self.check_updates()

    def test_a_download_that_is_too_large_is_left_alone(self):
        size = self.delta.stat().st_size
        self.device.configure(link={"largest_download": size - 1})
        self.check_held(f"a download of {size} bytes, over {size - 1}")
        self.check_kept()
        self.device.configure(link={"largest_download": size})
        self.check_updates()

    def test_a_metered_link_brings_no_full_image_and_the_device_says_so(self):
        stranger = self.fleet.write_image("stranger.img", images.image(12, BASE_BLOCKS))  # no delta begins at it
        full = self.fleet.add_delta("/dev/null", self.two).stat().st_size
        self.device = self.fleet.device("device-2", stranger, self.proxy.port)
        self.device.configure(link={"metered": True})
        self.assertLess(self.check_held(f"metered link: a full image of {full} bytes"), IDLE)
        self.check_kept()
        self.assertIn("event=held", self.device.log())
        self.device.configure(link={"metered": False})
        self.check_updates()

    def test_the_daemon_wakes_for_its_window(self):
        soon = 60 if time.time() % 60 < 45 else 120  # windows begin with a minute, which is not to be the next second
        self.device.configure(link={"download": window(soon, 3600)})
        agent = self.device.start("run")
        self.addCleanup(agent.wait, TIMEOUT)
        self.addCleanup(agent.terminate)
        self.server.wait_for("event=check-in", "plan=delta")
        self.assertEqual(agent.wait(TIMEOUT), self.device.REBOOT, self.device.log())
        self.assertIn("event=held", self.device.log())


if __name__ == "__main__":
    unittest.main()
