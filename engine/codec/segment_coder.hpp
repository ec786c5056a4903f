// The data segment of codec 1: literals and tokens of a range of the result, in order, as one range-coded
// stream.
#pragma once

#include "base/vector_clones.hpp"
#include "codec/foresight.hpp"
#include "codec/literal_coder.hpp"
#include "codec/model_sizes.hpp"
#include "codec/noise.hpp"
#include "codec/token_coder.hpp"
#include "codec/window_view.hpp"
#include "codec/wire_part.hpp"
#include "codec/word_coder.hpp"
#include "predict/predictor.hpp"

namespace skiff {

/// The result's side of a segment: bytes that are true (encoding) or that are made (decoding), in order.
class ResultStream {
 public:
  virtual ~ResultStream() = default;
  /// Encoding: the next `length` (1 to kPlainBlock) bytes, without taking them; valid until put(). Decoding:
  /// not called.
  virtual Result<ByteView> peek(std::size_t length) = 0;
  /// Takes the bytes that come next.
  virtual Result<void> put(ByteView bytes) = 0;
};

/// All state of a segment's models; reset by each segment.
struct SegmentModels {
  explicit SegmentModels(const ModelSizes& sizes)
      : slots(sizes.slot_lines),
        numbers(slots),
        literals(slots),
        words(slots),
        tokens(slots, numbers),
        history(sizes.history) {}
  void reset() {
    slots.reset();
    numbers.reset();
    literals.reset();
    words.reset();
    tokens.reset();
    history.reset();
  }
  SlotTable slots;
  NumberCoder numbers;
  LiteralCoder literals;
  WordCoder words;
  TokenCoder tokens;
  History history;
};

template <class Coder>
class SegmentCoder {
 public:
  SegmentCoder(Coder& coder, SegmentModels& models, const ModelSizes& sizes, const Source& base,
               const WindowView& window, ResultStream& result)
      : coder_(coder),
        models_(models),
        predictor_(window.result_addresses(), window.translator(), sizes.learned),
        base_(base),
        window_(window),
        result_(result) {}

  /// Codes result range [begin, end), within the window, and returns where it ended: an encoder stops early,
  /// between tokens or blocks of literals, when its output has `budget` bytes or more.
  SKIFF_VECTOR_CLONES
  Result<std::uint64_t> run(std::uint64_t begin, std::uint64_t end, std::size_t budget = SIZE_MAX) {
    budget_ = budget;
    const std::span<const Copy> copies = window_.copies();
    auto next = std::upper_bound(copies.begin(), copies.end(), begin,
                                 [](std::uint64_t at, const Copy& copy) { return at < copy.result_end(); });
    Foresight foresight(base_, copies, begin);
    std::uint64_t at = begin;
    while (at < end && !spent()) {
      const std::uint64_t gap_end =
          next == copies.end() ? end : std::min<std::uint64_t>(end, next->result_offset);
      if (at < gap_end) {
        const Copy* left = next == copies.begin() ? nullptr : &*std::prev(next);
        const Copy* right = next == copies.end() ? nullptr : &*next;
        const std::size_t before = coder_.length();
        SKIFF_ASSIGN(at, literals(at, gap_end, left, right));
        literal_bytes_ += coder_.length() - before;
        continue;
      }
      const std::uint64_t copy_end = std::min(end, next->result_end());
      SKIFF_ASSIGN(at, next->verbatim ? verbatim(*next, at, copy_end, foresight)
                                      : tokens(*next, at, copy_end, foresight));
      if (at == next->result_end()) ++next;
    }
    return at;
  }

  /// Coded bytes that literals took so far; the rest went to tokens.
  [[nodiscard]] std::size_t literal_bytes() const { return literal_bytes_; }

 private:
  static constexpr bool kDecodes = Coder::kDecodes;
  static constexpr Probability kEven = 32768;
  static constexpr std::int32_t kPlainInitial = 4096;
  static constexpr std::int32_t kPlainRate = 16;
  static constexpr std::uint64_t kQuietCopy = 64;  ///< longer verbatim copies end the memory of misses

  /// Whether an encoder has written what it may.
  [[nodiscard]] bool spent() const {
    if constexpr (kDecodes)
      return false;
    else
      return coder_.length() >= budget_;
  }

  /// What is beside a gap.
  struct Surroundings {
    const Copy* left;
    const Copy* right;
    Kind kind;
  };

  /// The kind of the code around a gap: that of the copy before it, or after.
  Kind kind_beside(const Copy* left, const Copy* right) const {
    if (left) return window_.base_types().at(left->base_offset + left->length - 1).range.kind;
    if (right) return window_.base_types().at(right->base_offset).range.kind;
    return Kind::kRaw;
  }

