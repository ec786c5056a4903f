"""Opened images, section 13 of FORMAT.md: the recipe, and the opened base."""

import lzma
import zlib

import zstandard

import predicted
from mixed_map import check

MOST = 16 << 20
NAMES = {1: "deflate", 2: "zlib", 3: "xz", 4: "zstd", 5: "predicted deflate", 6: "predicted zlib", 8: "lz4", 9: "lz4 going on", 10: "lzo", 11: "png"}
PREDICTED = (5, 6)
LZ4 = (8, 9)
GOES_ON = 9
LZO = 10
PNG = 11
SEVERAL = 1 << 7
MOST_LEVELS = 4


def allowed(codec, p):
    """Section 13.2."""
    if codec in (1, 2):
        return 1 <= p[0] <= 9 and p[1] in (8, 9) and p[2:] == [0, 15, 0]
    if codec == 3:
        return p[0] & 15 <= 9 and p[0] < 32 and 4096 <= p[1] <= 1 << 30 and p[2] in (0, 4, 5, 6, 7, 8, 9, 10) and p[3] <= 15 and p[4] <= 2
    if codec in PREDICTED:
        return 1 <= p[0] <= 4096 and max(p[1:4]) <= 258 and p[4] < 16 and p[4] % 8 < 5
    if codec in LZ4:
        filled = 4096 <= p[1] <= 1 << 20 and p[2] <= 1 and (p[3] == 0 or 9 <= p[3] <= 16)
        return p[0] <= 12 and (filled or p[1:4] == [0, 0, 0]) and p[4] == 0
    if codec == PNG:
        return 1 <= p[0] < 1 << 31 and p[1:] == [0, 0, 0, 0]
    if codec == LZO:
        return (p[0] <= 3 and p[1] == 0 or p[0] == 4 and 1 <= p[1] <= 9) and p[2:] == [0, 0, 0]
    return 1 <= p[0] <= 22 and p[1] <= 1 and p[2] <= 3 and p[3:] == [0, 0]


def versions(codec):
    """What a decoder's library may say of itself; this decoder packs nothing, so none is right."""
    return (1,) if codec in (*PREDICTED, PNG) else ()


class Opening:
    """Section 13.1: the fields of the header and the recipe, whose bytes `decode` makes of a coded stream."""

    def __init__(self, fields, features, lengths, tools):
        make_fields, decode = tools
        self.features = features
        self.base_length, self.result_length, self.memory = (fields.varint() for _ in range(3))
        coded = make_fields(fields.take(fields.varint()))
        raw = decode(coded, MOST)
        check(coded.left() == 0, "F18")
        recipe = make_fields(raw)
        self.levels = [Level(recipe)]
        while features & SEVERAL and recipe.left() and len(self.levels) < MOST_LEVELS:
            self.levels.append(Level(recipe))
        check(recipe.left() == 0, "F28")
        codecs = {codec for level in self.levels for codec in level.codecs}
        check(features == sum(1 << codec for codec in codecs) + (SEVERAL if len(self.levels) > 1 else 0), "F28")
        check(self.memory == sum(level.memory() for level in self.levels), "F28")
        for level in self.levels:
            for codec, _, version in level.methods:
                check(version in versions(codec) or (version == 0 and not level.result), "F32")
            lengths = [level.length(streams, length) for streams, length in zip((level.base, level.result), lengths)]
        check(lengths == [self.base_length, self.result_length], "F31")

    def open(self, base):
        for level in self.levels:
            base = level.open(base)
        return base


