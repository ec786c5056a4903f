"""Predicted deflate streams, section 13.5 of FORMAT.md: what a stream opens to, which is its content and the corrections."""

import zlib

LENGTHS = [(3 + i, 0) for i in range(8)]
LENGTHS += [(base, bits) for bits, first in ((1, 11), (2, 19), (3, 35), (4, 67), (5, 131)) for base in range(first, first + (4 << bits), 1 << bits)]
LENGTHS.append((258, 0))
DISTANCES = [(1 + i, 0) for i in range(4)]
DISTANCES += [(base, bits) for bits in range(1, 14) for base in ((2 << bits) + 1, (3 << bits) + 1)]
ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
REPEATS = {16: (3, 2), 17: (3, 3), 18: (11, 7)}
FAR = 259  # 258 bytes as symbol 284
REACH = 32506
STORED, FIXED = 0, 1


def varint(number):
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


class Bits:
    """Lowest bit of each byte first."""

    def __init__(self, stream):
        self.stream, self.at = stream, 0

    def take(self, count):
        value = sum((self.stream[(self.at + i) >> 3] >> ((self.at + i) & 7) & 1) << i for i in range(count))
        self.at += count
        return value

    def to_byte(self):
        return self.take(-self.at % 8)

    def symbol(self, code):
        word, bits = 0, 0
        while (bits, word) not in code:
            word, bits = word << 1 | self.take(1), bits + 1
        return code[bits, word]


def code_of(lengths):
    """RFC 1951, 3.2.2."""
    code, word = {}, 0
    for bits in range(1, 16):
        word <<= 1
        for symbol, length in enumerate(lengths):
            if length == bits:
                code[bits, word] = symbol
                word += 1
    return code


class Block:
    """One block of a stream: its type, and what it says beside its content."""

    def __init__(self, bits, stream):
        self.last = bits.take(1)
        self.type = bits.take(2)
        self.padding = 0
        self.tokens = []
        if self.type == STORED:
            self.padding = bits.to_byte()
            self.stored = bits.take(16)
            bits.take(16)
            bits.at += 8 * self.stored
        else:
            self.read_codes(bits)
            self.read_tokens(bits)
        if self.last and self.type != STORED:
            self.padding = bits.to_byte()
        assert bits.at <= 8 * len(stream)

    def read_codes(self, bits):
        if self.type == FIXED:
            self.literals = [8] * 144 + [9] * 112 + [7] * 24 + [8] * 8
            self.distances = [5] * 30
            return
        literals, distances, count = bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4
        self.symbol_lengths = [bits.take(3) for _ in range(count)]
        code = code_of(by_order(self.symbol_lengths))
        lengths, self.symbols = [], []
        while len(lengths) < literals + distances:
            symbol = bits.symbol(code)
            if symbol < 16:
                self.symbols.append((symbol, 0))
                lengths.append(symbol)
                continue
            least, width = REPEATS[symbol]
            extra = bits.take(width)
            self.symbols.append((symbol, extra))
            lengths += (lengths[-1:] if symbol == 16 else [0]) * (least + extra)
        self.literals, self.distances = lengths[:literals], lengths[literals:]

    def read_tokens(self, bits):
        literals, distances = code_of(self.literals), code_of(self.distances)
        while (symbol := bits.symbol(literals)) != 256:
            if symbol < 256:
                self.tokens.append((0, symbol))
                continue
            base, width = LENGTHS[symbol - 257]
            length = base + bits.take(width)
            if length == 258 and width:
                length = FAR
            base, width = DISTANCES[bits.symbol(distances)]
            self.tokens.append((length, base + bits.take(width)))


def by_order(lengths):
    out = [0] * 19
    for symbol, length in zip(ORDER, lengths):
        out[symbol] = length
    return out


def span(token):
    return 258 if token[0] == FAR else token[0] or 1


