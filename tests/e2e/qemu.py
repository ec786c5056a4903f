#!/usr/bin/python3
"""An emulated machine is updated: Debian's kernel, GRUB and systemd, two slots, and the agent as a service, from a real server
on this host. An update is committed; releases that are bad fall back by themselves; the power is cut again and again.

All state is below --work; any step that fails ends it with an exit code other than 0.
"""

import argparse
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from itertools import zip_longest
from pathlib import Path

import machine_image as images
from demo import Story, grouped
from fleet import HARDWARE, Fleet
from machine import Machine
from programs import Programs
from proxy import Proxy

ROOT = Path(__file__).resolve().parents[2]
DECODER_MEMORY = 24 << 20  # squashfs is opened and packed again
TRIAL_DEADLINE = 120  # seconds
TRIES = 2
PATIENCE = 1200  # seconds for one update; an emulated machine on a busy host is slow

SOON = images.drop_in("skiff-trial", "soon", "Environment=SKIFF_TRIAL_PATIENCE=30 SKIFF_TRIAL_INTERVAL=10\n")
SILENT = images.drop_in("skiff-agent", "silent", "WatchdogSec=15\nTimeoutAbortSec=5\n")


def before_agent(script):
    """A drop-in: root runs the script, and then the agent starts."""
    return images.drop_in("skiff-agent", "before", f"ExecStartPre=+/bin/sh -c '{script}'\n")


# Releases that are bad: what they do, what is in them, and how often they are booted before the machine goes back.
BAD = [
    ("fails-its-check", {images.CHECK: "#!/bin/sh\nexit 1\n"}, 1),
    ("has-no-network", {images.NETWORK_FILE: None}, 1),
    ("panics", {"sbin/init": "#!/bin/false\n"}, TRIES),
    ("has-an-agent-that-crashes", dict([(images.AGENT, "#!/bin/sh\nkill -ABRT $$\n"), SOON]), TRIES),
    ("has-an-agent-that-hangs", dict([(images.AGENT, "#!/bin/sh\nkill -STOP $$\n"), SOON, SILENT]), TRIES),
    ("has-an-init-that-hangs", dict([before_agent("kill -ABRT 1; sleep 9")]), TRIES),
    ("has-a-kernel-that-hangs", dict([before_agent("echo 0 >/proc/sys/kernel/panic; echo c >/proc/sysrq-trigger")]), TRIES),
]


