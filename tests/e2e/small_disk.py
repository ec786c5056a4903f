"""A file system of a few MB that is this process's own: nobody else sees it, and it goes with the process."""

import os

import namespaces
from programs import run, run_well

FILLING = "filling"


def why_not():
    """Why this process can mount nothing; None where it can."""
    made = run("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt")
    return made.stderr.strip() or "unshare failed" if made.returncode else None


def enter_own_namespace():
    """What this process and all it starts mount from now on is theirs alone."""
    namespaces.enter_own(namespaces.MOUNTS)
    run_well("mount", "--make-rprivate", "/")


class SmallDisk:
    """A tmpfs of so many bytes at a folder, which is made."""

    def __init__(self, folder, size):
        self.folder = folder
        folder.mkdir(parents=True)
        run_well("mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", folder)

    def fill(self, left=0):
        """Leaves so many bytes."""
        self.free()
        with (self.folder / FILLING).open("wb", buffering=0) as file:
            space = os.statvfs(self.folder)
            os.posix_fallocate(file.fileno(), 0, max(space.f_bavail * space.f_frsize - left, 1))

    def free(self):
        (self.folder / FILLING).unlink(missing_ok=True)

    def close(self):
        run_well("umount", "--lazy", self.folder)
