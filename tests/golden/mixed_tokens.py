"""Sections 11.1 and 11.2 of engine/FORMAT.md: references, and how copies are cut into tokens."""

from mixed_coder import M32, M64, bits, low32

FIELD_MASKS = {
    1: 0x03FFFFFF, 2: 0x03FFFFFF, 3: 0x00FFFFE0, 4: 0x0007FFE0, 5: 0x60FFFFE0, 6: 0x003FFC00, 7: 0x003FFC00,
    8: 0x00FFFFE0, 9: 0x60FFFFE0, 14: 0x2FFF07FF
}
A64_ROWS = [(0xFC000000, 0x94000000, 1), (0xFC000000, 0x14000000, 2), (0xFF000010, 0x54000000, 3),
            (0x7E000000, 0x34000000, 3), (0x7E000000, 0x36000000, 4), (0x9F000000, 0x90000000, 5),
            (0x3B000000, 0x18000000, 8), (0x9F000000, 0x10000000, 9), (0xFFC00000, 0x91000000, 6),
            (0x3B000000, 0x39000000, 7)]
RAW, A64, X64, THUMB = 0, 1, 2, 3
TABLE_REFERENCES = {4: (16, 8), 5: (15, 4), 6: (17, 4), 7: (18, 4)}


def signed(v, width):
    v &= (1 << width) - 1
    return v - (1 << width) if v >> (width - 1) else v


def field_mask(reference):
    return FIELD_MASKS.get(reference, M32)


def shift_of(mask):
    return (mask & -mask).bit_length() - 1


def field_number(reference, v):
    if reference in (5, 9):
        return signed((v >> 5 & 0x7FFFF) * 4 + (v >> 29 & 3), 21)
    if reference == 14:
        s = v >> 10 & 1
        i1, i2 = 1 - (v >> 29 & 1 ^ s), 1 - (v >> 27 & 1 ^ s)
        return signed(s << 24 | i1 << 23 | i2 << 22 | (v & 0x3FF) << 12 | (v >> 16 & 0x7FF) << 1, 25)
    if reference in (6, 7):
        return v >> 10 & 0xFFF
    mask = field_mask(reference)
    return signed((v & mask) >> shift_of(mask), bits(mask >> shift_of(mask)))


def in_field(reference, number):
    if reference in (5, 9):
        return (number >> 2 & 0x7FFFF) << 5 | (number & 3) << 29
    if reference == 14:
        s = number >> 24 & 1
        j1, j2 = 1 - (number >> 23 & 1) ^ s, 1 - (number >> 22 & 1) ^ s
        return s << 10 | number >> 12 & 0x3FF | j1 << 29 | j2 << 27 | (number >> 1 & 0x7FF) << 16
    mask = field_mask(reference)
    return number << shift_of(mask) & mask


def a64_reference(v):
    return next((reference for mask, value, reference in A64_ROWS if v & mask == value), 0)


def is_adrp(v):
    return v & 0x9F000000 == 0x90000000


def load_scale(v):
    return 4 if v >> 26 & 1 and v >> 22 & 3 >= 2 and v >> 30 == 0 else v >> 30


def low_part(v):
    return (v >> 10 & 0xFFF) << (load_scale(v) if a64_reference(v) == 7 else 0)


def page(v, address):
    return (address & ~0xFFF) + 4096 * field_number(5, v) & M64


class Token:
    """Section 11.2: what the base alone says of a token."""

    def __init__(self, base, offset, length, data=False):
        self.base_offset, self.length, self.data = offset, length, data
        self.old = int.from_bytes(base[offset:offset + length], "little")
        self.reference = self.scale = self.page_back = self.origin = 0
        self.target = None

    def token_class(self):
        return 1 + self.reference if self.reference else int(self.data)

    def reaching(self, target, address):
        reference, old = self.reference, self.old
        if reference == 16:
            return target & M64
        if reference in (10, 11, 12, 13):
            return low32(target - address - 4)
        if reference in (15, 17, 18):
            return low32(target - {15: 0, 17: address, 18: self.origin}[reference])
        if reference == 5:
            number = ((target & M64) >> 12) - (address >> 12)
        elif reference in (6, 7):
            number = (target & 0xFFF) >> self.scale
        elif reference == 9:
            number = target - address
        elif reference == 14:
            number = target - address - 4
        else:
            number = signed(target - address, 64) >> 2
        return old & ~field_mask(reference) | in_field(reference, number)

    def reached(self, value, address):
        """The target of a value at an address; None for those that need an ADRP."""
        reference = self.reference
        if reference in (5, 6, 7):
            return None
        if reference == 16:
            return value
        if reference == 15:
            return low32(value)
        if reference == 18:
            return self.origin + low32(value) & M64
        number = field_number(reference, value)
        if reference in (10, 11, 12, 13, 14):
            return address + 4 + number & M64
        return address + (number if reference in (9, 17) else 4 * number) & M64