class Level:
    """One of the recipe's levels."""

    def __init__(self, recipe):
        self.phase = recipe.varint()
        check(self.phase <= 16, "F29")
        self.methods = [self.method(recipe) for _ in range(self.count(recipe))]
        self.base = self.streams(recipe, self.base_kind)
        self.result = self.streams(recipe, self.result_kind)
        self.codecs = {stream[3][0] for stream in self.base} | {codec for codec, *_ in self.methods}

    @staticmethod
    def count(recipe):
        count = recipe.varint()
        check(count <= 256, "F29")
        return count

    @staticmethod
    def method(recipe):
        codec, *rest = (recipe.varint() for _ in range(7))
        check(codec in NAMES and allowed(codec, rest[:5]), "F30")
        return codec, rest[:5], rest[5]

    @staticmethod
    def streams(recipe, kind_of):
        count = recipe.varint()
        plain = [recipe.varint() for _ in range(count)]
        packed = [recipe.varint() for _ in range(count)]
        opened, before = [], 0
        for length in packed:
            n = recipe.varint()
            before = (before + ((n >> 1) ^ -(n & 1))) % (1 << 64)
            check(length and 0 < before < 1 << 62, "F31")
            opened.append(before)
        kinds = [kind_of(recipe.varint()) for _ in range(count)]
        counts = [recipe.varint() for _ in range(count)]
        return list(zip(plain, packed, opened, kinds, [Level.pieces(recipe, *two) for two in zip(counts, opened)]))

    @staticmethod
    def pieces(recipe, cuts, opened):
        """The lengths of a content's pieces."""
        lengths = [recipe.varint() for _ in range(cuts)]
        check(all(lengths) and sum(lengths) < opened, "F31")
        return [*lengths, opened - sum(lengths)]

    def base_kind(self, kind):
        """Codec and parameters, as of all streams."""
        if kind < PREDICTED[0]:
            check(kind in NAMES, "F30")
            return kind, None
        method = self.result_kind(kind - PREDICTED[0])
        check(method[0] in (*PREDICTED, *LZ4, LZO, PNG), "F29")
        return method

    def result_kind(self, kind):
        check(kind < len(self.methods), "F29")
        return self.methods[kind][:2]

    def memory(self):
        """Section 13.4."""
        content = max((stream[2] for stream in self.base), default=0)
        memory = max((stream[1] for stream in self.base), default=0) + max(content, 8 << 20) + content
        memory += max((stream[2] for stream in self.result), default=0)
        check(not self.result, "F28")
        return memory + 160 * len(self.base) + 80 * sum(len(stream[4]) - 1 for stream in self.base)

    def in_phase(self, length, place):
        return length + (place - length) % (1 << self.phase)

    def length(self, streams, packed_length):
        """Section 13.3: of an opened form."""
        at = length = 0
        for plain, packed, _, (codec, _), pieces in streams:
            length = (self.in_phase(length, at) if plain and at else length) + plain
            for i, piece in enumerate(pieces):
                length += self.gap(length, codec, i == 0) + piece
            at += plain + packed
        check(at <= packed_length, "F31")
        return (self.in_phase(length, at) if at < packed_length and at else length) + packed_length - at

    @staticmethod
    def gap(length, codec, first):
        return 0 if codec == GOES_ON and first else -length % 16

    def open(self, base):
        out, at = bytearray(), 0
        for plain, packed, opened, (codec, parameters), pieces in self.base:
            begin = at + plain
            if plain:
                out += bytes(self.in_phase(len(out), at) - len(out))
            out += base[at:begin]
            content = decoded(codec, parameters, base[begin : begin + packed])
            assert len(content) == opened
            for i, piece in enumerate(pieces):
                out += bytes(self.gap(len(out), codec, i == 0)) + content[:piece]
                content = content[piece:]
            at = begin + packed
        if at < len(base):
            out += bytes(self.in_phase(len(out), at) - len(out))
        return bytes(out + base[at:])


def decoded(codec, parameters, stream):
    if codec in PREDICTED:
        return predicted.opened(stream, parameters, codec == 6)
    if codec in LZ4:
        return lz4_block(stream.lstrip(b"\0"))
    if codec == PNG:
        return b"".join(chunks(stream))
    if codec == 3:
        return lzma.decompress(stream)
    if codec == 4:
        return zstandard.ZstdDecompressor().decompressobj().decompress(stream)
    return zlib.decompress(stream, -15 if codec == 1 else 15)


def chunks(stream):
    """The data of each; length and CRC have their highest byte first."""
    while stream:
        length = int.from_bytes(stream[:4], "big")
        data, crc = stream[8 : 8 + length], stream[8 + length : 12 + length]
        assert stream[4:8] == b"IDAT" and int.from_bytes(crc, "big") == zlib.crc32(b"IDAT" + data)
        yield data
        stream = stream[12 + length :]


def lz4_block(block):
    """Sequences of literals and a match; the last has literals only."""
    out, at = bytearray(), 0

    def length(nibble):
        nonlocal at
        more = nibble == 15
        while more:
            nibble += block[at]
            more = block[at] == 255
            at += 1
        return nibble

    while True:
        token = block[at]
        at += 1
        literals = length(token >> 4)
        out += block[at : at + literals]
        at += literals
        if at == len(block):
            return bytes(out)
        distance = block[at] | block[at + 1] << 8
        at += 2
        for _ in range(4 + length(token & 15)):
            out.append(out[-distance])
