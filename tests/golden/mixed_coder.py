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


def mix(a, b, *more):
    h = low32((a * 0x2545F491 + b) * 0x9E3779B1)
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


STRETCH = [least(16 * i + 8) for i in range(4096)]


def stretch(p):
    return STRETCH[p >> 4]


NOTHING = (0, 0, 0)
LIMITS = (32, 20, 11, 7, 6, 5)


def fits(a, b):
    return min(a, b) < len(LIMITS) and max(a, b) <= LIMITS[min(a, b)]


def after(history, bit):
    """Histories of section 9.3: (zeros, ones, last)."""
    seen = history[bit] + 1
    other = history[1 - bit]
    if other > 2:
        other = 2 + (other - 2) // 4
    while not fits(seen, other) and other > seen:
        other -= 1
    while not fits(seen, other):
        seen -= 1
    return (other, seen, 1) if bit else (seen, other, 0)


AFTER = {}
waiting = [NOTHING]
while waiting:
    history = waiting.pop()
    if history not in AFTER:
        AFTER[history] = (after(history, 0), after(history, 1))
        waiting.extend(AFTER[history])

RATES = [131072 // (2 * n + 3) for n in range(256)]
ESTIMATES = {h: (((10 * h[1] + 4) << 22) // (10 * (h[0] + h[1]) + 8), 6) for h in AFTER}
CORRECTION = [squash((i - 16) * 192) for i in range(33)]


def moved(estimate, count, bit):
    return estimate + ((((1 << 22) - 1) * bit - estimate) * RATES[count] >> 16), min(count + 1, 255)


class Slots:
    """The lines and groups of cells that all groups share; those that were never chosen are not made.

    A place is a list of four checks and a list of four lists of histories, the first of which is the place's worth."""

    def __init__(self, line_bits):
        self.line_bits = line_bits
        self.places = {}

    def chosen(self, hashed, cell):
        k = hashed * 0x9E3779B97F4A7C15 & M64
        check = (k >> 24 & 255) or 1
        number = k >> ((65 if cell else 64) - self.line_bits)
        size = 1 if cell else 15
        checks, held = self.places.setdefault((cell, number), ([0] * 4, [[NOTHING] * size for _ in range(4)]))
        if check in checks:
            return held[checks.index(check)]
        worths = [histories[0][0] + histories[0][1] for histories in held]
        least_worth = worths.index(min(worths))
        checks[least_worth] = check
        # A context that holds it goes on with it: it is emptied where it is.
        held[least_worth][:] = [NOTHING] * size
        return held[least_worth]


class Group:
    """Section 9.3."""

    def __init__(self, slots, number, contexts, rows, rate):
        self.slots, self.number, self.rate = slots, number, rate
        self.estimates = [dict(ESTIMATES) for _ in range(contexts)]
        self.sets = [[[16384] * (contexts + 1) for _ in range(count)] for count in rows]
        self.correction = [list(CORRECTION) for _ in range(rows[1])]
        self.held = [None] * contexts

    def choose(self, i, hashed, cell=False):
        self.held[i] = self.slots.chosen(low32(hashed + i * 0x6F4F2A35 + self.number * 0x01234567), cell)

    def choose_all(self, hashes, cell=False):
        for i, hashed in enumerate(hashes):
            self.choose(i, hashed, cell)

    def in_cells(self, coder, hashes, selectors):
        """A symbol of one bit."""
        self.choose_all(hashes, True)
        return self.bit(coder, 1, selectors)

    def bit(self, coder, node, selectors):
        at = node - 1
        inputs = []
        for held, estimates in zip(self.held, self.estimates):
            inputs.append(0 if held[at] == NOTHING else stretch(estimates[held[at]][0] >> 6))
        inputs.append(102)
        rows = [rows[selector] for rows, selector in zip(self.sets, selectors)]
        sums = [clamp(sum(x * w >> 8 for x, w in zip(inputs, row)) >> 8, -LIMIT, LIMIT) for row in rows]
        total = sum(sums) * 21845 >> 16
        place = (total + 3072) * 4 // 3
        cell, part = place >> 8, place & 255
        correction = self.correction[selectors[1]]
        corrected = (correction[cell] * (256 - part) + correction[cell + 1] * part) >> 8
        bit = coder.bit(clamp((squash(total) + corrected) >> 1, 1, 65535))
        for row, guess in zip(rows, sums):
            error = (65536 * bit - squash(guess)) * self.rate >> 14
            for i, x in enumerate(inputs):
                row[i] = clamp(row[i] + ((x * error + 512) >> 10), -524287, 524287)
        cell += part > 128
        correction[cell] += (65535 * bit - correction[cell]) >> 6
        had = []
        for held in self.held:
            had.append(held[at])
            held[at] = AFTER[held[at]][bit]
        for estimates, history in zip(self.estimates, had):
            estimates[history] = moved(*estimates[history], bit)
        return bit

    def byte(self, coder, hashes, selectors, before_bit=lambda b, partial: None):
        """Section 9.5; selectors(b, partial) are the three of the bit."""
        partial = 1
        for b in range(7, -1, -1):
            if b in (7, 3):
                self.choose_all(mix(h, partial) for h in hashes)
            before_bit(b, partial)
            node = partial if b > 3 else (partial & ((1 << (3 - b)) - 1)) + (1 << (3 - b))
            partial = 2 * partial + self.bit(coder, node, selectors(b, partial))
        return partial & 255


class Numbers:
    """Section 9.4."""

    def __init__(self, coder, slots):
        self.coder = coder
        self.group = Group(slots, 1, 4, (48, 48, 1), 1966)

    def bit(self, phase, known, node, context):
        kind, first, second, alignment = context
        if node == 1:
            h = mix(kind, phase, known)
            self.group.choose_all([h, mix(h, first, second), mix(h, alignment), mix(h, first, alignment)])
        return self.group.bit(self.coder, node, (kind, kind, 0))

    def number(self, kind, first=0, second=0, alignment=0):
        context = (kind, first, second, alignment)
        length = 0
        while length < 63 and self.bit(length, 0, 1 + length % 15, context):
            length += 1
        m = 1
        for b in range(length - 1, -1, -1):
            j = (length - 1 - b) % 4
            known = low32(m) if length < 12 else b + 4096
            m = 2 * m + self.bit(100 + length, known, (1 << j) + (m & ((1 << j) - 1)), context)
        return m - 1

    def signed(self, *context):
        n = self.number(*context)
        return (n >> 1) ^ -(n & 1)
