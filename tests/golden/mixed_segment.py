"""Section 12 of engine/FORMAT.md: the data segment of codec 1."""

import bisect

from mixed_coder import M32, M64, Group, Numbers, RangeDecoder, Slots, bits, low32, mix
from mixed_map import check
from mixed_predictor import Predictor, Translator
from mixed_tokens import Cutter, field_mask, field_number, in_field

BLOCK = 16384
PLAIN_BLOCK = 1024


class History:
    """Section 12.1."""

    def __init__(self, size):
        self.ring = bytearray(1 << size)
        self.mask = (1 << size) - 1
        self.places = [0] * (1 << (size - 4))
        self.place_shift = 36 - size
        self.size = self.match = self.length = 0

    def back(self, distance):
        return self.ring[(self.size - distance) & self.mask]

    def last4(self):
        return sum(self.back(1 + i) << (8 * i) for i in range(4))

    def place(self):
        last4 = self.last4()
        h = low32(last4 * 0x9E3779B1) ^ low32((self.back(5) + 256 * self.back(6)) * 0x85EBCA6B) ^ (last4 >> 15)
        return low32(h * 0xC2B2AE35) >> self.place_shift

    def put(self, byte):
        self.ring[self.size & self.mask] = byte
        self.size += 1

    def push(self, byte):
        if self.length > 0 and self.ring[self.match & self.mask] == byte:
            self.match += 1
            self.length = min(self.length + 1, 32)
        else:
            self.length = 0
        self.put(byte)
        if self.size < 6:
            return
        place = self.place()
        e = self.places[place]
        if self.length == 0 and e != 0 and self.size - e < self.mask:
            same = 0
            while same < min(32, e) and self.ring[(e - 1 - same) & self.mask] == self.back(same + 1):
                same += 1
            if same >= 5:
                self.match, self.length = e, same
        self.places[place] = low32(self.size)

    def append(self, block):
        self.length = 0
        excess = max(len(block) - len(self.ring), 0)
        self.size += excess
        for byte in block[excess:]:
            self.put(byte)
            if self.size % 4 == 0 and self.size >= 6:
                self.places[self.place()] = low32(self.size)

    def expected(self):
        return self.ring[self.match & self.mask] if self.length > 0 else 0


class Window:
    """What a map segment says, and the lookups over it."""

    def __init__(self, base, base_typing, result_typing, copies):
        self.base, self.copies, self.result_typing, self.base_typing = base, copies, result_typing, base_typing
        self.cutter = Cutter(base, base_typing)
        self.translator = Translator(copies, result_typing)


