"""Sections 11.1 and 11.2 of engine/FORMAT.md: references, and how copies are cut into tokens."""

from mixed_coder import M32, M64, bits, low32

FIELD_MASKS = {
    1: 0x03FFFFFF, 2: 0x03FFFFFF, 3: 0x00FFFFE0, 4: 0x0007FFE0, 5: 0x60FFFFE0, 6: 0x003FFC00, 7: 0x003FFC00,
    8: 0x00FFFFE0, 9: 0x60FFFFE0, 14: 0x2FFF07FF,
    19: 0x00FFFFFF, 20: 0x00FFFFFF, 21: 0x00000FFF, 22: 0x2FFF07FF, 23: 0x2FFF043F, 24: 0x0FFF0000, 25: 0x7FFFFFFF,
    26: 0x00FF, 27: 0x07FF, 28: 0x00FF
}
COUNTS_AS = {19: 1, 20: 3, 21: 8, 22: 2, 23: 3, 24: 8, 25: 17, 26: 8, 27: 4, 28: 4, 29: 13}
UNSIGNED = (6, 7, 21, 24, 26)
UNITS = {1: 4, 2: 4, 3: 4, 4: 4, 8: 4, 19: 4, 20: 4, 26: 4, 27: 2, 28: 2}
A64_ROWS = [(0xFC000000, 0x94000000, 1), (0xFC000000, 0x14000000, 2), (0xFF000010, 0x54000000, 3),
            (0x7E000000, 0x34000000, 3), (0x7E000000, 0x36000000, 4), (0x9F000000, 0x90000000, 5),
            (0x3B000000, 0x18000000, 8), (0x9F000000, 0x10000000, 9), (0xFFC00000, 0x91000000, 6),
            (0x3B000000, 0x39000000, 7)]
RAW, A64, X64, THUMB = 0, 1, 2, 3
A32, A32_RELATIVE, THUMB_RELATIVE, X86 = 8, 9, 10, 11
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
    if reference in (14, 22):
        s = v >> 10 & 1
        i1, i2 = 1 - (v >> 29 & 1 ^ s), 1 - (v >> 27 & 1 ^ s)
        return signed(s << 24 | i1 << 23 | i2 << 22 | (v & 0x3FF) << 12 | (v >> 16 & 0x7FF) << 1, 25)
    if reference == 23:
        return signed((v >> 10 & 1) << 20 | (v >> 27 & 1) << 19 | (v >> 29 & 1) << 18 | (v & 0x3F) << 12
                      | (v >> 16 & 0x7FF) << 1, 21)
    mask = field_mask(reference)
    if reference in UNSIGNED:
        return (v & mask) >> shift_of(mask)
    return signed((v & mask) >> shift_of(mask), bits(mask >> shift_of(mask)))


def in_field(reference, number):
    if reference in (5, 9):
        return (number >> 2 & 0x7FFFF) << 5 | (number & 3) << 29
    if reference == 23:
        return (number >> 20 & 1) << 10 | (number >> 19 & 1) << 27 | (number >> 18 & 1) << 29 | number >> 12 & 0x3F | (
            number >> 1 & 0x7FF) << 16
    if reference in (14, 22):
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


def a32_reference(v):
    if v >> 28 == 15:
        return 0
    return {0xB: 19, 0xA: 20}.get(v >> 24 & 15, 21 if v & 0x0FFF0000 == 0x059F0000 else 0)


def thumb_reference(v):
    if v & 0xFFFF == 0xF8DF:
        return 24
    if v & 0xF800 != 0xF000:
        return 0
    if v & 0x90000000 == 0x90000000:
        return 14
    if v & 0xD0010000 == 0xC0000000:
        return 22
    return 23 if v & 0xD0000000 == 0x80000000 and v & 0x0380 != 0x0380 else 0


def thumb_short_reference(v):
    if v >> 11 == 9:
        return 26
    if v >> 11 == 28:
        return 27
    return 28 if v >> 12 == 13 and v >> 9 & 7 != 7 else 0


def x86_operands(q, p):
    """What it may be, the first that fits."""
    if q == 0x81 and p & 0xF8 == 0xC0 or p == 0x05:
        yield 17
    if q & 0xC7 == 0x84 or p & 0xC0 == 0x80 and p & 7 != 4:
        yield 29
    if p & 0xF8 == 0xB8 or p & 0xFC == 0xA0 or p == 0x68 or p & 0xC7 == 0x05:
        yield 15


