"""Sections 11.3 to 11.5 of engine/FORMAT.md: what tokens may become, and what is learnt of them."""

import bisect

from mixed_coder import M64, low32, mix
from mixed_tokens import is_adrp, page


class Translator:
    """Section 11.3."""

    def __init__(self, copies, result_typing):
        self.result = result_typing
        self.pieces = []
        borders = sorted({edge for _, at, length, _ in copies for edge in (at, at + length)})
        for begin, end in zip(borders, borders[1:]):
            over = [copy for copy in copies if copy[1] <= begin and end <= copy[1] + copy[2]]
            if over:
                # max() gives the first of equals.
                result_at, base_at, _, _ = max(over, key=lambda copy: copy[2])
                self.pieces.append((begin, end, result_at - base_at))
        self.begins = [begin for begin, _, _ in self.pieces]

    def where(self, b):
        i = bisect.bisect_right(self.begins, b)
        left = self.pieces[i - 1] if i else None
        right = self.pieces[i] if i < len(self.pieces) else None
        if left and b < left[1]:
            return b + left[2] & M64, 1
        to_left = b - left[1] if left else M64
        to_right = right[0] - b if right else M64
        nearest = left if left and to_left <= to_right else right
        return b + nearest[2] & M64, 2 if min(to_left, to_right) < 64 else 3

    @staticmethod
    def place(space, t):
        for r in space.addresses:
            if (t - r.address) & M64 < r.length:
                return r.offset + (t - r.address & M64), 0
        least, nearest = M64, None
        for r in space.addresses:
            distance = (r.address - t if t < r.address else t - r.address - r.length + 1) & M64
            if distance < least:
                least, nearest = distance, r
        if nearest is None:
            return None
        if t < nearest.address:
            return nearest.offset, -least
        return nearest.offset + nearest.length - 1 & M64, least

    def translate(self, t, space, copy):
        place = self.place(space, t)
        if place is None:
            return t, 3
        offset, beyond = place
        result_at, base_at, length, _ = copy
        if beyond == 0 and (offset - base_at) & M64 < length:
            result_offset, certainty = offset - base_at + result_at & M64, 0
        else:
            result_offset, certainty = self.where(offset)
        address = self.result.address_of(result_offset)
        if address is None:
            return t + result_offset - offset & M64, 3
        return address + beyond & M64, 3 if beyond else certainty


class Learned:
    """Section 11.4: what values turned into."""

    def __init__(self, size):
        self.shift = 32 - size
        self.entries = {}

    def known(self, w, n):
        key = mix(n, w)
        found_key, value, confidence = self.entries.get(low32(key * 0x9E3779B1) >> self.shift, (None, 0, 0))
        return (value, confidence) if found_key == key else None

    def learn(self, w, n, value, surprise):
        key = mix(n, w)
        known = self.known(w, n)
        if known is None:
            if not surprise:
                return
            known = value, 0
        confidence = min(known[1] + 1, 3) if known[0] == value else 1
        self.entries[low32(key * 0x9E3779B1) >> self.shift] = key, value, confidence


