#!/usr/bin/python3
"""The demo: two real root file systems, a fleet of one device, an update over a link that breaks, and a roll-back.

Everything runs on this machine: repository, certificate authorities, skiff-server, a proxy that counts bytes and cuts the
connection, and skiff-agent with two slots that are files. All state is below --work; any step that fails ends the demo
with an exit code other than 0.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from fleet import Fleet
from programs import Programs, run_well
from testbed import Testbed

ROOT = Path(__file__).resolve().parents[2]
BOLD, GREEN, RED, DIM, PLAIN = ("\033[1m", "\033[32m", "\033[31m", "\033[2m", "\033[0m") if sys.stdout.isatty() else [""] * 5
FAULT = "/selftest-fails"  # a file in the root folder of the faulty image
LINK = 500_000  # bytes a second


class Story:
    """What the demo prints: numbered steps, what was seen in them, and a table at the end."""

    def __init__(self):
        self.steps = 0
        self.rows = []

    def step(self, text):
        self.steps += 1
        print(f"\n{BOLD}{self.steps:2}  {text}{PLAIN}", flush=True)

    @staticmethod
    def note(text):
        print(f"    {text}", flush=True)

    @staticmethod
    def must(condition, text):
        """Says that something holds, or ends the demo because it does not."""
        if not condition:
            raise AssertionError(text)
        print(f"    {GREEN}✓{PLAIN} {text}", flush=True)

    def row(self, name, value, share=""):
        self.rows.append((name, value, share))

    def table(self):
        print(f"\n{BOLD}    {'':34} {'':>14} {'of the image':>14}{PLAIN}")
        for name, value, share in self.rows:
            print(f"    {name:34} {value:>14} {DIM}{share:>14}{PLAIN}")
        print()


def grouped(number):
    return f"{number:,}".replace(",", " ")


def percent(part, whole):
    return f"{100 * part / whole:.2f} %"


def make_images(story, options):
    story.step("Two root file systems: Debian 12 for arm64, and the same with its updates and security fixes")
    subprocess.run([ROOT / "datasets/make", "rootfs_arm64", options.datasets], check=True)
    pair = options.datasets / "rootfs_arm64"
    one, two = (shutil.copyfile(pair / side, options.work / name) for side, name in (("old", "one.img"), ("new", "two.img")))
    three = shutil.copyfile(two, options.work / "three.img")
    empty = options.work / "empty"
    empty.touch()
    run_well("/usr/sbin/debugfs", "-w", "-R", f"write {empty} {FAULT.lstrip('/')}", three)
    story.note(f"one.img and two.img, {grouped(one.stat().st_size)} bytes of ext4 each; three.img is two.img with a fault in it")
    return one, two, three


def compressed_size(image):
    """What the image takes as zstd -19 makes it; kept beside the dataset, because it takes its time."""
    packed = image.with_suffix(".zst")
    if not packed.exists():
        Story.note("compressing the full image for comparison (once)")
        run_well("zstd", "-q", "-19", "-T0", "--long=27", image, "-o", packed)
    return packed.stat().st_size


class Demo:
    def __init__(self, story, options):
        self.story = story
        self.options = options
        self.one, self.two, self.three = make_images(story, options)
        self.fleet = Fleet(Programs.of_build(options.build), options.work)
        self.testbed = self.delta = None

    def close(self):
        self.fleet.close()
        if self.testbed:
            self.testbed.close()

    def publish_both(self):
        story, fleet = self.story, self.fleet
        story.step("The builder signs both images as releases; the fleet's authorities are made")
        fleet.release(self.one)
        fleet.release(self.two)
        story.note("TUF metadata: root, targets, releases (offline keys), deltas, snapshot, timestamp (online keys)")

    def start_fleet(self):
        story, fleet = self.story, self.fleet
        story.step("skiff-server starts; a device with image one in slot A checks in over mutual TLS")
        self.testbed = Testbed(fleet, self.one, "--poll-wait", "1")
        self.server, self.proxy, self.device = self.testbed.server, self.testbed.proxy, self.testbed.device
        self.add_check(self.device)
        story.note(f"server on port {self.server.address[1]}; the device goes through a proxy that counts and cuts")

    def add_check(self, device):
        lines = ['case "$SKIFF_SLOT" in']
        lines += [f"{slot}) image={path} ;;" for slot, path in device.slots.items()]
        lines += ["esac", f"/usr/sbin/debugfs -R 'stat {FAULT}' $image 2>/dev/null | grep -q Inode || exit 0"]
        lines += [f'echo "{FAULT} is there"', "exit 1"]
        device.add_check("20-selftest", "\n".join(lines))

    def await_delta(self, base, result):
        """The server makes the delta that the device waits for; the file in the repository."""
        began = time.monotonic()
        code = self.device.once()
        self.story.must(code == self.device.LATER, "the device is told to wait while its delta is made")
        folder = self.fleet.repo / "targets/deltas"
        name = f"{digest(base)[:16]}-{digest(result)[:16]}.skd"
        self.server.wait_for("job-done", name.removesuffix(".skd"))
        delta = next(path for path in folder.iterdir() if path.name.endswith(name))
        self.story.note(f"the server made and checked a delta of {grouped(delta.stat().st_size)} bytes "
                        f"in {time.monotonic() - began:.0f} s")
        return delta

    def update_over_a_bad_link(self):
        story, device, proxy = self.story, self.device, self.proxy
        length = self.delta.stat().st_size
        self.wire_before, self.began = proxy.total, time.monotonic()
        story.step(f"The update begins over {LINK // 1000} kB/s; the link breaks after 30 %, the agent is killed after 65 %")
        proxy.bytes_per_second = LINK
        proxy.cut_after(length * 3 // 10)
        code = self.testbed.kill_in_download(length * 65 // 100)
        story.must(proxy.cuts == 1, "the connection was cut, and the agent went on where it broke")
        story.must(code == -signal.SIGKILL, f"the agent was killed, with {grouped(proxy.down)} bytes received")
        story.note(f"its journal says: {device.status()['update']['segments_done']} segments are in slot B for good")
        story.must(device.boot() == "A", "a power cut now would boot slot A, as before")

        story.step("The agent is started again and goes on")
        story.must(device.once() == device.REBOOT, "it fetched the rest, read slot B back, compared it and armed it")
        story.must(device.holds("B", self.two), "slot B holds release two, byte for byte")

    def commit(self):
        story, device = self.story, self.device
        story.step("The device reboots into slot B, runs its checks, reaches the server, and commits")
        story.must(device.boot() == "B", "the boot loader starts slot B, on trial")
        story.must(device.once() == device.OK, "checks passed, the server answered: committed")
        story.must(device.boot() == "B", "slot B is what boots from now on")
        report = self.server.reports()[-1]
        story.must(report["outcome"] == "committed", "the server has its report")
        self.tell(report, time.monotonic() - self.began)

    def tell(self, report, seconds):
        story = self.story
        image, delta = self.two.stat().st_size, self.delta.stat().st_size
        wire = self.proxy.total - self.wire_before
        packed = compressed_size(self.options.datasets / "rootfs_arm64" / "new")
        story.row("full image", grouped(image))
        story.row("full image, zstd -19", grouped(packed), percent(packed, image))
        story.row("delta", grouped(delta), percent(delta, image))
        story.row("bytes on the wire, both ways", grouped(wire), percent(wire, image))
        story.row("  of these beyond the delta", grouped(wire - delta))
        story.row("  delta bytes received twice", grouped(report["wasted_bytes"]))
        story.row("seconds, from poll to commit", f"{seconds:.1f}")
        story.row("peak memory of the agent", f"{report['peak_memory'] / 2**20:.1f} MiB")

    def roll_back(self):
        story, device = self.story, self.device
        story.step("Release three has a fault that only shows when it runs")
        self.fleet.release(self.three)
        self.await_delta(self.two, self.three)
        story.must(device.once() == device.REBOOT, "it is fetched, verified and armed in slot A")
        story.must(device.boot() == "A", "the boot loader starts slot A, on trial")
        story.must(device.once() == device.REBOOT, "a check fails: the agent gives the slot up")
        story.must(device.boot() == "B", "the device is back in slot B, release two")
        device.once()
        report = self.server.reports()[-1]
        story.must(report["outcome"] == "rolled-back", f"the server knows why: {report['reason']}")


def digest(path):
    return run_well("sha256sum", path).split()[0]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build/release")
    parser.add_argument("--work", type=Path, default=ROOT / "build/demo", help="emptied first")
    parser.add_argument("--datasets", type=Path, default=ROOT / "build/datasets")
    return parser.parse_args()


def tell_story(demo):
    demo.publish_both()
    demo.start_fleet()
    demo.delta = demo.await_delta(demo.one, demo.two)
    demo.update_over_a_bad_link()
    demo.commit()
    demo.roll_back()


def main():
    options = arguments()
    options.work, options.datasets = options.work.resolve(), options.datasets.resolve()
    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    os.environ["LC_ALL"] = "C.UTF-8"
    story, demo = Story(), None
    try:
        demo = Demo(story, options)
        tell_story(demo)
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        print(f"    {RED}✗ {error}{PLAIN}\n    logs: {options.work}/server.log and device-1/agent.log", file=sys.stderr)
        return 1
    finally:
        if demo:
            demo.close()
    story.table()
    return 0


if __name__ == "__main__":
    sys.exit(main())
