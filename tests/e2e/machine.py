"""An emulated machine (QEMU, TCG) with one disk and a network on which the host is 10.0.2.2."""

import subprocess
import threading
import time

from programs import run_well
from write_log import replay

MEMORY = "256"


class Machine:
    """A life lasts from start() to cut(). The disk changes only at its end, by what the power cut left of the writes."""

    def __init__(self, disk, random):
        self.disk = disk
        self.random = random
        self.console = disk.parent / "console.log"
        self._process = None
        self._lines, self._began = [], 0
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
        command += ["-device", "virtio-blk-pci,drive=disk,write-cache=on"]
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
        with self._changed:
            lines.append("")
            self._changed.notify_all()

    def wait_for(self, text, timeout):
        """Waits until the console shows a line of this life with `text`; whether it did."""

        def seen():
            return any(text in line for line in self._lines) or "" in self._lines

        with self._changed:
            return self._changed.wait_for(seen, timeout) and any(text in line for line in self._lines)

    def boots(self):
        """The slots that were booted in this life, in their order."""
        return [line.split("skiff.slot=")[1][0] for line in list(self._lines) if "Kernel command line:" in line]

    def run_for(self, seconds, is_over):
        """Lets it run so long, or until `is_over`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not is_over():
            with self._changed:
                self._changed.wait(0.5)

    def cut(self):
        """The power goes; gives (bytes that were not flushed, how many of them are lost)."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()
        self._process = None
        return replay(self._log, self.disk, self.random)
