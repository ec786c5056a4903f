"""Section 9 of engine/FORMAT.md: the range decoder, context mixing, numbers and bytes of codec 1."""

import bisect

KNOTS = [
    1, 1, 1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 28, 36, 47, 60, 77, 98, 126, 162, 208, 267, 342, 439, 562, 720,
    922, 1179, 1506, 1921, 2446, 3108, 3938, 4971, 6249, 7812, 9702, 11955, 14595, 17625, 21025, 24743, 28693, 32768,
    36843, 40793, 44511, 47911, 50941, 53581, 55834, 57724, 59287, 60565, 61598, 62428, 63090, 63615, 64030, 64357,
    64614, 64816, 64974, 65097, 65194, 65269, 65328, 65374, 65410, 65438, 65459, 65476, 65489, 65500, 65508, 65514,
    65519, 65523, 65526, 65528, 65530, 65531, 65532, 65533, 65534, 65534, 65535, 65535, 65535, 65535
]
LIMIT = 2944
M32 = (1 << 32) - 1
M64 = (1 << 64) - 1


def low32(n):
    return n & M32


def bits(n):
    return n.bit_length()


def toward_zero(a, b):
    return a // b if a >= 0 else -(-a // b)


def mix(a, b, *more):
    h = low32(a * 0x9E3779B1) ^ low32((b + 0x7F4A7C15) * 0x85EBCA6B)
    h = low32((h ^ (h >> 15)) * 0xC2B2AE35)
    h ^= h >> 13
    return mix(h, *more) if more else h


class RangeDecoder:
    """Section 9.1."""

    def __init__(self, wire):
        self.wire = wire
        self.taken = 0
        self.range = M32
        self.code = 0
        for _ in range(4):
            self.code = self.code * 256 + self.next()

    def next(self):
        self.taken += 1
        return self.wire[self.taken - 1] if self.taken <= len(self.wire) else 0

    def bit(self, p):
        bound = (self.range * p) >> 16
        bit = self.code < bound
        if bit:
            self.range = bound
        else:
            self.code -= bound
            self.range -= bound
        while self.range < 1 << 24:
            self.range *= 256
            self.code = low32(self.code * 256 + self.next())
        return int(bit)

    def fills(self):
        """Rule F18."""
        return len(self.wire) <= max(self.taken, 1) and (len(self.wire) == 1 or self.wire[-1] != 0)


def squash_of(x):
    y = x + LIMIT
    k, r = y // 64, y % 64
    return KNOTS[k] if r == 0 else KNOTS[k] + (KNOTS[k + 1] - KNOTS[k]) * r // 64


SQUASH = [squash_of(x) for x in range(-LIMIT, LIMIT + 1)]


def clamp(n, a, b):
    return a if n < a else b if n > b else n


def squash(x):
    return SQUASH[clamp(x, -LIMIT, LIMIT) + LIMIT]


def least(q):
    return min(bisect.bisect_left(SQUASH, q), 2 * LIMIT) - LIMIT


ENDS = [least(p) for p in range(512)]
MIDDLE = [least(16 * i + 8) for i in range(4096)]


def stretch(p):
    if p < 512:
        return ENDS[p]
    return -ENDS[65535 - p] if p >= 65024 else MIDDLE[p >> 4]


class Slot:
    __slots__ = ("estimate", "count", "bits", "check")

    def __init__(self, check=0):
        self.estimate, self.count, self.bits, self.check = 1 << 21, 0, 1, check


