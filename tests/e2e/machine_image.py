"""What an emulated device boots from: a root file system of Debian packages as release images, and a disk with GRUB, two slots
and the agent's state."""

import json
import random
import shutil
import subprocess
from pathlib import Path

from programs import run_well

# Not the kernel for clouds: that has no driver for the watchdog.
PACKAGES = "linux-image-amd64,systemd-sysv,udev,initramfs-tools,libp11-kit0,libseccomp2"
GRUB_FILES = Path("/usr/lib/grub/i386-pc")
GRUB_MODULES = ("ahci part_msdos ext2 squash4 gzio normal configfile linux boot echo test true loadenv regexp probe sleep "
                "reboot serial terminal").split()
SERVER_NAME = "updates"  # the host, as the emulated network has it
STATE, WARDEN_STATE = "/var/lib/skiff-agent", "/var/lib/skiff-warden"
DISK_OF_STATES = "/var/lib/skiff"
SETTINGS, CHECK, AGENT = "etc/skiff/agent.json", "etc/skiff/checks.d/10-selftest", "usr/bin/skiff-agent"
NETWORK_FILE = "etc/systemd/network/10-all.network"

SECTOR = 512
MIB = 1 << 20
START = {"grub": 1 * MIB, "a": 16 * MIB, "b": 176 * MIB, "state": 336 * MIB}
SIZE = {"grub": 8 * MIB, "a": 160 * MIB, "b": 160 * MIB, "state": 32 * MIB}
DISK_SIZE = 384 * MIB
BOOT = {
    "kind": "grub",
    "folder": "/boot/grub",
    "partitions": {"a": "msdos2", "b": "msdos3"},
    "arguments": "ro console=ttyS0 loglevel=6 panic=1 no_timer_check mitigations=off norandmaps audit=0 "
    "systemd.show_status=error systemd.log_level=warning",
}

DRIVERS = ("virtio_pci", "virtio_blk", "virtio_net", "squashfs", "ext4", "i6300esb")
UNUSED = ("var/lib/apt", "var/cache", "var/log", "usr/share/perl*", "usr/lib/*/perl*", "usr/lib/*/gconv", "usr/lib/udev/hwdb*",
          "boot/System.map*", "usr/lib/systemd/system-generators/systemd-[!f]*", "etc/init.d/*", "etc/rc*.d/*",
          "usr/bin/perl*", "usr/lib/*/libperl*", "var/lib/dpkg")
# Units that this machine does not miss; an emulated one takes its time for each.
MASKED = ("getty.target dev-hugepages.mount dev-mqueue.mount sys-kernel-config.mount sys-kernel-debug.mount "
          "sys-kernel-tracing.mount sys-fs-fuse-connections.mount modprobe@.service systemd-pstore.service "
          "systemd-network-generator.service systemd-update-utmp.service systemd-user-sessions.service "
          "systemd-update-utmp-runlevel.service systemd-logind.service systemd-sysctl.service systemd-binfmt.service "
          "systemd-journal-flush.service systemd-machine-id-commit.service kmod-static-nodes.service "
          "dpkg-db-backup.timer fstrim.timer").split()
# What units of all releases have beside what is packaged.
DROP_INS = {
    "skiff-agent": "StandardError=journal+console\nRestartSec=3\n",
    "skiff-warden": "StandardError=journal+console\n",
    "skiff-trial": "StandardError=journal+console\n",
    "systemd-udev-trigger": "ExecStart=\nExecStart=udevadm trigger --action=add --subsystem-match=block --subsystem-match=virtio --subsystem-match=net\n",
}
SQUASHFS = "-noappend -quiet -no-progress -comp gzip -Xcompression-level 1 -all-time 0".split()
SQUASHFS += ["-action", "uncompressed@subpathname(boot)"]  # GRUB is slow to unpack
PAYLOAD = 256 << 10  # bytes that are new in each release
INITRAMFS_HOOK = """#!/bin/sh
[ "$1" = prereqs ] && exit 0
. /usr/share/initramfs-tools/hook-functions
for module in virtio_pci virtio_blk squashfs i6300esb; do force_load $module; done
copy_exec /sbin/blkid
"""
# What GRUB shows is seen on the console, too.
GRUB_EARLY = "serial --unit=0 --speed=115200\nterminal_output serial\n"
ESSENTIAL_HOOK = """set -e
mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/etc/initramfs-tools/hooks"
printf 'MODULES=list\\nCOMPRESS=gzip\\n' >"$1/etc/initramfs-tools/conf.d/skiff"
cp initramfs-hook "$1/etc/initramfs-tools/hooks/skiff"
chmod 755 "$1/etc/initramfs-tools/hooks/skiff"
"""
FSTAB = f"""tmpfs /var tmpfs mode=0755 0 0
tmpfs /tmp tmpfs mode=1777 0 0
/dev/vda1 /boot/grub ext2 noatime,x-systemd.device-timeout=600 0 0
/dev/vda4 {DISK_OF_STATES} ext4 noatime,x-systemd.device-timeout=600 0 0
{DISK_OF_STATES}/agent {STATE} none bind 0 0
{DISK_OF_STATES}/warden {WARDEN_STATE} none bind 0 0
"""
NETWORK = """[Match]
Name=en*
[Network]
Address=10.0.2.15/24
LinkLocalAddressing=no
"""


