"""An emulated machine (QEMU, TCG) with one disk and a network on which the host is 10.0.2.2."""

import os
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass

from programs import run_well
from write_log import replay

MEMORY = "256"


@dataclass(frozen=True)
class Cut:
    """One power cut: how long after the start, what the machine was at, bytes that were not flushed, and those that are lost."""

    seconds: float
    doing: str
    at_risk: int
    lost: int


class Machine:
    """A life lasts from start() to cut(). The disk changes only at its end, by what the power cut left of the writes."""

    def __init__(self, disk, random):
        self.disk = disk
        self.random = random
        self.console = disk.parent / "console.log"
        self._process = None
        self._lines, self._began = [], 0
        self._state = "IDLE"
        self._changed = threading.Condition()

    @property
    def runs(self):
        return self._process is not None

    def start(self):
        overlay, log = self.disk.parent / "overlay.qcow2", self.disk.parent / "writes.log"
        run_well("qemu-img", "create", "-q", "-f", "qcow2", "-b", self.disk, "-F", "raw", overlay)
        log.write_bytes(b"")
        self._log = log
        command = ["qemu-system-x86_64", "-accel", "tcg", "-machine", "q35", "-cpu", "qemu64", "-m", MEMORY, "-smp", "1"]
        command += ["-display", "none", "-serial", "stdio", "-monitor", "none", "-no-user-config", "-nodefaults"]
        command += ["-blockdev", f"node-name=under,driver=qcow2,file.driver=file,file.filename={overlay},cache.no-flush=on"]
        command += ["-blockdev", f"node-name=log,driver=file,filename={log}"]
        command += ["-blockdev", "node-name=disk,driver=blklogwrites,file=under,log=log,log-sector-size=512"]
        # Linux has a driver for virtio only; GRUB, with its own for SATA, need not go through the firmware for each 32 KiB.
        command += [word for kind in ("virtio-blk-pci", "ide-hd,bus=ide.0") for word in ("-device", f"{kind},drive=disk,write-cache=on,share-rw=on")]
        command += ["-device", "i6300esb"]  # a watchdog: resets the machine that does not feed it
        command += ["-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile="]
        self._lines, self._began = [], time.monotonic()
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout, self._lines), daemon=True)
        self._reader.start()

    def _read(self, stream, lines):
        with self.console.open("a") as console:
            for line in stream:
                console.write(f"{time.monotonic() - self._began:7.1f} {line}")
                console.flush()
                with self._changed:
                    lines.append(line)
                    self._changed.notify_all()

    def boots(self):
        """The slots that were booted in this life, in their order."""
        return [line.split("skiff.slot=")[1][0] for line in list(self._lines) if "Kernel command line:" in line]

    def written(self):
        """Bytes written to the disk in this life, with what the log needs for itself."""
        return self._log.stat().st_size

    def doing(self):
        """What the console said last that it is at, and for a start the state that it was in before."""
        at = ""
        for line in reversed(list(self._lines)):
            if found := re.search(r"event=state .* to=(\w+)", line):
                self._state = found.group(1)
                break
            for start, sign in (("system start", "Kernel command line:"), ("boot loader", "Restarting system")):
                if not at and sign in line:
                    at = start
        else:
            at = at or "boot loader"
        return f"{at} after {self._state}" if at else self._state

    def run_for(self, seconds, is_over):
        """Lets it run until `is_over`, but no longer than so many seconds; whether it came to that."""
        end = time.monotonic() + seconds
        while not is_over():
            if self._process.poll() is not None:
                raise AssertionError(f"the emulator ended with {self._process.returncode}: see {self.console}")
            if time.monotonic() >= end:
                return False
            with self._changed:
                self._changed.wait(0.2)
        return True

    def cut(self):
        """The power goes."""
        seconds, doing = time.monotonic() - self._began, self.doing()
        # Stopped first: a kill could leave half an entry in the log, which no disk would.
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()
        self._process = None
        return Cut(seconds, doing, *replay(self._log, self.disk, self.random))
