"""Section 10 of engine/FORMAT.md: the map segment of codec 1."""

import dataclasses

from mixed_coder import M64, Group, Numbers, RangeDecoder, Slots, bits, mix


class Refused(Exception):
    """A delta that breaks a rule."""


def check(holds, rule):
    if not holds:
        raise Refused(rule)


@dataclasses.dataclass
class AddressRange:
    offset: int
    length: int
    address: int


@dataclasses.dataclass
class Typed:
    begin: int
    end: int
    kind: int = 0
    origin: int = 0
    space: object = None


class Space:

    def __init__(self, begin, end):
        self.begin, self.end = begin, end
        self.low = self.high = 0
        self.addresses, self.types = [], []


class Typing:
    """Section 10.1: lookups over the spaces of an image."""

    def __init__(self, spaces):
        self.spaces = spaces

    def space_at(self, offset):
        return next((space for space in self.spaces if space.begin <= offset < space.end), None)

    def address_of(self, offset):
        space = self.space_at(offset)
        for r in space.addresses if space else []:
            if r.offset <= offset < r.offset + r.length:
                return r.address + offset - r.offset & M64
        return None

    def kind_at(self, offset):
        """The stretch around an offset of which the same is known."""
        space = self.space_at(offset)
        if space is None:
            begin = max([s.end for s in self.spaces if s.end <= offset], default=0)
            return Typed(begin, min([s.begin for s in self.spaces if s.begin > offset], default=M64))
        for typed in space.types:
            if typed.begin <= offset < typed.end:
                return typed
        return Typed(space.types[-1].end if space.types else space.begin, space.end, space=space)


class TypingReader:
    """Section 10.2, from whatever reads numbers; the entries left are those of the map."""

    def __init__(self, numbers, max_entries):
        self.numbers = numbers
        self.entries_left = max_entries

    def read(self, base_length, result_length):
        base = Typing(self.spaces(base_length, True))
        return base, Typing(self.spaces(result_length, False))

    def count(self, kind, first=0):
        n = self.numbers.number(kind, first)
        check(n <= self.entries_left, "F20")
        self.entries_left -= n
        return n

    def within(self, kind, left, *context):
        n = self.numbers.number(kind, *context)
        check(n <= left, "F19")
        return n

    def spaces(self, image_length, typed):
        spaces, at = [], 0
        for _ in range(self.count(0, int(typed))):
            begin = at + self.within(1, image_length - at)
            space = Space(begin, begin + self.within(2, image_length - begin))
            spaces.append(space)
            at = space.end
            self.addresses(space)
            if typed:
                self.types(space)
        return spaces

    def addresses(self, space):
        count = self.count(3)
        check(count <= 256, "F19")
        at, shift = space.begin, 0
        for i in range(count):
            i = min(i, 8)
            offset = at + self.within(4, space.end - at, i)
            length = self.within(5, space.end - offset, i)
            shift += self.numbers.signed(6, i)
            space.addresses.append(AddressRange(offset, length, offset - space.begin + shift & M64))
            at = offset + length

    def types(self, space):
        space.low = self.numbers.number(7)
        space.high = space.low + self.numbers.number(8) & M64
        at, before = space.begin, 8
        for _ in range(self.count(9)):
            kind = self.numbers.number(10, before)
            check(kind < 12, "F19")
            origin = space.low + self.numbers.number(16) & M64 if kind in (7, 11) else 0
            length = self.within(11, space.end - at, kind, before)
            space.types.append(Typed(at, at + length, kind, origin, space))
            at, before = at + length, kind


class MapReader:
    """Section 10."""

    def __init__(self, wire, sizes, max_entries):
        self.coder = RangeDecoder(wire)
        slots = Slots(sizes[0])
        self.numbers = Numbers(self.coder, slots)
        self.verbatim = Group(slots, 5, 6, (1, 1, 1), 1966)
        self.typing = TypingReader(self.numbers, max_entries)

    def read(self, window, base_length, result_length):
        base, result = self.typing.read(base_length, result_length)
        copies = self.copies(window, base_length)
        check(self.coder.fills(), "F18")
        return base, result, copies

    def copies(self, window, base_length):
        begin, end = window
        copies = []
        at = expected = begin
        length_bits = gap_bits = jump_code = past = 0
        for _ in range(self.typing.count(12)):
            gap = self.numbers.number(13, min(length_bits, 20), gap_bits, at & 3)
            check(gap < end - at, "F23")
            result_at, gap_bits = at + gap, bits(gap)
            jump = self.numbers.signed(14, gap_bits, min(jump_code, 20), result_at & 3)
            base_at = expected + gap + jump & M64
            jump_code = 1 + bits(abs(jump)) + (40 if jump < 0 else 0) if jump else 0
            length = self.numbers.number(15, jump_code, gap_bits, result_at & 3) + 1
            check(length <= end - result_at, "F23")
            check(base_at + length <= base_length, "F22")
            before, length_bits = length_bits, bits(length)
            hashes = [
                length_bits,
                mix(length_bits, past & 7),
                mix(length_bits, before),
                mix(past & 15, gap_bits),
                mix(jump_code, length_bits),
                mix(jump_code, past & 1)
            ]
            verbatim = self.verbatim.in_cells(self.coder, hashes, (0, 0, 0))
            past = 2 * past + verbatim
            copies.append((result_at, base_at, length, verbatim))
            at, expected = result_at + length, base_at + length
        return copies
