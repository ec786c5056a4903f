"""The systemd units parse and stay as closed as they are: exposure by systemd-analyze, 0 (closed) to 10."""

import subprocess
import unittest
from pathlib import Path

UNITS = Path(__file__).resolve().parents[2] / "packaging"
MAX_EXPOSURE_TENTHS = {"skiff-server.service": 15, "skiff-agent.service": 25, "skiff-warden.service": 25}


class UnitsTest(unittest.TestCase):
    def test_units_are_no_more_exposed_than_allowed(self):
        for unit, threshold in MAX_EXPOSURE_TENTHS.items():
            command = ["systemd-analyze", "security", "--offline=yes", f"--threshold={threshold}", UNITS / unit]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, f"{unit}: {done.stdout[-300:]}{done.stderr}")

    def test_units_have_no_unknown_settings(self):
        for unit in [*MAX_EXPOSURE_TENTHS, "skiff-trial.service"]:
            command = ["systemd-analyze", "verify", "--man=no", UNITS / unit]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            for complaint in ("Unknown", "Failed to parse", "Invalid"):
                self.assertNotIn(complaint, done.stderr)


if __name__ == "__main__":
    unittest.main()
