"""A process of its own that makes deltas."""

import subprocess
import threading
import time

from programs import TIMEOUT

DEADLINE = TIMEOUT / 2


class Worker:
    """A running skiff-server worker, and what it logged; `state` is the name of its state folder."""

    def __init__(self, fleet, *options, state="server-state"):
        command = [fleet.programs.server, "worker", "--repo", fleet.repo, "--keys", fleet.online_keys]
        command += ["--state", fleet.folder / state, *options]
        self.process = subprocess.Popen([str(word) for word in command], stderr=subprocess.PIPE, text=True)
        self.lines = []
        self._reader = threading.Thread(target=lambda: self.lines.extend(self.process.stderr), daemon=True)
        self._reader.start()

    def wait_for(self, *words):
        return wait_for_one([self], *words)

    def end(self, how):
        self.process.send_signal(how)
        code = self.process.wait(TIMEOUT)
        self._reader.join()
        self.process.stderr.close()
        return code


def wait_for_one(workers, *words):
    """The first line with these words that any of the workers logs."""
    until = time.monotonic() + DEADLINE
    while time.monotonic() < until:
        lines = [line for worker in workers for line in list(worker.lines)]
        found = [line for line in lines if all(word in line for word in words)]
        if found:
            return found[0]
        time.sleep(0.005)
    raise AssertionError(f"never logged {words}: {lines}")
