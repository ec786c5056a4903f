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
from pathlib import Path

import machine_image as images
from demo import Story, grouped
from fleet import HARDWARE, Fleet
from machine import Machine
from programs import Programs
from proxy import Proxy

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 1200  # seconds for one update; an emulated machine on a busy host is slow


class Trial:
    def __init__(self, story, options):
        self.story = story
        self.work = options.work
        self.random = random.Random(options.seed)
        self.fleet = Fleet(Programs.of_build(options.build), self.work / "fleet", images.SERVER_NAME)
        self.server = self.proxy = self.machine = None
        self.at_risk = self.lost = self.cuts = 0

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
        self.images = images.Images(self.work, self.fleet.programs.agent, self.settings())
        one = self.running = self.images.make("one")
        self.fleet.release(one)
        device = self.fleet.device("device-1", one, self.proxy.port)
        state, grub = device.folder / "state", self.work / "grub"
        shutil.rmtree(grub, ignore_errors=True)
        grub.mkdir()
        device.configure(boot=images.BOOT | {"folder": str(grub)})
        device.agent_well("boot", "install", "grub", "--slot", "A")
        for name in ("device.crt", "device.pem"):
            shutil.copy(device.folder / name, state)
        shutil.copy(self.fleet.ca / "server-ca.pem", state)
        disk = self.work / "disk.img"
        images.make_disk(disk, one, grub, state)
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
            "checks_user": "nobody",
            "boot": images.BOOT,
            "poll_interval": 2,
            "reboot_command": ["/usr/bin/systemctl", "reboot"],
        }

    def publish(self, name, **changes):
        """Makes a release, and the delta to it from what the machine runs."""
        image = self.images.make(name, **changes)
        self.fleet.release(image)
        self.fleet.add_delta(self.running, image)
        return image

    def await_report(self, count):
        """Lets the machine run until the server has so many reports; gives the newest."""
        self.machine.run_for(PATIENCE, lambda: len(self.server.reports()) >= count)
        reports = self.server.reports()
        self.story.must(len(reports) >= count, f"the server has report {count}")
        return reports[-1]

    def update(self, name, outcome, **changes):
        """One update without any disturbance; gives its report and how long it took."""
        count = len(self.server.reports())
        image = self.publish(name, **changes)
        began = time.monotonic()
        report = self.await_report(count + 1)
        seconds = time.monotonic() - began
        self.running = image if report["outcome"] == "committed" else self.running
        self.story.must(report["outcome"] == outcome, f"{name}: {report['outcome']} {report['reason']}, {seconds:.0f} s")
        return report, seconds

    def commit(self):
        self.story.step("The machine boots slot A and is updated")
        self.machine.start()
        self.story.must(self.machine.wait_for("skiff.slot=A", PATIENCE), "GRUB starts slot A")
        report, self.seconds = self.update("two", "committed")
        self.story.must(self.machine.boots()[-1] == "B", "it runs slot B")
        self.story.row("seconds of an update", f"{self.seconds:.0f}")
        self.story.row("peak memory of the agent", f"{report['peak_memory'] / 2**20:.1f} MiB")

    def fall_back(self):
        self.story.step("Releases that are bad")
        running = self.machine.boots()[-1]
        self.update("faulty", "rolled-back", faulty=True)
        self.story.must(self.machine.boots()[-1] == running, "a check that fails: the old slot runs again")
        before = len(self.machine.boots())
        self.update("panics", "rolled-back", init="/usr/bin/false")
        boots = self.machine.boots()
        self.story.must(boots[before:].count("A" if running == "B" else "B") == 3, "a kernel that panics is tried three times")
        self.story.must(boots[-1] == running, "then the old slot runs again")

    def cut_power(self, cuts):
        """Cuts at random moments of updates, as many as it takes for `cuts` of them."""
        self.story.step(f"The power is cut {cuts} times")
        self.end_life()
        while self.cuts < cuts:
            count = len(self.server.reports())
            name = f"cut-{count}"
            image = self.publish(name)
            self.machine.start()
            while len(self.server.reports()) == count:
                wait = self.random.uniform(0, self.seconds) if self.cuts < cuts else PATIENCE
                self.machine.run_for(wait, lambda: len(self.server.reports()) > count)
                if len(self.server.reports()) == count:
                    self.story.must(self.cuts < cuts, f"{name} ends")
                    self.end_life()
                    self.cuts += 1
                    self.machine.start()
            report, self.running = self.server.reports()[-1], image
            self.story.must(report["outcome"] == "committed", f"after {self.cuts} cuts: {name} is {report['outcome']}")
            self.end_life()
        self.story.row("power cuts survived", self.cuts)
        self.story.row("bytes not flushed at a cut", grouped(self.at_risk))
        self.story.row("  of these lost", grouped(self.lost))

    def end_life(self):
        at_risk, lost = self.machine.cut()
        self.at_risk += at_risk
        self.lost += lost


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build/release")
    parser.add_argument("--work", type=Path, default=ROOT / "build/qemu", help="all but the root file system is made anew")
    parser.add_argument("--cuts", type=int, default=30)
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
        trial.fall_back()
        trial.cut_power(options.cuts)
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        print(f"    ✗ {error}\n    logs: {options.work}/console.log and fleet/server.log", file=sys.stderr)
        return 1
    finally:
        trial.close()
    story.table()
    return 0


if __name__ == "__main__":
    sys.exit(main())
