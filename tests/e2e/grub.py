"""GRUB, as Debian's grub-emu runs it: a disk with a partition for GRUB and two for slots, whose kernels are not loaded but
named."""

import re
import subprocess
from pathlib import Path

from programs import run_well

MODULES = Path("/usr/lib/grub/x86_64-emu")
START, SECTORS, SECTOR = 2048, 2048, 512
LAYOUT = "label: dos\n" + "".join(f"start={START + SECTORS * index},size={SECTORS}\n" for index in range(3))
# A kernel cannot be loaded there. `broken` is the slot of which that is true here, too.
PRELUDE = """function linux {{ if [ "$3" = "skiff.slot={broken}" ]; then false; else echo "BOOTS $3 $4."; halt; fi; }}
set prefix=(hd0,msdos1)/grub
set root=hd0,msdos1
"""


class Grub:
    """Plays GRUB for a device that has grub.cfg and grubenv in `folder`, which stands for its partition."""

    def __init__(self, folder, scratch):
        self.folder = Path(folder)
        self.scratch = Path(scratch)
        self.broken = ""
        self.on_trial = False  # whether the kernel started last was told so
        self.disk, self.partition = self.scratch / "disk.img", self.scratch / "grub.img"
        self.scratch.mkdir()
        (self.scratch / MODULES.name).symlink_to(MODULES)
        (self.scratch / "device.map").write_text(f"(hd0) {self.disk}\n")
        with self.disk.open("wb") as disk:
            disk.truncate((START + 4 * SECTORS) * SECTOR)
        run_well("/usr/sbin/sfdisk", "-q", self.disk, input=LAYOUT)

    def boot(self):
        """One start; the slot that GRUB boots, after what it wrote into grubenv."""
        self._load_partition()
        script = PRELUDE.format(broken=self.broken) + (self.folder / "grub.cfg").read_text()
        (self.scratch / "grub.cfg").write_text(script)
        shown = run_well("grub-emu", "-m", self.scratch / "device.map", "-d", self.scratch, stdin=subprocess.DEVNULL)
        self._save_block()
        slot, argument = re.search(r"BOOTS skiff\.slot=([AB]) (\S*)\.", shown).groups()
        self.on_trial = argument == "skiff.trial"
        return slot

    def _load_partition(self):
        tree = self.scratch / "tree"
        (tree / "grub").mkdir(parents=True, exist_ok=True)
        (tree / "grub/grubenv").write_bytes((self.folder / "grubenv").read_bytes())
        self.partition.unlink(missing_ok=True)
        run_well("/usr/sbin/mke2fs", "-q", "-t", "ext2", "-d", tree, self.partition, f"{SECTORS * SECTOR // 1024}k")
        with self.disk.open("r+b") as disk:
            disk.seek(START * SECTOR)
            disk.write(self.partition.read_bytes())

    def _save_block(self):
        with self.disk.open("rb") as disk:
            disk.seek(START * SECTOR)
            self.partition.write_bytes(disk.read(SECTORS * SECTOR))
        block = self.scratch / "grubenv"
        run_well("/usr/sbin/debugfs", "-R", f"dump /grub/grubenv {block}", self.partition)
        # In place, as a disk has it.
        with (self.folder / "grubenv").open("r+b") as file:
            file.write(block.read_bytes())