class Cutter:
    """Section 11.2: cuts tokens from the base."""

    def __init__(self, base, typing):
        self.base, self.typing = base, typing

    def word_at(self, offset):
        if offset < 0 or offset + 4 > len(self.base):
            return 0
        return int.from_bytes(self.base[offset:offset + 4], "little")

    def cut(self, offset, end, typed):
        """`typed` is what Typing.kind_at() gave; `end` is within it."""
        self.typed, self.space, self.end = typed, typed.space, end
        self.address = self.typing.address_of(offset)
        if typed.kind == RAW:
            return self.word(offset)
        return {A64: self.a64, X64: self.x64, THUMB: self.thumb}.get(typed.kind, self.table)(offset)

    def in_space(self, target):
        return self.space is not None and (target - self.space.low) & M64 < (self.space.high - self.space.low) & M64

    def word(self, offset):
        x = offset if self.typed.kind == RAW or self.address is None else self.address
        return Token(self.base, offset, min(4 - (x & 3), self.end - offset), data=True)

    def table(self, offset):
        reference, length = TABLE_REFERENCES[self.typed.kind]
        if self.address is None or self.address % length or length > self.end - offset:
            return self.word(offset)
        token = self.referring(offset, length, reference)
        if reference in (15, 16):
            plausible = token.target >= 0x1000
        else:
            plausible = not -65536 <= signed(token.old, 32) <= 65536
        return token if plausible and self.in_space(token.target) else self.word(offset)

    def referring(self, offset, length, reference):
        token = Token(self.base, offset, length)
        token.reference, token.origin = reference, self.typed.origin
        token.target = token.reached(token.old, self.address)
        return token

    def a64(self, offset):
        token = Token(self.base, offset, min(4 - (offset & 3), self.end - offset))
        if token.length < 4 or self.address is None or self.space is None:
            return token
        v = token.old
        reference = a64_reference(v)
        if not reference or reference not in (6, 7) and v & field_mask(reference) == 0:
            return token
        token.reference = reference
        if reference == 5:
            token.target = self.completed_page(offset, v)
        elif reference in (6, 7):
            token.target = self.page_before(token)
        else:
            token.target = token.reached(v, self.address)
        if token.target is None or not self.in_space(token.target):
            token.reference = 0
        return token

    def completed_page(self, offset, v):
        target = page(v, self.address)
        for k in range(1, 17):
            at = offset + 4 * k
            if at + 4 > self.typed.end:
                break
            u = self.word_at(at)
            if a64_reference(u) in (6, 7) and u >> 5 & 31 == v & 31:
                return target + low_part(u) & M64
            if is_adrp(u) and u & 31 == v & 31:
                break
        return target

    def page_before(self, token):
        v = token.old
        for k in range(1, 17):
            at = token.base_offset - 4 * k
            if at < self.typed.begin:
                return None
            u = self.word_at(at)
            if is_adrp(u) and u & 31 == v >> 5 & 31:
                if u & field_mask(5) == 0:
                    return None
                token.page_back = k
                token.scale = load_scale(v) if token.reference == 7 else 0
                return page(u, self.address - 4 * k & M64) + low_part(v) & M64
        return None

    def x64_reference(self, x, address):
        if x < 2 or self.end - x < 4:
            return 0
        q, p = self.base[x - 2:x]
        v = self.word_at(x)
        if p == 0xE8:
            reference = 10
        elif p == 0xE9:
            reference = 11
        elif q == 0x0F and p & 0xF0 == 0x80:
            reference = 12
        elif p & 0xC7 == 0x05:
            reference = 13
        else:
            return 0
        in_space = self.in_space(address + 4 + signed(v, 32) & M64)
        return reference if v not in (0, M32) and in_space else 0

    def x64(self, offset):
        known = self.address is not None and self.space is not None
        reference = self.x64_reference(offset, self.address) if known else 0
        if reference:
            return self.referring(offset, 4, reference)
        length = 1
        while length < 4 and offset + length < self.end:
            if known and self.x64_reference(offset + length, self.address + length & M64):
                break
            length += 1
        return Token(self.base, offset, length)

    def thumb(self, offset):
        x = offset if self.address is None else self.address
        plain = Token(self.base, offset, min(2 - (x & 1), self.end - offset))
        if self.address is None or x & 1 or self.end - offset < 4:
            return plain
        v = self.word_at(offset)
        if x % 4 == 0 and self.in_space(v):
            return self.referring(offset, 4, 15)
        if v & 0xF800 == 0xF000 and v >> 16 & 0x9000 == 0x9000:
            token = self.referring(offset, 4, 14)
            return token if self.in_space(token.target) else plain
        return plain
