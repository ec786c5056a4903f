#!/usr/bin/python3
"""A second decoder of Skiff deltas, written from engine/FORMAT.md alone; codec 1 is in the files mixed_*.py.

usage: decoder.py GOLDEN: decodes each GOLDEN/good/NAME.skd against NAME.base, checking every hash on the way, and
each GOLDEN/bad/RULE-NAME.skd against bad/base, which must be refused by that rule.
"""

import hashlib
import pathlib
import sys

import xxhash
import zstandard

from mixed_map import MapReader, Refused, Typing, TypingReader, check
from mixed_segment import SegmentReader, Window
from opened import Opening

FRAME = 65536
MASK = (1 << 64) - 1


class Fields:
    """Section 1: fields read one after another from bytes."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def left(self):
        return len(self.data) - self.at

    def take(self, length):
        check(length <= self.left(), "F2")
        self.at += length
        return self.data[self.at - length:self.at]

    def varint(self):
        value = 0
        for i in range(10):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << (7 * i)
            if byte < 0x80:
                check(i == 0 or byte != 0, "F1")
                check(value <= MASK, "F1")
                return value
        raise Refused("F1")

    def at_least_one(self):
        value = self.varint()
        check(value >= 1, "F8")
        return value

    def image(self):
        length = self.varint()
        return length, self.take(32)


def decode_stream(fields, most):
    """Section 6."""
    raw_length = fields.varint()
    if raw_length == 0:
        return b""
    coded_length = fields.varint()
    check(coded_length <= raw_length, "F15")
    check(raw_length <= most, "F17")
    coded = fields.take(coded_length)
    if coded_length == raw_length:
        return coded
    check(coded and coded[0] & 0x07 == 0, "F16")
    frame = zstandard.ZstdDecompressor(format=zstandard.FORMAT_ZSTD1_MAGICLESS).decompressobj()
    try:
        raw = frame.decompress(coded)
    except zstandard.ZstdError as error:
        raise Refused("F16") from error
    check(frame.eof and not frame.unused_data and len(raw) == raw_length, "F16")
    return raw


class VarintNumbers:
    """Section 7: the numbers of a typing as they stand in its stream."""

    def __init__(self, stream):
        self.fields = Fields(stream)

    def number(self, *_):
        return self.fields.varint()

    def signed(self, *_):
        n = self.fields.varint()
        return n >> 1 ^ -(n & 1)


class Header:
    """Section 3."""

    def __init__(self, delta):
        prefix = Fields(delta)
        check(prefix.take(4) == b"SKFD", "F3")
        check(prefix.take(1)[0] == 1, "F4")
        length = prefix.varint()
        check(length <= 16 << 20, "F5")
        frames = prefix.varint()
        fields = Fields(prefix.take(length))
        self.codec = fields.varint()
        check(self.codec <= 1, "F6")
        profile = fields.varint()
        check(profile <= 2, "F6")
        features = fields.varint()
        check(features & ~0b111111111110 == 0, "F7")
        self.base_length, self.base_sha256 = fields.image()
        self.result_length, self.result_sha256 = fields.image()
        self.segment_wire = fields.varint()
        self.segment_raw = fields.varint()
        self.window_copies = fields.varint()
        check(fields.varint() == (0, 3)[self.codec], "F6")
        self.sizes = fields.take((0, 3)[self.codec])
        self.opening = None
        lengths = self.base_length, self.result_length
        made = self.result_length
        if features:
            self.opening = Opening(fields, features, lengths, (Fields, decode_stream))
            made = self.opening.result_length
        self.copied_length, self.made_length = self.opening.base_length if features else self.base_length, made
        check(self.memory() <= (1 << 20, 8 << 20, 32 << 20)[profile], "F12")
        self.windows = [self.window(fields) for _ in range(fields.varint())]
        check(fields.left() == 0, "F5")
        data = [segment for _, segments in self.windows for segment in segments]
        check(sum(length for length, _, _ in data) == self.made_length, "F9")
        wires = [wire for map_wire, segments in self.windows for wire in [map_wire] + [s[1] for s in segments]]
        check(all(wire <= self.segment_wire for wire in wires), "F10")
        check(sum(-(-wire // FRAME) for wire in wires) == frames, "F11")
        self.frames = [prefix.take(32) for _ in range(frames)]
        self.head_length = prefix.at

    def memory(self):
        """Section 3.3."""
        if self.codec == 0:
            return 327680 + self.segment_wire + self.segment_raw + 96 * self.window_copies
        lines, history, learned = self.sizes
        check(8 <= lines <= 20 and 12 <= history <= 24 and 8 <= learned <= 20 and self.segment_raw == 0, "F6")
        models = (64 << lines) + (1 << history) + (1 << history) // 4 + (16 << learned)
        return 524288 + self.segment_wire + 96 * self.window_copies + models

    @staticmethod
    def window(fields):
        """Section 3.1: the wire length of the map, and (result length, wire length, digest) of each data segment."""
        map_wire = fields.at_least_one()
        count = fields.at_least_one()
        return map_wire, [
            (fields.at_least_one(), fields.at_least_one(), int.from_bytes(fields.take(8), "little"))
            for _ in range(count)
        ]


class Decoder:
    def __init__(self, base, delta):
        self.base = base
        self.header = Header(delta)
        check(len(base) == self.header.base_length, "base length")
        check(hashlib.sha256(base).digest() == self.header.base_sha256, "base")
        if self.header.opening:
            self.base = self.header.opening.open(base)
        self.wire = Fields(delta)
        self.wire.at = self.header.head_length
        self.frames = iter(self.header.frames)
        self.result = bytearray()

    def decode(self):
        for map_wire, segments in self.header.windows:
            begin = len(self.result)
            end = begin + sum(length for length, _, _ in segments)
            data = self.map(self.segment(map_wire), begin, end)
            for length, wire, digest in segments:
                made = data(self.segment(wire), len(self.result), length)
                check(xxhash.xxh3_64_intdigest(made) == digest, "F27")
                self.result += made
        check(self.wire.left() == 0, "F13")
        check(hashlib.sha256(self.result).digest() == self.header.result_sha256, "result")
        return bytes(self.result)

    def segment(self, wire_length):
        """Section 4: the wire bytes of the next segment."""
        wire = self.wire.take(wire_length)
        for at in range(0, wire_length, FRAME):
            check(hashlib.sha256(wire[at:at + FRAME]).digest() == next(self.frames), "F14")
        return wire

    def map(self, wire, begin, end):
        """Reads a map segment; returns what makes the bytes of (wire bytes of a data segment, begin, length)."""
        header = self.header
        if header.codec == 0:
            streams = self.streams(wire, 4)
            base_typing, result_typing, entries_left = self.typing(streams[0])
            copies = self.copies(streams[1:], entries_left, begin, end)
            window = Window(self.base, base_typing, result_typing, copies)
            return lambda data, at, length: self.data(self.streams(data, 7), window, at, length)
        reader = MapReader(wire, header.sizes, header.window_copies)
        window = Window(self.base, *reader.read((begin, end), header.copied_length, header.made_length))
        return lambda data, at, length: SegmentReader(data, header.sizes, window).read(at, at + length)

    def streams(self, wire, count):
        """Section 6."""
        fields = Fields(wire)
        streams = [decode_stream(fields, self.header.segment_raw) for _ in range(count)]
        check(sum(map(len, streams)) <= self.header.segment_raw, "F17")
        check(fields.left() == 0, "F18")
        return streams

    def typing(self, stream):
        """Section 7: the typing of base and result, and how many copies may follow."""
        limit = self.header.window_copies
        if not stream:
            return Typing([]), Typing([]), limit
        numbers = VarintNumbers(stream)
        reader = TypingReader(numbers, limit)
        base, result = reader.read(self.header.copied_length, self.header.made_length)
        check(numbers.fields.left() == 0 and base.spaces + result.spaces, "F19")
        return base, result, reader.entries_left

    def copies(self, streams, most, begin, end):
        """Section 7: (result offset, base offset, length, verbatim) of each copy of a window."""
        gaps, lengths, jumps = map(Fields, streams)
        copies = []
        result_at = base_at = begin
        while gaps.left():
            check(lengths.left() and jumps.left() and len(copies) < most, "F20")
            gap, length, jump = gaps.varint(), lengths.varint(), jumps.varint()
            length, verbatim = length >> 1, length & 1
            result_at += gap
            base_at = (base_at + gap + ((jump >> 1) ^ -(jump & 1))) & MASK
            check(length > 0, "F21")
            check(base_at + length <= len(self.base), "F22")
            check(result_at + length <= end, "F23")
            copies.append((result_at, base_at, length, verbatim))
            result_at += length
            base_at += length
        check(lengths.left() == 0 and jumps.left() == 0, "F20")
        return copies

    def data(self, streams, window, begin, length):
        """Section 8: the result bytes of a data segment."""
        end = begin + length
        made = bytearray(length)
        is_literal = bytearray(b"\1") * length
        residue_places = []
        for copy in window.copies:
            result_at, base_at, copy_length, verbatim = copy
            first, last = max(result_at, begin), min(result_at + copy_length, end)
            if first >= last:
                continue
            base_first = base_at + first - result_at
            part = (first, base_first, last - first)
            made[first - begin:last - begin] = self.verbatim(part) if verbatim else self.predicted(window, copy, part)
            is_literal[first - begin:last - begin] = bytes(last - first)
            if not verbatim:
                residue_places.extend(range(first - begin, last - begin))
        literal_places = [place for place in range(length) if is_literal[place]]
        check(len(literal_places) == len(streams[6]), "F26")
        for place, byte in zip(literal_places, streams[6]):
            made[place] = byte
        for place, byte in self.residue(streams, len(residue_places)):
            made[residue_places[place]] = (made[residue_places[place]] + byte) & 0xFF
        return bytes(made)

    def verbatim(self, part):
        _, base_at, length = part
        return self.base[base_at:base_at + length]

    @staticmethod
    def predicted(window, copy, part):
        """Section 8.1: the bytes of a part of a copy that is not verbatim."""
        result_at, at, length = part
        shift, end = result_at - at, at + length
        made = bytearray()
        while at < end:
            typed = window.base_typing.kind_at(at)
            token = window.cutter.cut(at, min(end, typed.end), typed)
            value = token.old
            address = window.result_typing.address_of(at + shift) if token.reference else None
            if address is not None:
                target, _ = window.translator.translate(token.target, typed.space, copy)
                value = token.reaching(target, address)
            made += value.to_bytes(token.length, "little")
            at += token.length
        return made

    @staticmethod
    def residue(streams, length):
        """The residue bytes other than 0, each with its place in the residue."""
        tokens, long_runs = streams[0], Fields(streams[1])
        changes = [Fields(stream) for stream in streams[2:6]]
        found = []
        at = 0
        for i, token in enumerate(tokens):
            equal, changed = token >> 3, token & 7
            if equal == 31:
                equal += long_runs.varint()
            if changed == 7:
                changed += long_runs.varint()
            check(changed > 0 and (equal > 0 or i == 0) and at + equal + changed <= length, "F24")
            at += equal
            run = changes[min(changed, 4) - 1]
            check(changed <= run.left(), "F25")
            found.extend(enumerate(run.take(changed), at))
            at += changed
        check(long_runs.left() == 0, "F24")
        check(all(run.left() == 0 for run in changes) and all(byte for _, byte in found), "F25")
        return found


def refusal(base, delta):
    """The rule by which a delta is refused, or None."""
    try:
        Decoder(base, delta).decode()
    except Refused as rule:
        return str(rule)
    return None


def main():
    golden = pathlib.Path(sys.argv[1])
    good = sorted(golden.glob("good/*.skd"))
    for path in good:
        Decoder(path.with_suffix(".base").read_bytes(), path.read_bytes()).decode()
    base = (golden / "bad" / "base").read_bytes()
    bad = sorted(golden.glob("bad/*.skd"))
    wrong = [(path.name, rule) for path in bad if (rule := refusal(base, path.read_bytes())) != path.name.split("-")[0]]
    print(f"{len(good)} decoded, {len(bad)} refused, by another rule: {wrong}")
    return 0 if good and bad and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