class SegmentReader:
    """Section 12."""

    def __init__(self, wire, sizes, window):
        self.coder = RangeDecoder(wire)
        slots = Slots(sizes[0])
        self.numbers = Numbers(self.coder, slots)
        self.hits = Group(slots, 0, 7, (84, 42, 256), 1966)
        self.literal_bytes = Group(slots, 2, 10, (256, 768, 768), 1475)
        self.literal_words = Group(slots, 6, 7, (32, 256, 256), 1475)
        self.token_bytes = Group(slots, 3, 7, (192, 256, 504), 1475)
        self.others = Group(slots, 4, 5, (42, 42, 1), 1966)
        self.history = History(sizes[1])
        self.window, self.base = window, window.base
        self.predictor = Predictor(sizes[2], window.result_typing, window.translator)
        self.fast = [60000] * 8192
        self.missed = [0] * 16384
        self.last_distance = {}
        self.misses = self.last_old = self.last_new = 0
        self.plain = 4096
        self.made = bytearray()

    def read(self, begin, end):
        copies = self.window.copies
        i = bisect.bisect_right([at + length for at, _, length, _ in copies], begin)
        at = begin
        while at < end:
            if i == len(copies) or at < copies[i][0]:
                left = copies[i - 1] if i else None
                right = copies[i] if i < len(copies) else None
                at = self.literals(at, min(end, right[0]) if right else end, left, right)
                continue
            copy = copies[i]
            until = min(end, copy[0] + copy[2])
            if copy[3]:
                self.verbatim(copy, at, until)
            else:
                self.tokens(copy, at, until)
            at = until
            i += at == copy[0] + copy[2]
        check(self.coder.fills(), "F18")
        return bytes(self.made)

    def literals(self, begin, end, left, right):
        kind = 0
        if left or right:
            kind = self.window.base_typing.kind_at(left[1] + left[2] - 1 if left else right[1]).kind
        for block in range(begin, end, PLAIN_BLOCK):
            until = min(end, block + PLAIN_BLOCK)
            if until - block == PLAIN_BLOCK and self.is_plain():
                self.plain_block()
                continue
            o = block
            while o < until:
                words = kind in (1, 8, 9) and o % 4 == 0 and until - o >= 4
                beside = [[self.beside(left[1] + at - left[0]) if left else 0,
                           self.beside(right[1] - (right[0] - at) & M64) if right else 0]
                          for at in range(o, o + (4 if words else 1))]
                made = self.word(beside) if words else bytes([self.literal(o, kind, *beside[0])])
                for byte in made:
                    self.history.push(byte)
                self.made += made
                o += len(made)
        return end

    def is_plain(self):
        plain = self.coder.bit(self.plain)
        more = 65536 * plain - self.plain
        self.plain += more // 16 if more >= 0 else -(-more // 16)
        return plain

    def plain_block(self):
        block = bytearray()
        for _ in range(PLAIN_BLOCK):
            byte = 0
            for _ in range(8):
                byte = 2 * byte + self.coder.bit(32768)
            block.append(byte)
        self.history.append(block)
        self.made += block

    def beside(self, offset):
        return 1 + self.base[offset] if offset < len(self.base) else 0

    def literal(self, o, kind, left, right):
        history = self.history
        last4 = history.last4()
        c1, c2, c3, c4, c8 = (history.back(n) for n in (1, 2, 3, 4, 8))
        if kind in (1, 8, 9):
            where = (o & 3) + 8
        elif kind in (3, 10):
            where = (o & 3) + 12
        else:
            where = 4 if kind in (2, 11) else (o & 7) + 16
        family = {1: 1, 2: 2}.get(kind, 0)
        expected, length = history.expected(), history.length
        hashes = [
            where, mix(c1, where), mix(c1, c2), last4, mix(where, c4, c8), mix(left, c1),
            mix(right, c1), 0, mix(where, c2, c3), mix(c4, c1, where)
        ]

        def state(b, partial):
            return 1 + min(length, 6) // 2 if length > 0 and (expected + 256) >> (b + 1) == partial else 0

        def choose_expected(b, partial):
            if length > 0:
                says = mix(length, expected >> b & 1) if state(b, partial) else 0
                self.literal_bytes.choose(7, says)

        def selectors(b, partial):
            return 8 * where + state(b, partial), partial + 256 * family, c1 + 256 * family

        return self.literal_bytes.byte(self.coder, hashes, selectors, choose_expected)

    def word(self, beside):
        history, length = self.history, self.history.length
        expected = sum(history.ring[(history.match + i) & history.mask] << (8 * i) for i in range(4)) if length else 0
        left = sum(max(pair[0] - 1, 0) << (8 * i) for i, pair in enumerate(beside))
        w1, w2, w3 = (sum(history.back(n - i) << (8 * i) for i in range(4)) for n in (4, 8, 12))
        known = 0
        for k in range(3, -1, -1):
            head = known >> (8 * (2 - k)) & 255 if k < 3 else 0
            lk, ek = (n >> (8 * k) & 255 for n in (left, expected))
            al, ae = (int(n >> (8 * k + 8) == known) for n in (left, expected))
            p = mix(known, k)
            hashes = [
                p, mix(p, w1 >> 21), mix(p, w1 >> 21, w2 >> 21), mix(k, al, lk), 0,
                mix(k, head, w1 >> (8 * k) & 255), mix(p, w1 >> 24, w2 >> 24, w3 >> 24)
            ]

            def state(b, partial, ek=ek, ae=ae):
                return 1 + min(length, 6) // 2 if length and ae and (ek + 256) >> (b + 1) == partial else 0

            def choose_expected(b, partial, state=state, ek=ek):
                if length:
                    self.literal_words.choose(4, mix(length, ek >> b & 1) if state(b, partial) else 0)

            def selectors(b, partial, k=k, state=state):
                return 8 * k + state(b, partial), partial, w1 >> 24

            known = known << 8 | self.literal_words.byte(self.coder, hashes, selectors, choose_expected)
        return known.to_bytes(4, "little")

    def verbatim(self, copy, begin, end):
        for at in range(begin, end, BLOCK):
            base_at = copy[1] + at - copy[0]
            block = self.base[base_at:base_at + min(BLOCK, end - at)]
            self.history.append(block)
            self.made += block
        if end - begin > 64:
            self.misses = 0

    def tokens(self, copy, begin, end):
        shift = copy[0] - copy[1]
        at, base_end = begin - shift, end - shift
        while at < base_end:
            typed = self.window.base_typing.kind_at(at)
            token = self.window.cutter.cut(at, min(base_end, typed.end), typed)
            self.predictor.predict(token, at + shift, typed.space, copy, self.misses)
            value = self.token(token, at + shift - begin, copy[2])
            back = 4 * token.page_back
            page_maker = sum(self.history.back(back - i) << (8 * i) for i in range(4)) if back else 0
            self.predictor.learn(token, value, page_maker)
            block = (value & ((1 << 8 * token.length) - 1)).to_bytes(token.length, "little")
            self.history.append(block)
            self.made += block
            at += token.length

    def token(self, token, copied, copy_length):
        primary = token.candidates[0]
        rest = token.candidates[1:]
        token.primary = 4 * primary[1] + primary[2]
        token.agreeing = sum(1 << source for value, source, _ in rest if value == primary[0])
        token.others = sum(value != primary[0] for value, _, _ in rest)
        if self.hit(token, copied, copy_length):
            return primary[0]
        value = self.miss(token)
        self.last_old, self.last_new = low32(token.old), low32(value)
        return value

    def hit(self, token, copied, copy_length):
        kind, old32 = token.token_class(), low32(token.old)
        fast_cell = mix(kind, token.primary, mix(token.agreeing, token.others, self.misses & 255)) >> 19
        missed_cell = mix(old32, token.length) >> 18
        fast = self.fast[fast_cell]
        if fast > 65000 and self.missed[missed_cell] == 0 and not (token.reference and token.certainty == 3):
            hit = self.coder.bit(min(fast, 65500))
        else:
            hashes = [mix(x, kind) for x in self.hit_contexts(token, old32, copied, copy_length)]
            selectors = 4 * kind + (self.misses & 3), 2 * kind + (token.others > 0), self.misses & 255
            hit = self.hits.in_cells(self.coder, hashes, selectors)
        self.fast[fast_cell] = fast + ((65535 - fast) >> 7) if hit else fast - (fast >> 7)
        self.missed[missed_cell] = max(self.missed[missed_cell] - 1, 0) if hit else 4
        self.misses = low32(2 * self.misses + (1 - hit))
        return hit

    def hit_contexts(self, token, old32, copied, copy_length):
        ref, misses, primary = int(bool(token.reference)), self.misses, token.primary
        word_at = self.window.cutter.word_at
        plain_code = not ref and not token.data

        def log(n, most):
            return min(bits(n) - 1, most) if n else 0

        return [
            old32 ^ low32(token.length << 28), mix(primary, token.agreeing, token.others),
            token.key if ref else mix(old32 >> 8, token.base_offset & 7),
            mix(log(copied, 12), log(copy_length, 14), misses & 3, primary),
            mix(word_at(token.base_offset - 4), old32 >> 24 if ref else old32),
            mix(word_at(token.base_offset + token.length), old32),
            mix(old32 >> 21 if plain_code else 0, misses & 15, primary)
        ]

    def miss(self, token):
        kind, old32 = token.token_class(), low32(token.old)
        misses, primary = self.misses, token.primary
        for j, (value, source, confidence) in enumerate(token.candidates[1:], 1):
            if value in [earlier for earlier, _, _ in token.candidates[:j]]:
                continue
            h = mix(source, confidence, kind)
            hashes = [
                h, mix(h, primary), mix(h, misses & 15, j), mix(h, old32), mix(h, token.agreeing, token.others)
            ]
            if self.others.in_cells(self.coder, hashes, (kind, kind, 0)):
                return value
        if token.reference and token.length == 4:
            h = mix(kind, 64)
            hashes = [h, mix(h, token.certainty), mix(h, misses & 7), mix(h, primary), mix(h, token.agreeing)]
            if self.others.in_cells(self.coder, hashes, (21 + kind, 21 + kind, 0)):
                return self.field(token, kind)
        return self.bytes(token, kind)

    def field(self, token, kind):
        more = self.numbers.signed(24 + kind, token.certainty, min(self.last_distance.get(kind, 0), 40))
        self.last_distance[kind] = 1 + bits(abs(more)) if more else 0
        guess, reference = token.candidates[0][0], token.reference
        number = field_number(reference, guess) + more
        return guess & ~field_mask(reference) & M32 | in_field(reference, number)

    def bytes(self, token, kind):
        guess, n = token.candidates[0][0], token.length
        known = 0
        for k in range(n - 1, -1, -1):
            g, o = guess >> (8 * k) & 255, token.old >> (8 * k) & 255
            hashes = self.byte_hashes(token, kind, k, (g, o, known))

            def selectors(b, partial, k=k, g=g):
                says = 1 + (g >> b & 1) if (g + 256) >> (b + 1) == partial else 0
                return 24 * k + min(kind, 7) + 8 * says, partial, 3 * (8 * kind + k) + says

            known = known << 8 | self.token_bytes.byte(self.coder, hashes, selectors)
        return known

    def byte_hashes(self, token, kind, k, values):
        g, o, known = values
        n, q, last4 = token.length, 8 * kind + k, self.history.last4()
        tg = int(k == n - 1 or known == token.candidates[0][0] >> (8 * k + 8))
        to = int(k == n - 1 or known == token.old >> (8 * k + 8))
        done = low32(known + (n - 1 - k) * 0x01234567)
        then = mix(self.last_old >> (8 * (k & 3)) & 255, self.last_new >> (8 * (k & 3)) & 255)
        return [
            mix(q, g, tg), mix(q, o, to), mix(done, q), mix(q, last4 & 0xFFFF), mix(q, tg), mix(q, then, o),
            mix(q, o, last4 & 255)
        ]
