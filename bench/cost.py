"""What running a command costs."""

import resource
import subprocess
import tempfile
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    cpu: float  # seconds, user and system, of the whole process tree
    memory: int  # bytes, the largest resident set of any process


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measured(command):
    """Runs one command and gives what it cost; raises CalledProcessError if it fails. Nothing else may be started
    meanwhile. Its memory is told by time(1), because a process inherits the peak of the one that forked it, and Python's
    is not small."""
    with tempfile.NamedTemporaryFile("r") as peak:
        words = ["/usr/bin/time", "-q", "-f", "%M", "-o", peak.name, *[str(word) for word in command]]
        before = children_cpu()
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        cpu = children_cpu() - before
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, command, done.stdout)
        return Cost(cpu, int(peak.read()) * 1024)
