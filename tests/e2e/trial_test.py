"""What watches over the trial of a new slot when the agent does not: packaging/skiff-trial, and the word it waits for."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from case import FleetCase
from programs import TIMEOUT

WATCH = Path(__file__).resolve().parents[2] / "packaging/skiff-trial"
UPTIME_OF_NO_MACHINE = "4000000000"  # seconds; tests run on machines that were booted long ago
# Answers each question as its file says; after the fifth answer the slot is kept.
SYSTEMCTL = """#!/bin/sh
echo >>asked
[ "$(wc -l <asked)" -lt 5 ] || touch kept
case $2 in
  --property=ActiveState) cat state ;;
  --property=NRestarts) cat restarts ;;
esac
"""


class WatchTest(unittest.TestCase):
    def watch(self, state="active", restarts="0", **settings):
        """Exit code and messages of the watch where systemd says so of the agent."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            (folder / "systemctl").write_text(SYSTEMCTL)
            (folder / "systemctl").chmod(0o755)
            (folder / "state").write_text(state)
            (folder / "restarts").write_text(restarts)
            environment = {"PATH": f"{folder}:{os.environ['PATH']}", "RUNTIME_DIRECTORY": scratch}
            environment |= {"SKIFF_TRIAL_PATIENCE": "0", "SKIFF_TRIAL_INTERVAL": "0", "SKIFF_TRIAL_LONGEST": UPTIME_OF_NO_MACHINE} | settings
            done = subprocess.run([WATCH], cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False)
            return done.returncode, done.stderr

    def test_an_agent_that_works_is_waited_for_until_it_keeps_the_slot(self):
        self.assertEqual(self.watch(), (0, ""))
        self.assertEqual(self.watch("activating", "2"), (0, ""))

    def test_an_agent_that_ends_again_and_again_loses_the_trial(self):
        code, said = self.watch("activating", "3")
        self.assertEqual(code, 1)
        self.assertIn("restarted '3' times", said)

    def test_an_agent_that_did_not_start_loses_the_trial(self):
        for state in ("inactive", "failed", ""):
            code, said = self.watch(state)
            self.assertEqual(code, 1)
            self.assertIn(f"skiff-agent.service is '{state}'", said)

    def test_an_answer_that_is_no_number_loses_the_trial(self):
        self.assertEqual(self.watch(restarts="")[0], 1)

    def test_a_boot_that_lasts_too_long_loses_the_trial(self):
        code, said = self.watch(SKIFF_TRIAL_LONGEST="0")
        self.assertEqual(code, 1)
        self.assertIn("without a commit", said)


class KeptTest(FleetCase):
    def test_the_agent_says_that_a_slot_is_kept_when_it_is_and_no_earlier(self):
        self.device.runner = ["env", f"RUNTIME_DIRECTORY={self.device.folder}"]
        kept = self.device.folder / "kept"
        self.assertEqual(self.device.start("run").wait(TIMEOUT), self.device.REBOOT)
        self.assertEqual(self.device.boot(), "B")
        self.device.add_check("10-kept", f"! test -e {kept}")
        agent = self.device.start("run")
        self.server.wait_for("report", "committed")
        agent.terminate()
        self.assertEqual(agent.wait(TIMEOUT), 0)
        self.assertTrue(kept.exists())


if __name__ == "__main__":
    unittest.main()