  /// Whole blocks of literals are plain or modelled, each by choice; an encoder stops between blocks only.
  Result<std::uint64_t> literals(std::uint64_t begin, std::uint64_t end, const Copy* left,
                                 const Copy* right) {
    const Surroundings around{left, right, kind_beside(left, right)};
    for (std::uint64_t from = begin; from < end && !spent();) {
      const std::uint64_t to = from + std::min<std::uint64_t>(end - from, kPlainBlock);
      SKIFF_ASSIGN(const bool plain, code_plain(to - from));
      SKIFF_TRY(plain ? plain_literals() : modelled_literals(from, to, around));
      begin = from = to;
    }
    return begin;
  }

  /// Whether the next block of literals is plain; one that is not whole never is.
  Result<bool> code_plain(std::uint64_t length) {
    if (length < kPlainBlock) return false;
    bool plain = false;
    if constexpr (!kDecodes) {
      SKIFF_ASSIGN(const ByteView block, result_.peek(kPlainBlock));
      plain = looks_like_noise(block, models_.history);
    }
    announce(coder_, WirePart::kLiterals);
    plain = coder_.code(plain, plain_);
    plain_ += ((plain ? 65536 : 0) - plain_) / kPlainRate;
    return plain;
  }

  Result<void> plain_literals() {
    std::array<std::uint8_t, kPlainBlock> block{};
    if constexpr (!kDecodes) {
      SKIFF_ASSIGN(const ByteView truth, result_.peek(kPlainBlock));
      std::copy(truth.begin(), truth.end(), block.begin());
    }
    announce(coder_, WirePart::kPlain);
    for (std::uint8_t& byte : block) {
      std::uint32_t value = 0;
      for (unsigned bit = 8; bit-- > 0;)
        value = value << 1 | (coder_.code((byte >> bit & 1) != 0, kEven) ? 1 : 0);
      byte = static_cast<std::uint8_t>(value);
    }
    models_.history.append(block);
    return result_.put(block);
  }

  Result<void> modelled_literals(std::uint64_t from, std::uint64_t to, const Surroundings& around) {
    const Copy* left = around.left;
    const Copy* right = around.right;
    const auto before = left ? std::optional(left->base_offset + (from - left->result_offset)) : std::nullopt;
    const auto after =
        right ? std::optional(right->base_offset - (right->result_offset - from)) : std::nullopt;
    SKIFF_TRY(read_beside(chunk_, before, to - from));
    SKIFF_TRY(read_beside(second_chunk_, after, to - from));
    announce(coder_, WirePart::kLiterals);
    for (std::uint64_t at = from; at < to;) {
      const auto left_byte = [&](std::uint64_t i) { return byte_beside(chunk_, before, at - from + i); };
      const auto right_byte = [&](std::uint64_t i) {
        return byte_beside(second_chunk_, after, at - from + i);
      };
      if (has_words(around.kind) && at % 4 == 0 && to - at >= 4) {
        std::uint32_t left_word = 0;
        for (std::uint64_t i = 4; i-- > 0;) left_word = left_word << 8 | left_byte(i).value_or(0);
        models_.literals.settle();
        SKIFF_TRY(one_word(left_word));
        at += 4;
      } else {
        SKIFF_TRY(one_literal({at, around.kind, left_byte(0), right_byte(0)}));
        at += 1;
      }
    }
    models_.literals.settle();
    return {};
  }

  /// Whether code of this kind is made of instructions of four bytes.
  static bool has_words(Kind kind) {
    return kind == Kind::kA64 || kind == Kind::kA32 || kind == Kind::kA32Relative;
  }

  Result<void> one_word(std::uint32_t left) {
    std::uint32_t value = 0;
    if constexpr (!kDecodes) {
      SKIFF_ASSIGN(const ByteView truth, result_.peek(4));
      for (std::size_t i = 4; i-- > 0;) value = value << 8 | truth[i];
    }
    value = models_.words.code(coder_, value, left, models_.history);
    std::array<std::uint8_t, 4> bytes{};
    for (unsigned i = 0; i < 4; ++i) {
      bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
      models_.history.push(bytes[i]);
    }
    return result_.put(bytes);
  }

