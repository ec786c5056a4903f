"""What an update costs where ten thousand deltas and a thousand releases are offered: metadata, all else at the socket, and time to publish one more."""

import os
import time
import unittest
from pathlib import Path

from case import FleetCase
from programs import run_well

DELTAS, RELEASES = 10_000, 1_000
METADATA = 6_000  # bytes, all that a device which knew only its root fetches for its first update
REST = 9_000  # bytes: TLS handshakes, check-in, heads of requests and answers
PUBLISH = 30  # seconds, on a machine that has other things to do


class CrowdTest(FleetCase):
    def test_metadata_stays_small_and_publishing_quick(self):
        run_well(Path(os.environ["SKIFF_BUILD"]) / "tests/e2e/crowd", self.fleet.repo, self.fleet.keys, DELTAS, RELEASES)
        self.fleet.publish()
        before = self.proxy.total
        self.check_step(self.device.REBOOT)
        wire = self.proxy.total - before
        self.assertEqual(self.device.boot(), "B")
        self.check_step(self.device.OK)
        report = self.server.reports()[-1]
        metadata, rest = report["metadata_bytes"], wire - report["metadata_bytes"] - self.delta.stat().st_size
        print(f"with {DELTAS} deltas and {RELEASES} releases more: metadata {metadata} bytes, all else but the delta {rest} bytes")
        self.assertLessEqual(metadata, METADATA)
        self.assertLessEqual(rest, REST)

        three = self.fleet.write_image("three.img", self.two.read_bytes()[::-1])
        self.fleet.release(three)
        delta = self.fleet.folder / "two-three.skd"
        run_well(self.fleet.programs.skiff, "diff", self.two, three, "-o", delta)
        started = time.monotonic()
        run_well(self.fleet.programs.skiff, "repo", "add-delta", self.fleet.repo, delta, "--keys", self.fleet.keys)
        self.fleet.publish()
        took = time.monotonic() - started
        print(f"one delta more published in {took:.1f} s")
        self.assertLess(took, PUBLISH)
        self.check_step(self.device.REBOOT)
        self.assertTrue(self.device.holds("A", three))


if __name__ == "__main__":
    unittest.main()
