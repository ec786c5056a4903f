"""Updates from end to end: over a good link, over links that are cut, with an agent that is killed, and rolled back."""

import os
import signal
import unittest
from pathlib import Path

from case import FleetCase
from programs import TIMEOUT, run_json

WIRE_EXTRA = 60_000  # bytes that metadata, handshakes and requests of one update may cost beside the delta
FRAME = 65_536
SEGMENT = 1 << 20  # bytes of a delta that a decoder which ends may have to be given again

# Boot control of kind `custom`: the states of both slots are lines of a file.
BOOT_PROGRAM = """#!/bin/sh
cd {folder}
echo "$@" >> calls
slot=$(echo "$2" | tr AB ab)
case $1 in
  status) cat slots ;;
  mark-bad) sed -i "s/^$slot=.*/$slot=bad/" slots ;;
  arm) sed -i "s/^$slot=.*/$slot=armed/" slots ;;
  commit) sed -i "s/^$slot=.*/$slot=good/" slots ;;
esac
"""


class UpdateTest(FleetCase):
    def check_committed(self, wasted_at_most=0):
        """The server knows of one update, committed, that fetched every byte of the delta and not many twice."""
        reports = self.server.reports()
        self.assertEqual([report["outcome"] for report in reports], ["committed"])
        self.assertLessEqual(reports[0]["wasted_bytes"], wasted_at_most)
        self.assertEqual(reports[0]["payload_bytes"], self.delta.stat().st_size + reports[0]["wasted_bytes"])
        return reports[0]

    def test_an_update_goes_through_and_costs_little_more_than_its_delta(self):
        self.check_updates()
        delta = self.delta.stat().st_size
        self.assertLess(self.proxy.total, delta * 1.02 + WIRE_EXTRA)
        report = self.check_committed()
        self.assertAlmostEqual(report["wire_bytes"], self.proxy.total, delta=0.02 * self.proxy.total)

    def test_nothing_to_do_is_cheap(self):
        self.check_updates()
        self.check_step(self.device.OK)
        before = self.proxy.total
        self.check_step(self.device.OK)
        self.assertLess(self.proxy.total - before, 8_000)

    def test_a_decoder_that_is_killed_is_replaced_and_the_update_goes_on(self):
        reached = self.proxy.when_down(self.delta.stat().st_size // 2)
        agent = self.device.start("once")
        self.assertTrue(reached.wait(TIMEOUT))
        decoder = Path(f"/proc/{agent.pid}/task/{agent.pid}/children").read_text().split()[0]
        self.assertEqual(Path(f"/proc/{decoder}/comm").read_text().strip(), "skiff-decode")
        os.kill(int(decoder), signal.SIGKILL)
        self.assertEqual(agent.wait(TIMEOUT), self.device.REBOOT, self.device.log())
        self.assertIn("decoder: was ended by Killed", self.device.log())
        self.assertEqual(self.device.boot(), "B")
        self.check_step(self.device.OK)
        self.check_committed(wasted_at_most=SEGMENT)

    def test_a_cut_connection_is_taken_up_where_it_broke(self):
        delta = self.delta.stat().st_size
        for part in (0.2, 0.4, 0.3):
            self.proxy.cut_after(int(delta * part))
            code = self.device.once()
            self.assertIn(code, (self.device.LATER, self.device.REBOOT), self.device.log())
        self.assertGreaterEqual(self.proxy.cuts, 1)
        if code == self.device.LATER:
            self.check_step(self.device.REBOOT)
        self.assertTrue(self.device.holds("B", self.two))
        self.assertEqual(self.device.boot(), "B")
        self.check_step(self.device.OK)
        # What was cut off inside a frame comes again; a finished segment never does.
        self.check_committed(wasted_at_most=3 * FRAME)
        self.assertLess(self.proxy.down, delta * 1.02 + 3 * FRAME + 2 * WIRE_EXTRA)

    def test_a_killed_agent_goes_on_and_pays_no_finished_segment_twice(self):
        delta = self.delta.stat().st_size
        kills = 0
        self.proxy.bytes_per_second = 300_000  # a busy machine keeps up with it
        for part in (0.05, 0.25, 0.5):
            code = self.testbed.kill_in_download(int(delta * part))
            self.check_untouched()
            kills += code == -signal.SIGKILL
        self.assertEqual(kills, 3)
        done_before = self.device.status()["update"]["segments_done"]
        self.assertGreater(done_before, 0)
        self.check_updates()
        segment = self.longest_segment()
        self.assertLess(self.proxy.down, delta * 1.02 + 3 * (segment + FRAME) + 4 * WIRE_EXTRA)
        self.check_committed(wasted_at_most=3 * (segment + FRAME))

    def longest_segment(self):
        """At most so many wire bytes has a segment of the delta: all of them over their number, and half as many again."""
        report = run_json(self.fleet.programs.skiff, "inspect", self.delta, "--json")
        self.assertGreater(report["segments"], 2)
        return report["delta_length"] * 3 // (2 * report["segments"])

    def test_a_server_that_is_not_there_changes_nothing_and_is_asked_again(self):
        self.server.stop()
        self.check_step(self.device.LATER)
        self.check_untouched()
        server = self.fleet.start_server("--workers", "0")
        self.device.link(server.address[1])
        self.check_updates()

    def test_a_server_that_is_away_during_the_trial_rolls_nothing_back(self):
        self.check_step(self.device.REBOOT)
        self.assertEqual(self.device.boot(), "B")
        self.server.stop()
        self.check_step(self.device.LATER)
        self.assertEqual(self.device.status()["boot"]["primary"], "A")
        server = self.fleet.start_server("--workers", "0")
        self.device.link(server.address[1])
        self.check_step(self.device.OK)
        self.assertEqual(self.device.status()["boot"]["primary"], "B")

    def test_a_failing_check_rolls_back_and_is_reported(self):
        self.device.add_check("10-fine", "exit 0")
        self.device.add_check("20-selftest", 'echo "the new slot $SKIFF_SLOT is broken"; test "$SKIFF_SLOT" = A')
        self.check_step(self.device.REBOOT)
        self.assertEqual(self.device.boot(), "B")
        self.check_step(self.device.REBOOT)
        self.check_untouched()
        self.assertTrue(self.state_has("the new slot B is broken"))
        self.device.once()
        report = self.server.reports()[0]
        self.assertEqual((report["outcome"], report["reason"]), ("rolled-back", "check 20-selftest failed with exit 1"))
        self.assertIn("the new slot B is broken", report["checks"])
        self.assertFalse(self.state_has("the new slot B is broken"), "what the server has acknowledged is deleted")

    def state_has(self, text):
        """Whether a file of the device's state has this text."""
        state = Path(self.device.settings["state_dir"])
        return any(text.encode() in path.read_bytes() for path in state.rglob("*") if path.is_file())

    def test_a_slot_that_never_comes_up_falls_back_by_itself(self):
        self.check_step(self.device.REBOOT)
        boots = [self.device.boot() for _ in range(4)]
        self.assertEqual(boots, ["B", "B", "B", "A"])
        self.device.once()
        self.assertEqual([report["outcome"] for report in self.server.reports()], ["rolled-back"])

    def test_the_daemon_updates_reboots_and_commits_by_itself(self):
        reboot = self.device.folder / "reboot"
        boot = " ".join(f"'{word}'" for word in self.device.command("boot"))
        reboot.write_text(f"#!/bin/sh\n{boot} && kill -TERM $PPID\n")  # a system that goes down ends its services
        reboot.chmod(0o755)
        self.device.configure(reboot_command=[str(reboot)])
        agent = self.device.start("run")
        self.assertEqual(agent.wait(TIMEOUT), 0, self.device.log())
        self.assertEqual(self.device.status()["boot"]["booted"], "B")
        agent = self.device.start("run")
        self.server.wait_for("report", "committed")
        agent.terminate()
        self.assertEqual(agent.wait(TIMEOUT), 0, self.device.log())
        self.assertEqual(self.device.status()["boot"]["primary"], "B")
        self.check_committed()

    def test_a_boot_program_of_the_integrators_is_told_every_step(self):
        folder = self.device.folder
        program = folder / "boot-program"
        program.write_text(BOOT_PROGRAM.format(folder=folder))
        program.chmod(0o755)
        (folder / "slots").write_text("a=good\nb=good\nbooted=A\n")
        self.device.configure(boot={"kind": "custom", "program": str(program)})
        self.check_step(self.device.REBOOT)
        self.assertEqual((folder / "slots").read_text(), "a=good\nb=armed\nbooted=A\n")
        (folder / "slots").write_text("a=good\nb=armed\nbooted=B\ntries=2\n")
        self.check_step(self.device.OK)
        self.assertIn("b=good", (folder / "slots").read_text())
        changes = [line for line in (folder / "calls").read_text().splitlines() if line != "status"]
        self.assertEqual(changes, ["mark-bad B", "arm B 3", "commit B"])
        self.check_committed()

    def test_the_server_makes_a_delta_that_is_missing_while_the_device_waits(self):
        base = self.two.read_bytes()
        three = self.fleet.write_image("three.img", base[:500_000] + b"release three" * 100 + base[500_000:])
        self.check_updates()
        self.server.stop()
        self.fleet.release(three)
        server = self.fleet.start_server("--workers", "1", "--poll-wait", "1")
        self.device.link(server.address[1])
        code = self.device.once()
        while code in (self.device.OK, self.device.LATER):
            code = self.device.once()
        self.assertEqual(code, self.device.REBOOT, self.device.log())
        self.assertTrue(self.device.holds("A", three))


if __name__ == "__main__":
    unittest.main()