class Trial:
    def __init__(self, story, options):
        self.story = story
        self.build, self.work = options.build, options.work
        self.random = random.Random(options.seed)
        self.fleet = Fleet(Programs.of_build(options.build), self.work / "fleet", images.SERVER_NAME)
        self.server = self.proxy = self.machine = None
        self.bad = [release for release in BAD if release[0] in options.bad]
        self.cuts = []

    def close(self):
        if self.machine and self.machine.runs:
            self.machine.cut()
        if self.proxy:
            self.proxy.close()
        self.fleet.close()

    def prepare(self):
        """The server, the first image, and a disk with it in slot A, as a factory would make it."""
        self.server = self.fleet.start_server("--poll", "2", "--poll-wait", "2", "--workers", "0")
        self.proxy = Proxy(self.server.address)
        self.images = images.Images(self.work, self.build, self.settings(), self.fleet.repo / "metadata/1.root.json")
        one = self.kept = self.images.make("one")
        self.fleet.release(one)
        self.publish("two")
        device = self.fleet.device("device-1", one, self.proxy.port)
        grub, states = self.work / "grub", self.work / "states"
        for folder in (grub, states):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        device.configure(boot=images.BOOT | {"folder": str(grub)})
        device.agent_well("boot", "install", "grub", "--slot", "A")
        state = shutil.copytree(device.folder / "state", states / "agent")
        for path in (device.folder / "device.crt", device.folder / "device.pem", self.fleet.ca / "server-ca.pem"):
            shutil.copy(path, state)
        (states / "warden").mkdir()
        disk = self.work / "disk.img"
        images.make_disk(disk, one, grub, states)
        self.machine = Machine(disk, self.random)
        self.story.note(f"one.img: {grouped(one.stat().st_size)} bytes of squashfs")

    def settings(self):
        state = images.STATE
        return {
            "server": f"https://{images.SERVER_NAME}:{self.proxy.port}",
            "ca": f"{state}/server-ca.pem",
            "certificate": f"{state}/device.crt",
            "key": f"{state}/device.pem",
            "hardware": HARDWARE,
            "slots": {"a": "/dev/vda2", "b": "/dev/vda3"},
            "state_dir": state,
            "checks_dir": "/etc/skiff/checks.d",
            "boot": images.BOOT,
            "warden": {
                "socket": "/run/skiff-warden/socket",
                "user": "skiff-agent",
                "root": "/etc/skiff/root.json",
                "state": images.WARDEN_STATE,
            },
            "decoder_memory": DECODER_MEMORY,
            "poll_interval": 2,
            "trial_deadline": TRIAL_DEADLINE,
            "tries": TRIES,
            "reboot_command": ["/usr/bin/systemctl", "reboot"],
        }

    def publish(self, name, changes=None):
        """Makes a release, and the delta to it from the image that the machine keeps."""
        self.newest = self.images.make(name, changes)
        self.fleet.release(self.newest)
        self.fleet.add_delta(self.kept, self.newest)

    def await_that(self, what, is_so):
        self.story.must(self.machine.run_for(PATIENCE, is_so), what)

    def update(self, outcome, name=None, changes=None):
        """Lets the machine go through the update that was published last; gives its report and the slots that were booted.
        When the new slot is tried, the next release is published, if there is one: no bad one is fetched again."""
        reports, boots = len(self.server.reports()), len(self.machine.boots())
        self.await_that(f"{self.newest.stem} is booted", lambda: len(self.machine.boots()) > boots)
        if outcome == "committed":
            self.kept = self.newest
        if name:
            self.publish(name, changes)
        self.await_that("the server has its report", lambda: len(self.server.reports()) > reports)
        report, seen = self.server.reports()[-1], self.machine.boots()[boots:]
        text = f"{report['outcome']} {report['reason']}"
        self.story.must(report["outcome"] == outcome, f"{text.strip()}; slots booted: {' '.join(seen)}")
        return report, seen

    def commit(self):
        self.story.step("The machine boots slot A and is updated")
        began = time.monotonic()
        self.machine.start()
        self.await_that("GRUB starts slot A", lambda: self.machine.boots() == ["A"])
        report, seen = self.update("committed", "cut-0")
        self.story.must(seen == ["B"], "it runs slot B")
        self.seconds, self.written = time.monotonic() - began, self.machine.written()
        self.story.row("seconds of a boot and an update", f"{self.seconds:.0f}")
        self.story.row("peak memory of the agent", f"{report['peak_memory'] / 2**20:.1f} MiB")

    def cut_power(self, cuts):
        """Cuts at random moments of updates, as many updates as it takes; each is over in the end."""
        self.story.step(f"The power is cut {cuts} times")
        began, outcomes = time.monotonic(), Counter()
        self.cut()
        while len(self.cuts) < cuts:
            count = len(self.server.reports())
            while len(self.server.reports()) == count:
                self.machine.start()
                is_time = self.moment() if len(self.cuts) < cuts else lambda: False
                if not self.machine.run_for(PATIENCE, lambda: is_time() or len(self.server.reports()) > count):
                    raise AssertionError(f"{self.newest.stem} is not over in {PATIENCE} seconds")
                self.cut()
            report = self.server.reports()[-1]
            outcomes[report["outcome"]] += 1
            text = f"{report['outcome']} {report['reason']}".strip()
            self.story.must(report["outcome"] in ("committed", "rolled-back"), f"{self.newest.stem}: {text}")
            if report["outcome"] == "committed":
                self.kept = self.newest
            if len(self.cuts) < cuts:
                self.publish(f"cut-{len(self.cuts)}")
        self.story.row("power cuts survived", len(self.cuts))
        self.story.row("  in seconds", f"{time.monotonic() - began:.0f}")
        self.story.row("bytes not flushed at a cut", grouped(sum(cut.at_risk for cut in self.cuts)))
        self.story.row("  of these lost", grouped(sum(cut.lost for cut in self.cuts)))
        for outcome, times in outcomes.items():
            self.story.row(f"updates {outcome}", times)

    def moment(self):
        """A random moment of a boot and an update: by time, or by what was written, as likely a little as much of it."""
        if self.random.random() < 0.25:
            end = time.monotonic() + self.random.uniform(0, self.seconds)
            return lambda: time.monotonic() >= end
        written = self.written ** self.random.uniform(0.5, 1)
        return lambda: self.machine.written() >= written

    def cut(self):
        cut = self.machine.cut()
        self.cuts.append(cut)
        loss = f"{grouped(cut.lost)} of {grouped(cut.at_risk)} bytes not flushed are lost"
        self.story.note(f"{len(self.cuts):3} {cut.seconds:5.0f} s, {cut.doing}: {loss}")

    def fall_back(self):
        """Each of these releases is bad in its own way; the machine goes back by itself."""
        self.publish(*self.bad[0][:2])
        self.machine.start()
        self.await_that("the slot that is kept is booted", self.machine.boots)
        for (name, _, tries), following in zip_longest(self.bad, self.bad[1:], fillvalue=()):
            self.story.step(f"A release that {name.replace('-', ' ')}")
            _, seen = self.update("rolled-back", *following[:2])
            *tried, last = seen
            self.story.must(len(tried) == tries and last not in tried and len(set(tried)) == 1, "the old slot runs again")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build/release")
    parser.add_argument("--work", type=Path, default=ROOT / "build/qemu", help="all but the root file system is made anew")
    parser.add_argument("--cuts", type=int, default=30)
    names = [name for name, *_ in BAD]
    parser.add_argument("--bad", nargs="*", choices=names, default=names, metavar="NAME", help="all: " + " ".join(names))
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    options = arguments()
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(options.work / "fleet", ignore_errors=True)
    (options.work / "console.log").unlink(missing_ok=True)
    (options.work / "fleet").mkdir()
    story = Story()
    trial = Trial(story, options)
    try:
        story.step("A root file system of Debian packages, a server, and a disk with GRUB, two slots and the agent's state")
        trial.prepare()
        trial.commit()
        trial.cut_power(options.cuts)
        if trial.bad:
            trial.fall_back()
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        print(f"    ✗ {error}\n    logs: {options.work}/console.log and fleet/server.log", file=sys.stderr)
        return 1
    finally:
        trial.close()
    story.table()
    return 0


if __name__ == "__main__":
    sys.exit(main())