class Predictor:
    """"Search" and "Tokens" of the section."""

    def __init__(self, content, parameters):
        self.content = content
        self.chain, self.good, self.lazy, self.nice, kind = parameters
        self.hash, self.greedy = kind % 8, kind >= 8
        self.hashed = 4 if self.hash == 4 else 3
        self.heads, self.before = {}, [None] * len(content)
        self.at = self.entered = 0
        self.ahead = None

    def hash_at(self, at):
        a, b, c = self.content[at : at + 3]
        if self.hash == 0:
            return (a << 10 ^ b << 5 ^ c) % (1 << 15)
        if self.hash == 1:
            return (a << 12 ^ b << 6 ^ c) % (1 << 16)
        word = int.from_bytes(self.content[at : at + self.hashed], "little")
        if self.hash == 2:
            for _ in range(32):
                word = word >> 1 ^ (0x82F63B78 if word & 1 else 0)
            return word % (1 << 15)
        if self.hash == 3:
            return (word * 66521 + 66521) % (1 << 32) // (1 << 16) % (1 << 15)
        return word * 2654435761 % (1 << 32) // (1 << 16)

    def enter(self, until):
        for at in range(self.entered, until):
            if len(self.content) - at >= self.hashed:
                key = self.hash_at(at)
                self.before[at] = self.heads.get(key)
                self.heads[key] = at
        self.entered = max(self.entered, until)

    def common(self, a, b, most):
        length = 0
        while length < most and self.content[a + length] == self.content[b + length]:
            length += 1
        return length

    def search(self, at, exceed):
        """Length and distance, or None."""
        left = min(len(self.content) - at, 258)
        if left < self.hashed or left <= exceed:
            return None
        tries = max(self.chain // 4, 1) if exceed >= self.good else self.chain
        best, string = (exceed, 0), self.heads.get(self.hash_at(at))
        while string is not None and tries and at - string <= (32768 if self.hash == 4 else REACH):
            length = self.common(string, at, left)
            if length > best[0]:
                best = (length, at - string)
                if length >= min(self.nice, left):
                    break
            tries -= 1
            string = self.before[string]
        length, distance = best
        if not distance or length < self.hashed or (not self.greedy and length == self.hashed and distance > 4096):
            return None
        return best

    def predict(self):
        here = self.ahead or self.search(self.at, 2)
        self.ahead = None
        self.enter(self.at + 1)
        literal = (0, self.content[self.at])
        if here is None:
            return literal
        if self.greedy or here[0] >= self.lazy:
            return here
        self.ahead = self.search(self.at + 1, here[0])
        return literal if self.ahead else here

    def accept(self, token):
        end = self.at + span(token)
        if token[0]:
            self.ahead = None
        if not self.greedy or end - self.at <= self.lazy:
            self.enter(end)
        self.at = self.entered = end

    def skip(self, count):
        self.ahead = None
        self.enter(self.at + count)
        self.at += count

    def rank(self, length, distance):
        if len(self.content) - self.at < max(length, self.hashed):
            return 0
        rank, string = 0, self.before[self.at]
        for _ in range(1024):
            if string is None or self.at - string > distance:
                break
            rank += self.common(string, self.at, length) == length
            if self.at - string == distance:
                return rank
            string = self.before[string]
        return 0


class Heap:
    """The tree that build_tree() makes: a heap in which of equal counts the shallower node is less."""

    def __init__(self, counts, most):
        self.counts, self.depth = dict(enumerate(counts)), {}
        self.nodes = [None] + [symbol for symbol, count in enumerate(counts) if count]
        self.leaves, self.most = len(counts), most
        self.last = max(self.nodes[1:], default=-1)
        while len(self.nodes) < 3:
            symbol = 0
            if self.last < 2:
                self.last = symbol = self.last + 1
            self.counts[symbol] = 1
            self.nodes.append(symbol)

    def less(self, a, b):
        return (self.counts[a], self.depth.get(a, 0)) <= (self.counts[b], self.depth.get(b, 0))

    def sift(self, at):
        node, child = self.nodes[at], 2 * at
        while child < len(self.nodes):
            if child + 1 < len(self.nodes) and self.less(self.nodes[child + 1], self.nodes[child]):
                child += 1
            if self.less(node, self.nodes[child]):
                break
            self.nodes[at] = self.nodes[child]
            at, child = child, 2 * child
        self.nodes[at] = node

    def lengths(self):
        for at in range((len(self.nodes) - 1) // 2, 0, -1):
            self.sift(at)
        order, parent, node = [], {}, self.leaves
        while len(self.nodes) > 2:
            least = self.nodes[1]
            self.nodes[1] = self.nodes[-1]
            self.nodes.pop()
            self.sift(1)
            second = self.nodes[1]
            order += [least, second]
            self.counts[node] = self.counts[least] + self.counts[second]
            self.depth[node] = max(self.depth.get(least, 0), self.depth.get(second, 0)) + 1
            parent[least] = parent[second] = self.nodes[1] = node
            node += 1
            self.sift(1)
        return self.fitted(order, parent, node - 1)

    def fitted(self, order, parent, root):
        """No length is above the most; leaves get them in the order of their counts."""
        length, overflow, of_length = {root: 0}, 0, [0] * (self.most + 1)
        for node in reversed(order):
            length[node] = min(length[parent[node]] + 1, self.most)
            overflow += length[parent[node]] + 1 > self.most
            of_length[length[node]] += node < self.leaves
        fits = overflow == 0
        while overflow > 0:
            bits = max(bits for bits in range(1, self.most) if of_length[bits])
            of_length[bits] -= 1
            of_length[bits + 1] += 2
            of_length[self.most] -= 1
            overflow -= 2
        if not fits:
            leaves = iter(node for node in order if node < self.leaves)
            for bits in range(self.most, 0, -1):
                for _ in range(of_length[bits]):
                    length[next(leaves)] = bits
        return [length.get(symbol, 0) for symbol in range(self.last + 1)]


def bucket(table, value):
    return max(i for i, (base, _) in enumerate(table) if base <= value)


def predicted_lengths(tokens):
    literals, distances = [0] * 286, [0] * 30
    literals[256] = 1
    for length, value in tokens:
        if length == 0:
            literals[value] += 1
            continue
        literals[284 if length == FAR else 257 + bucket(LENGTHS, length)] += 1
        distances[bucket(DISTANCES, value)] += 1
    return Heap(literals, 15).lengths(), Heap(distances, 15).lengths()


def predicted_symbols(lengths):
    """send_tree() of one of the two."""
    out, before, count = [], None, 0
    most, least = (138, 3) if lengths[0] == 0 else (7, 4)
    for here, after in zip(lengths, [*lengths[1:], None]):
        count += 1
        if count < most and here == after:
            continue
        if count < least:
            out += [(here, 0)] * count
        elif here:
            if here != before:
                out.append((here, 0))
                count -= 1
            out.append((16, count - 3))
        else:
            out.append((17, count - 3) if count <= 10 else (18, count - 11))
        count, before = 0, here
        most, least = (138, 3) if after == 0 else (6, 3) if here == after else (7, 4)
    return out


def predicted_symbol_lengths(symbols):
    counts = [0] * 19
    for symbol, _ in symbols:
        counts[symbol] += 1
    lengths = Heap(counts, 7).lengths()
    lengths = [lengths[symbol] if symbol < len(lengths) else 0 for symbol in ORDER]
    while len(lengths) > 4 and lengths[-1] == 0:
        lengths.pop()
    return lengths


def changes(predicted, real):
    rows, after = [], 0
    for at, length in enumerate(real):
        if length != (predicted[at] if at < len(predicted) else 0):
            rows.append(varint(at - after) + bytes([length]))
            after = at + 1
    return varint(len(real)) + varint(len(rows)) + b"".join(rows)


def codes(block):
    """Flags, and what a dynamic block's codes are that was not predicted."""
    flags, out = 0, b""
    literals, distances = predicted_lengths(block.tokens)
    if (literals, distances) != (block.literals, block.distances):
        flags |= 1 << 4
        out += changes(literals, block.literals) + changes(distances, block.distances)
    if block.symbols != predicted_symbols(block.literals) + predicted_symbols(block.distances):
        flags |= 1 << 5
        out += varint(len(block.symbols)) + b"".join(bytes(pair if pair[0] > 15 else pair[:1]) for pair in block.symbols)
    if block.symbol_lengths != predicted_symbol_lengths(block.symbols):
        flags |= 1 << 6
        out += bytes([len(block.symbol_lengths), *block.symbol_lengths])
    return flags, out


def tokens(block, predictor):
    out, right = b"", 0
    for token in block.tokens:
        if predictor.predict() == token:
            right += 1
        else:
            out += varint(right + 1) + varint(token[0])
            if token[0]:
                rank = predictor.rank(span(token), token[1])
                out += varint(rank) + (b"" if rank else varint(token[1] - 1))
            right = 0
        predictor.accept(token)
    return out + b"\0"


def of_block(block, expected, predictor):
    flags, out = block.type | block.last << 2, b""
    if block.padding:
        flags |= 1 << 7
        out += bytes([block.padding])
    if block.type == STORED:
        predictor.skip(block.stored)
        return bytes([flags]) + out + varint(block.stored)
    if len(block.tokens) != expected:
        flags |= 1 << 3
        out += varint(len(block.tokens))
    out += tokens(block, predictor)
    if block.type != FIXED:
        more, codes_out = codes(block)
        flags, out = flags | more, out + codes_out
    return bytes([flags]) + out


def opened(stream, parameters, is_zlib):
    """Content, corrections and their length."""
    corrections = stream[:2] if is_zlib else b""
    stream = stream[2:-4] if is_zlib else stream
    content = zlib.decompress(stream, -15)
    predictor, bits, expected = Predictor(content, parameters), Bits(stream), 0
    while True:
        block = Block(bits, stream)
        corrections += of_block(block, expected, predictor)
        if block.type != STORED:
            expected = len(block.tokens)
        if block.last:
            return content + corrections + len(corrections).to_bytes(8, "little")
