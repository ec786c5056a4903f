// Literals: bytes that no copy covers, each mixed from ten contexts, among them the base's bytes nearby.
#pragma once

#include <optional>

#include "codec/history.hpp"
#include "entropy/context_mixing.hpp"
#include "predict/typing.hpp"

namespace skiff {

/// What is known of a literal before it is read.
struct LiteralContext {
  std::uint64_t result_offset = 0;
  Kind kind = Kind::kRaw;             ///< of the copies around it
  std::optional<std::uint8_t> left;   ///< the base's byte if the copy before went on
  std::optional<std::uint8_t> right;  ///< the base's byte if the copy after had begun earlier
};

class LiteralCoder {
  static constexpr std::uint32_t kContexts = 10;
  static constexpr std::int32_t kRate = 1475;
  static constexpr std::uint32_t kExpectedContext = 7;
  static constexpr GroupShape kShape{2, kContexts, {32 * 8, 256 * 3, 256 * 3}, kRate};
  using Hashes = std::array<std::uint32_t, kContexts>;

 public:
  explicit LiteralCoder(SlotTable& slots) : bits_(slots) {}
  void reset() { bits_.reset(); }
  static std::size_t memory() { return ContextGroup<kShape>::memory(); }

  /// One byte; the caller pushes it to `history` afterwards, and settles after the last.
  template <class Coder>
  std::uint8_t code(Coder& coder, std::uint8_t value, const LiteralContext& context, const History& history) {
    const History::Expected expected = history.expected();
    const std::uint32_t family = 256 * family_of(context.kind);
    const auto selectors = [&](std::uint32_t partial, unsigned bit) -> Selectors {
      const std::uint32_t state = expected.state(partial, bit);
      if (expected.length > 0) bits_.select_one(kExpectedContext, expected.hash(state, bit));
      return {phase(context) * 8 + state, partial + family, (history.last4() & 0xff) + family};
    };
    return static_cast<std::uint8_t>(bits_.code_byte(coder, value, contexts_of(context, history), selectors));
  }
  void settle() { bits_.settle(); }

 private:
  /// Where in a word or instruction the byte stands.
  static std::uint32_t phase(const LiteralContext& context) {
    const auto offset = static_cast<std::uint32_t>(context.result_offset);
    switch (context.kind) {
      case Kind::kA64:
      case Kind::kA32:
      case Kind::kA32Relative:
        return (offset & 3) + 8;
      case Kind::kX64:
      case Kind::kX86:
        return 4;
      case Kind::kThumb:
      case Kind::kThumbRelative:
        return (offset & 3) + 12;
      default:
        return (offset & 7) + 16;
    }
  }
  static std::uint32_t family_of(Kind kind) { return kind == Kind::kA64 ? 1 : kind == Kind::kX64 ? 2 : 0; }

  static Hashes contexts_of(const LiteralContext& context, const History& history);

  ContextGroup<kShape> bits_;
};

}  // namespace skiff
