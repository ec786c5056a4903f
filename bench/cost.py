"""What running a command costs."""

import subprocess
import tempfile
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    cpu: float  # seconds, user and system, of the whole process tree
    memory: int  # bytes, the largest resident set of any process


def measured(command):
    """Runs one command and gives what it cost; raises CalledProcessError if it fails. It is started by time(1) because
    a process inherits the peak memory of the one that forked it, and Python's is not small."""
    with tempfile.NamedTemporaryFile("r") as costs:
        words = ["/usr/bin/time", "-q", "-f", "%U %S %M", "-o", costs.name, *[str(word) for word in command]]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, command, done.stdout)
        user, system, peak = costs.read().split()
    return Cost(float(user) + float(system), int(peak) * 1024)
