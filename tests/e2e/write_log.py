"""The log of writes that QEMU's blklogwrites filter keeps (the format of Linux' dm-log-writes), and what a power cut leaves of
them."""

import struct

SECTOR = 512
HEAD = struct.Struct("<4Q")  # sector, number of sectors, flags, bytes of text
FLUSH, FUA, DISCARD = 1, 2, 4


def entries(log):
    """(flags, offset on the disk, bytes) of each write and flush, in their order; what is not whole is left out."""
    content = log.read_bytes()
    at = SECTOR  # the first one has only numbers about the log
    while at + SECTOR <= len(content):
        sector, count, flags, _ = HEAD.unpack_from(content, at)
        length = 0 if flags & DISCARD else count * SECTOR
        at += SECTOR
        if at + length > len(content):
            return
        yield flags, sector * SECTOR, content[at : at + length]
        at += length


def replay(log, disk, random):
    """Brings a disk to what a power cut leaves: all writes up to the last flush, and of those after it any sectors. Gives
    how many bytes were at risk and how many of these were lost."""
    writes = list(entries(log))
    flushed = max((index for index, (flags, _, _) in enumerate(writes) if flags & FLUSH), default=-1)
    at_risk = lost = 0
    keeps_all, keeps_none = (random.random() < 0.25 for _ in range(2))
    with disk.open("r+b") as file:
        for index, (flags, offset, content) in enumerate(writes):
            if index <= flushed or flags & FUA:
                file.seek(offset)
                file.write(content)
                continue
            for start in range(0, len(content), SECTOR):
                at_risk += SECTOR
                if keeps_none or (not keeps_all and random.random() < 0.5):
                    lost += SECTOR
                    continue
                file.seek(offset + start)
                file.write(content[start : start + SECTOR])
    return at_risk, lost