  /// Makes base bytes [from, from + length) readable as far as they exist; `from` may have wrapped below 0.
  Result<void> read_beside(BaseChunk& chunk, std::optional<std::uint64_t> from, std::uint64_t length) const {
    if (!from) return {};
    std::uint64_t begin = *from;
    std::uint64_t end = begin + length;
    if (begin > end) begin = 0;
    begin = std::min(begin, base_.size());
    end = std::min(end, base_.size());
    return begin < end ? chunk.read(base_, begin, end - begin) : Result<void>{};
  }
  std::optional<std::uint8_t> byte_beside(const BaseChunk& chunk, std::optional<std::uint64_t> from,
                                          std::uint64_t ahead) const {
    if (!from || *from + ahead >= base_.size()) return std::nullopt;
    return chunk.u8(*from + ahead);
  }

  Result<void> one_literal(const LiteralContext& context) {
    std::uint8_t value = 0;
    if constexpr (!kDecodes) {
      SKIFF_ASSIGN(const ByteView truth, result_.peek(1));
      value = truth[0];
    }
    value = models_.literals.code(coder_, value, context, models_.history);
    models_.history.push(value);
    return result_.put({&value, 1});
  }

  Result<std::uint64_t> verbatim(const Copy& copy, std::uint64_t begin, std::uint64_t end,
                                 Foresight& foresight) {
    for (std::uint64_t at = begin; at < end;) {
      foresight.advance(at);
      const std::uint64_t length = std::min(end - at, BaseChunk::kCapacity);
      const std::uint64_t offset = copy.base_offset + (at - copy.result_offset);
      SKIFF_TRY(chunk_.read(base_, offset, length));
      const ByteView bytes = chunk_.bytes(offset, length);
      models_.history.append(bytes);
      SKIFF_TRY(result_.put(bytes));
      at += length;
    }
    if (end - begin > kQuietCopy) models_.tokens.skip();
    return end;
  }

  Result<std::uint64_t> tokens(const Copy& copy, std::uint64_t begin, std::uint64_t end,
                               Foresight& foresight) {
    const std::uint64_t shift = copy.result_offset - copy.base_offset;
    const std::uint64_t base_end = end - shift;
    const Moved moved{copy.base_offset, copy.result_offset, copy.length};
    std::uint64_t at = begin - shift;
    std::uint64_t read_until = at;
    while (at < base_end) {
      const TypedPlace typed = window_.base_types().at(at);
      const std::uint64_t run_end = std::min(base_end, typed.range.offset + typed.range.length);
      const Tokenizer tokenizer(chunk_, window_.base_addresses(), typed.space, typed.range);
      while (at < run_end) {
        if (at >= read_until) {
          foresight.advance(at + shift);
          const std::uint64_t length = std::min(base_end - at, BaseChunk::kCapacity);
          SKIFF_TRY(chunk_.read(base_, at, length));
          read_until = at + length;
        }
        PlacedToken placed{tokenizer.next(at, run_end), at + shift, typed.space};
        SKIFF_TRY(one_token(placed, moved, at + shift - begin));
        at += placed.token.length;
        if (spent()) return at + shift;
      }
    }
    return end;
  }

  Result<void> one_token(PlacedToken& placed, const Moved& copy, std::uint64_t copied) {
    const Prediction prediction = predictor_.predict(placed, copy, models_.tokens.recent_misses());
    const Token& token = placed.token;
    std::uint64_t value = 0;
    if constexpr (!kDecodes) {
      SKIFF_ASSIGN(const ByteView truth, result_.peek(token.length));
      for (std::size_t i = token.length; i-- > 0;) value = value << 8 | truth[i];
    }
    const TokenContext context{chunk_.u32(token.base_offset - 4),
                               chunk_.u32(token.base_offset + token.length), copied, copy.length,
                               &models_.history};
    value = models_.tokens.code(coder_, value, token, prediction, context);
    const std::uint32_t maker =
        token.page_back == 0 ? 0 : models_.history.word_back(4 * std::uint64_t{token.page_back});
    predictor_.learn(placed, prediction, value, maker);
    std::array<std::uint8_t, 8> bytes{};
    for (unsigned i = 0; i < token.length; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
    const ByteView made = ByteView(bytes).first(token.length);
    models_.history.append(made);
    return result_.put(made);
  }

  Coder& coder_;
  SegmentModels& models_;
  Predictor predictor_;
  const Source& base_;
  const WindowView& window_;
  ResultStream& result_;
  BaseChunk chunk_;
  BaseChunk second_chunk_;
  std::int32_t plain_ = kPlainInitial;  ///< probability that a block is plain, of 65536
  std::size_t budget_ = SIZE_MAX;
  std::size_t literal_bytes_ = 0;
};

}  // namespace skiff