class Predictor:
    """Sections 11.4 and 11.5."""

    def __init__(self, learned_size, result_typing, translator):
        self.result, self.translator = result_typing, translator
        self.learned = Learned(learned_size)
        self.success = {}
        self.pointers, self.pointer_confidence = [0] * 4, [0] * 3
        self.words, self.stride_confidence = [0] * 16, [0] * 5

    def success_of(self, token_class, candidate):
        _, source, confidence = candidate
        return self.success.get((token_class, source, confidence), 32768 if source == 0 else 19661 + 9830 * confidence)

    def predict(self, token, result_offset, space, copy, misses):
        """Fills the token's candidates: (value, source, confidence), the primary one first."""
        token.address = self.result.address_of(result_offset) if token.reference else None
        if token.address is None:
            token.reference = 0
        if token.reference:
            token.translated, token.certainty = self.translator.translate(token.target, space, copy)
            token.key = low32(token.target) ^ low32((token.target >> 32) * 77)
            candidates = self.of_reference(token)
        else:
            token.certainty = 0
            candidates = [(token.old, 0, bin(misses & 7).count("1"))] + self.of_plain(token)
        rates = [self.success_of(token.token_class(), candidate) for candidate in candidates]
        best = rates.index(max(rates))
        candidates[0], candidates[best] = candidates[best], candidates[0]
        token.candidates = candidates

    def of_reference(self, token):
        key = token.key
        token.by_map = token.reaching(token.translated, token.address)
        found = [(token.by_map, 0, token.certainty)]
        if known := self.learned.known(0, key):
            found.append((token.reaching(known[0], token.address), 1, known[1]))
        found.append((token.old, 2, 0))
        for source, shift in ((4, 7), (5, 12)):
            if known := self.learned.known(source, key >> shift):
                found.append((token.reaching(token.target + known[0], token.address), source, known[1]))
        if token.reference == 16:
            found += [(token.target + self.pointers[-1 - i] & M64, 6 + i, self.pointer_confidence[i]) for i in range(3)]
        return found

    def of_plain(self, token):
        if token.length != 4:
            return []
        found, old = [], token.old
        if known := self.learned.known(1, old):
            found.append((known[0], 1, known[1]))
        if not token.data:
            return found
        for w, shift, source in ((2, 8, 2), (3, 13, 8)):
            if known := self.learned.known(w, old >> shift):
                found.append((low32(old + known[0]), source, known[1]))
        for i, shift in enumerate(self.strides()):
            if shift:
                found.append((low32(old + shift), 3 + i, self.stride_confidence[i]))
        return found

    def strides(self):
        return [self.words[-n] for n in (1, 2, 6, 4, 3)]

    def learn(self, token, value, page_maker):
        for candidate in token.candidates:
            if not token.reference and candidate[0] == token.old and candidate[1] != 0:
                continue
            rate = self.success_of(token.token_class(), candidate)
            rate += ((65536 if candidate[0] == value else 0) - rate) * 31 >> 10
            self.success[(token.token_class(), candidate[1], candidate[2])] = rate
        if token.reference:
            self.learn_reference(token, value, page_maker)
        elif token.length == 4:
            self.learn_plain(token, value)

    def learn_reference(self, token, value, page_maker):
        target = token.reached(value, token.address)
        if token.page_back and is_adrp(page_maker) and page_maker & 31 == value >> 5 & 31:
            target = page(page_maker, token.address - 4 * token.page_back & M64)
            target = target + ((value >> 10 & 0xFFF) << token.scale) & M64
        if target is not None:
            surprise = value != token.by_map
            shift = target - token.target & M64
            self.learned.learn(0, token.key, target, surprise)
            self.learned.learn(4, token.key >> 7, shift, surprise)
            self.learned.learn(5, token.key >> 12, shift, surprise)
            if token.reference == 16:
                adjust(self.pointer_confidence, [self.pointers[-1 - i] == shift for i in range(3)])
                self.pointers = self.pointers[1:] + [shift]
        if token.length == 8:
            self.words = self.words[2:] + [0, 0]

    def learn_plain(self, token, value):
        old = token.old
        shift = low32(value - old)
        self.learned.learn(1, old, value, shift != 0)
        if not token.data:
            return
        self.learned.learn(2, old >> 8, shift, shift != 0)
        self.learned.learn(3, old >> 13, shift, shift != 0)
        adjust(self.stride_confidence, [s == shift if s else None for s in self.strides()])
        self.words = self.words[1:] + [shift]


def adjust(confidences, right):
    """One up where right, one down where wrong, within 0 and 3; None leaves alone."""
    for i, is_right in enumerate(right):
        if is_right is not None:
            confidences[i] = min(confidences[i] + 1, 3) if is_right else max(confidences[i] - 1, 0)
