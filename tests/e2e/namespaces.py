"""Linux namespaces of the calling thread and of what it starts: unshare(2) and setns(2), which os has only from Python 3.12 on."""

import ctypes
import os

MOUNTS = 0x00020000  # linux/sched.h
NETWORK = 0x40000000
_NAMES = {MOUNTS: "mnt", NETWORK: "net"}  # below /proc/PROCESS/ns

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name, *arguments):
    if getattr(_libc, name)(*arguments):
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def enter_own(kind):
    """Enters a new one."""
    _call("unshare", kind)


def enter_that_of(process, kind):
    with open(f"/proc/{process}/ns/{_NAMES[kind]}") as namespace:
        _call("setns", namespace.fileno(), kind)
