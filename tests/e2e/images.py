"""Small images whose deltas are of a known kind."""

import random

BLOCK = 4096


def image(seed, blocks):
    """Bytes that nothing can shrink, in whole blocks."""
    return random.Random(seed).randbytes(blocks * BLOCK)


def revised(base, seed, new_blocks):
    """A later release of an image: some blocks moved, a few bytes changed here and there, `new_blocks` of new content
    spread over it."""
    chance = random.Random(seed)
    blocks = [base[at : at + BLOCK] for at in range(0, len(base), BLOCK)]
    middle = len(blocks) // 2
    blocks = blocks[middle:] + blocks[:middle]
    for index in chance.sample(range(len(blocks)), len(blocks) // 8):
        changed = bytearray(blocks[index])
        changed[chance.randrange(BLOCK)] ^= 0x55
        blocks[index] = bytes(changed)
    for _ in range(new_blocks):
        blocks.insert(chance.randrange(len(blocks)), chance.randbytes(BLOCK))
    return b"".join(blocks)