def near(v):
    return -65536 <= signed(v, 32) <= 65536


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
        if self.reference:
            return 1 + COUNTS_AS.get(self.reference, self.reference)
        return int(self.data)

    def counted_from(self, address):
        """Where the number of a reference that is a distance counts from."""
        reference = self.reference
        if reference in (18, 29):
            return self.origin
        if reference in (10, 11, 12, 13, 14, 23, 27, 28):
            return address + 4
        if reference in (22, 24, 26):
            return address + 4 & ~3
        return address + 8 if reference in (19, 20, 21) else address

    def reaching(self, target, address):
        reference, old = self.reference, self.old
        if reference == 16:
            return target & M64
        if reference == 15:
            return low32(target)
        if reference == 5:
            number = ((target & M64) >> 12) - (address >> 12)
        elif reference in (6, 7):
            number = (target & 0xFFF) >> self.scale
        else:
            number = signed(target - self.counted_from(address), 64) // UNITS.get(reference, 1)
        return low32(old) & ~field_mask(reference) | in_field(reference, number)

    def reached(self, value, address):
        """The target of a value at an address; None for those that need an ADRP."""
        reference = self.reference
        if reference in (5, 6, 7):
            return None
        if reference == 16:
            return value
        if reference == 15:
            return low32(value)
        number = low32(value) if reference == 18 else field_number(reference, value) * UNITS.get(reference, 1)
        return self.counted_from(address) + number & M64


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
        instructions = {A64: self.a64, X64: self.x64, X86: self.x64, THUMB: self.thumb, THUMB_RELATIVE: self.thumb,
                        A32: self.a32, A32_RELATIVE: self.a32}
        return instructions.get(typed.kind, self.table)(offset)

    def in_space(self, target):
        return self.space is not None and (target - self.space.low) & M64 < (self.space.high - self.space.low) & M64

    def word(self, offset):
        x = offset if self.typed.kind == RAW or self.address is None else self.address
        return Token(self.base, offset, min(4 - (x & 3), self.end - offset), data=True)

    def table(self, offset):
        reference, length = TABLE_REFERENCES[self.typed.kind]
        if self.address is None or self.address % length or length > self.end - offset:
            return self.word(offset)
        if reference == 17 and self.word_at(offset) >> 30 == 1:
            reference = 25
        token = self.referring(offset, length, reference)
        if reference in (15, 16):
            plausible = token.target >= 0x1000
        else:
            plausible = not near(token.old)
        return token if plausible and self.in_space(token.target) else self.word(offset)

    def referring(self, offset, length, reference, address=None):
        token = Token(self.base, offset, length)
        token.reference, token.origin = reference, self.typed.origin
        token.target = token.reached(token.old, self.address if address is None else address)
        return token

    def reaching_or(self, plain, length, reference):
        """A reference if there is one that leads into the space."""
        if not reference:
            return plain
        token = self.referring(plain.base_offset, length, reference)
        return token if self.in_space(token.target) else plain

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
        if v in (0, M32):
            return 0
        if p == 0xE8:
            may_be = [10]
        elif p == 0xE9:
            may_be = [11]
        elif q == 0x0F and p & 0xF0 == 0x80:
            may_be = [12]
        elif self.typed.kind == X86:
            may_be = x86_operands(q, p)
        else:
            may_be = [13] if p & 0xC7 == 0x05 else []
        for reference in may_be:
            fits = reference != 29 or not near(v)
            if fits and self.in_space(self.referring(x, 4, reference, address).target):
                return reference
        return 0

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
        if self.address is None or plain.length < 2:
            return plain
        if self.end - offset >= 4:
            v = self.word_at(offset)
            reference = 0
            if self.typed.kind == THUMB and x % 4 == 0 and self.in_space(v):
                reference = 15
            reference = reference or thumb_reference(v) or (self.literal(v) if x % 4 == 0 else 0)
            if reference:
                return self.reaching_or(plain, 4, reference)
        return self.reaching_or(plain, 2, thumb_short_reference(plain.old))

    def a32(self, offset):
        x = offset if self.address is None else self.address
        plain = Token(self.base, offset, min(4 - (x & 3), self.end - offset))
        if self.address is None or plain.length < 4:
            return plain
        return self.reaching_or(plain, 4, a32_reference(plain.old) or self.literal(plain.old))

    def literal(self, v):
        """What a word of a literal pool holds."""
        if self.typed.kind == A32:
            return 15 if self.in_space(v) else 0
        if self.typed.kind == THUMB or near(v):
            return 0
        return 17 if self.in_space(self.address + signed(v, 32) & M64) else 0