RATES = [131072 // (2 * n + 3) for n in range(256)]


def moved(estimate, count, bit):
    return estimate + ((((1 << 22) - 1) * bit - estimate) * RATES[count] >> 16), min(count + 1, 255)


def by_bits_start(b):
    seen = max(bits(b) - 1, 0)
    ones = bin(b).count("1") - 1 if b > 1 else 0
    return min(((10 * ones + 4) << 22) // (10 * seen + 8), (1 << 22) - 1), 6


BY_BITS = [by_bits_start(b) for b in range(256)]
CORRECTION = [squash((i - 16) * 192) for i in range(33)]


class Slots:
    """The lines that all groups share; those that were never selected are not made."""

    def __init__(self, line_bits):
        self.shift = 32 - line_bits
        self.lines = {}

    def line(self, hashed):
        slots = self.lines.setdefault(low32(hashed * 0x9E3779B1) >> self.shift, [])
        if not slots:
            slots.extend(Slot() for _ in range(8))
        return slots, low32(hashed * 0x85EBCA6B) >> 16

    @staticmethod
    def find(line, node):
        slots, check = line
        c = (check ^ ((node * 0x2F31) & 0xFFFF)) or 1
        place = (check + node) & 7
        first, second = slots[place], slots[place ^ 1]
        if first.check == c:
            return first
        if second.check == c:
            return second
        loser, other = (place ^ 1, first) if first.count > second.count else (place, second)
        other.count -= other.count > 0
        # A context that holds the slot goes on with it: it is made fresh where it is.
        slots[loser].__init__(c)
        return slots[loser]


class Group:
    """Section 9.3."""

    def __init__(self, slots, number, contexts, first_sets, second_sets, rate):
        self.slots, self.number, self.contexts, self.rate = slots, number, contexts, rate
        self.by_bits = [list(BY_BITS) for _ in range(contexts)]
        self.first = [[19661] * (2 * contexts + 1) for _ in range(first_sets)]
        self.second = [[19661] * (2 * contexts + 1) for _ in range(second_sets)]
        self.correction = [list(CORRECTION) for _ in range(second_sets)]
        self.lines = [None] * contexts

    def select(self, i, hashed):
        self.lines[i] = self.slots.line(low32(hashed * 0x2545F491 + i * 0x6F4F2A35 + self.number * 0x01234567))

    def select_all(self, hashes):
        for i, hashed in enumerate(hashes):
            self.select(i, hashed)

    def inputs(self, node):
        found, inputs = [], []
        for line, by_bits in zip(self.lines, self.by_bits):
            slot = Slots.find(line, node)
            found.append(slot)
            if slot.count == 0:
                inputs += [0, 0]
            else:
                weight = (166, 218, 256)[min(slot.count, 3) - 1]
                inputs += [stretch(slot.estimate >> 6) * weight >> 8, stretch(by_bits[slot.bits][0] >> 6)]
        return found, inputs + [102]

    def bit(self, coder, node, f, g):
        found, inputs = self.inputs(node)
        sides = []
        for weights in (self.first[f], self.second[g]):
            total = sum(x * w >> 8 for x, w in zip(inputs, weights))
            sides.append((weights, clamp(total >> 9, -LIMIT, LIMIT)))
        both = (sides[0][1] + sides[1][1]) >> 1
        place = (both + 3072) * 4 // 3
        cell, part = place >> 8, place & 255
        correction = self.correction[g]
        corrected = (correction[cell] * (256 - part) + correction[cell + 1] * part) >> 8
        bit = coder.bit(clamp((squash(both) + corrected) >> 1, 1, 65535))
        for weights, guess in sides:
            error = (65536 * bit - squash(guess)) * self.rate >> 14
            for i, x in enumerate(inputs):
                weights[i] = clamp(weights[i] + ((x * error + 512) >> 10), -524287, 524287)
        cell += part > 128
        correction[cell] += toward_zero(65535 * bit - correction[cell], 64)
        for by_bits, slot in zip(self.by_bits, found):
            by_bits[slot.bits] = moved(*by_bits[slot.bits], bit)
            slot.estimate, slot.count = moved(slot.estimate, slot.count, bit)
            seen = 2 * slot.bits + bit
            slot.bits = seen if seen < 256 else (seen & 127) + 128
        return bit

    def byte(self, coder, hashes, selectors, before_bit=lambda b, partial: None):
        """Section 9.5; selectors(b, partial) are f and g."""
        partial = 1
        for b in range(7, -1, -1):
            if b in (7, 3):
                self.select_all(mix(h, partial) for h in hashes)
            before_bit(b, partial)
            node = partial if b > 3 else (partial & ((1 << (3 - b)) - 1)) + (1 << (3 - b))
            partial = 2 * partial + self.bit(coder, node, *selectors(b, partial))
        return partial & 255


class Numbers:
    """Section 9.4."""

    def __init__(self, coder, slots):
        self.coder = coder
        self.group = Group(slots, 1, 6, 48, 48, 1311)

    def bit(self, phase, b, known, context):
        kind, first, second, alignment = context
        h = mix(kind, phase, mix(b, known))
        self.group.select_all([
            h,
            mix(h, first, 1),
            mix(h, second, 2),
            mix(h, first, second + 3),
            mix(h, alignment, 4),
            mix(h, first, alignment + 5)
        ])
        return self.group.bit(self.coder, 1, kind, kind)

    def number(self, kind, first=0, second=0, alignment=0):
        context = (kind, first, second, alignment)
        length = 0
        while length < 63 and self.bit(0, length, 0, context):
            length += 1
        m = 1
        for b in range(length - 1, -1, -1):
            if length < 12 and length - b <= 6:
                known = low32(m) + 5000
            elif length - b <= 3:
                known = low32(m)
            elif b < 2:
                known = (m & 3) + 4 * b + 1000
            else:
                known = 2000 + b
            m = 2 * m + self.bit(100 + length, b, known, context)
        return m - 1

    def signed(self, *context):
        n = self.number(*context)
        return (n >> 1) ^ -(n & 1)
