"""A memory control group (Linux, cgroups v1 or v2) that a command is run in: the kernel counts, and bounds, all memory its processes
cause: their own, page tables, sockets' buffers, and pages of files, programs and libraries among them."""

import itertools
import os
import shutil
from contextlib import suppress
from pathlib import Path

from programs import run, run_well

ROOT = Path("/sys/fs/cgroup")
_numbers = itertools.count()

# Runs a command with copies of files in the place of these, in the group whose list of processes comes first.
INSIDE = """
processes=$1 copies=$2
shift 2
while [ "$1" != -- ]; do mount --bind "$copies/${1##*/}" "$1"; shift; done
shift
echo $$ >"$processes"
exec "$@"
"""


def _controller():
    """The folder groups are made in, and the names of its files: limit, peak; None where there is none."""
    if (ROOT / "memory/memory.limit_in_bytes").exists():
        return ROOT / "memory", "memory.limit_in_bytes", "memory.max_usage_in_bytes"
    with suppress(OSError):
        if "memory" in (ROOT / "cgroup.subtree_control").read_text().split():
            return ROOT, "memory.max", "memory.peak"
    return None


def why_not():
    """Why no group can be made here; empty: one can."""
    if os.geteuid():
        return "not root"
    if not _controller():
        return "no memory controller of control groups"
    return run("unshare", "--mount", "true").stderr.strip()


def libraries(program):
    """The files of the shared libraries that a program is loaded with."""
    words = run_well("ldd", program).split()
    return {Path(word) for word in words if word.startswith("/")}


def cool(path):
    """Puts a file out of the page cache, so that who reads it next is charged for it. Pages that are mapped stay."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


class MemoryGroup:
    """A group of at most `limit` bytes; `files` are such that other processes may have in memory, and this group is to be charged
    for: its processes see copies of them, which are kept in `folder`."""

    def __init__(self, limit, files, folder):
        root, self._limit, self._peak = _controller()
        self._folder = root / f"skiff-{os.getpid()}-{next(_numbers)}"
        self._folder.mkdir()
        (self._folder / self._limit).write_text(str(limit))
        self._files, self._copies = files, folder
        for path in files:
            shutil.copy(path, folder / path.name)
            cool(folder / path.name)

    @property
    def runner(self):
        """What to put before a command that is to be run in this group."""
        return ["unshare", "--mount", "sh", "-euc", INSIDE, "sh", self._folder / "cgroup.procs", self._copies, *self._files, "--"]

    @property
    def peak(self):
        """Bytes that were charged at most at one time."""
        return int((self._folder / self._peak).read_text())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._folder.rmdir()