def make_root(folder):
    """The root file system without Skiff; made once, because it takes its time."""
    root = folder / "root"
    if root.exists():
        return root
    new = folder / "root.new"
    shutil.rmtree(new, ignore_errors=True)
    (folder / "initramfs-hook").write_text(INITRAMFS_HOOK)
    (folder / "essential-hook").write_text(ESSENTIAL_HOOK)
    command = ["mmdebstrap", "--quiet", "--variant=essential", "--format=directory", f"--include={PACKAGES}"]
    command += ["--essential-hook=sh essential-hook \"$1\""]
    unused = [*(f"{name}/*" for name in ("doc", "man", "locale", "zoneinfo")), "initramfs-tools/*/udev"]
    command += [f"--dpkgopt=path-exclude=/usr/share/{name}" for name in unused]
    subprocess.run([*command, "bookworm", new.resolve()], cwd=folder, check=True)
    make_small(new)
    new.rename(root)
    return root


def make_small(root):
    """Leaves out what this machine never uses; above all drivers."""
    (kernel,) = (path.name for path in (root / "usr/lib/modules").iterdir())
    shown = run_well("modprobe", "-d", root, "-S", kernel, "--show-depends", "-a", *DRIVERS)
    used = {Path(line.split()[1]).name for line in shown.splitlines() if line.startswith("insmod")}
    for module in (root / "usr/lib/modules" / kernel).rglob("*.ko"):
        if module.name not in used:
            module.unlink()
    run_well("depmod", "-b", root, kernel)
    for pattern in UNUSED:
        for path in root.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def put(tree, name, content):
    """A file in place of what was there; None: nothing. A script is executable."""
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if content is None:
        return
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(0o755 if content[:2] == "#!" else 0o644)


def drop_in(unit, name, settings):
    """The path and the text of more settings of a service."""
    return f"etc/systemd/system/{unit}.service.d/{name}.conf", f"[Service]\n{settings}"


class Images:
    """Release images of one root file system with the agent in it."""

    def __init__(self, folder, build, settings, root_keys):
        self.folder = folder
        self.tree = folder / "tree"
        shutil.rmtree(self.tree, ignore_errors=True)
        run_well("cp", "-a", make_root(folder), self.tree)
        put(self.tree, "etc/fstab", FSTAB)
        put(self.tree, "etc/hosts", f"127.0.0.1 localhost\n10.0.2.2 {SERVER_NAME}\n")
        put(self.tree, "etc/machine-id", "")
        put(self.tree, NETWORK_FILE, NETWORK)
        put(self.tree, SETTINGS, json.dumps(settings))
        put(self.tree, "etc/skiff/root.json", root_keys.read_text())
        put(self.tree, CHECK, "#!/bin/sh\ntest -d /run/systemd\n")
        for unit, lines in DROP_INS.items():
            put(self.tree, *drop_in(unit, "machine", lines))
        run_well("cmake", "--install", build, "--prefix", self.tree / "usr", "--component", "agent", "--strip")
        (self.tree / "boot/grub").mkdir(exist_ok=True)
        run_well("systemd-sysusers", f"--root={self.tree}", self.tree / "usr/lib/sysusers.d/skiff-agent.conf")
        run_well("systemctl", "--root", self.tree, "enable", "skiff-agent.service", "systemd-networkd.service")
        run_well("systemctl", "--root", self.tree, "mask", *MASKED)
        run_well("systemctl", "--root", self.tree, "set-default", "multi-user.target")

    def make(self, name, changes=None):
        """An image called `name`, of which a part is new. `changes`: other contents of files, by path; None: no such file."""
        tree, image = self.folder / "variant", self.folder / f"{name}.img"
        shutil.rmtree(tree, ignore_errors=True)
        run_well("cp", "-al", self.tree, tree)
        put(tree, "etc/skiff-release", name + "\n")
        put(tree, "usr/share/skiff/payload", random.Random(name).randbytes(PAYLOAD))
        for path, content in (changes or {}).items():
            put(tree, path, content)
        image.unlink(missing_ok=True)
        run_well("mksquashfs", tree, image, *SQUASHFS)
        return image


def file_system(kind, tree, path, size):
    path.unlink(missing_ok=True)
    # A superblock has two sectors: with a checksum over both, half a write of it leaves nothing that can be mounted.
    run_well("/usr/sbin/mke2fs", "-q", "-t", kind, "-O", "^metadata_csum", "-d", tree, path, f"{size // 1024}k")
    return path.read_bytes()


def grub_code(scratch):
    """What goes before the first partition: the boot sector's code, and the rest of GRUB."""
    core = scratch / "core.img"
    early = scratch / "early.cfg"
    early.write_text(GRUB_EARLY)
    run_well("grub-mkimage", "-O", "i386-pc", "-p", "(ahci0,msdos1)/", "-c", early, "-o", core, *GRUB_MODULES)
    return (GRUB_FILES / "boot.img").read_bytes()[:440], core.read_bytes()


def make_disk(disk, image, grub_folder, states_folder):
    """A disk with `image` in slot A, nothing in slot B; `states_folder` has the states of agent and warden."""
    scratch = disk.parent
    layout = "label: dos\n"
    layout += "".join(f"start={START[name] // SECTOR},size={SIZE[name] // SECTOR}\n" for name in ("grub", "a", "b", "state"))
    with disk.open("wb") as file:
        file.truncate(DISK_SIZE)
    run_well("/usr/sbin/sfdisk", "-q", disk, input=layout)
    sector, core = grub_code(scratch)
    with disk.open("r+b") as file:
        for offset, content in (
            (0, sector),
            (SECTOR, core),
            (START["grub"], file_system("ext2", grub_folder, scratch / "grub.fs", SIZE["grub"])),
            (START["a"], image.read_bytes()),
            (START["state"], file_system("ext4", states_folder, scratch / "state.fs", SIZE["state"])),
        ):
            file.seek(offset)
            file.write(content)
