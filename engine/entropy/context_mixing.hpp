// Context mixing: predicts a bit from many contexts at once, each remembered in a hashed slot
// (FORMAT.md, 9.3).
//
// The design follows Mahoney's PAQ family (logistic mixing of adaptive and of history-indexed probabilities),
// in integers throughout, so that every machine computes the same bits.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/logistic.hpp"
#include "entropy/range_coder.hpp"

namespace skiff {

/// What a context has seen at one bit of a symbol.
struct Slot {
  std::uint32_t estimate = std::uint32_t{1}
                           << 31;  ///< probability of 1 in 22 bits, then times seen in 10 bits
  std::uint16_t check = 0;         ///< tells contexts that share a line apart; 0 is an empty slot
  std::uint8_t history = 1;        ///< a 1, then the last bits, at most seven
  std::uint8_t unused = 0;
};
static_assert(sizeof(Slot) == 8);

inline constexpr std::size_t kSlotsPerLine = 8;  ///< a line fills one cache line

/// The slots of all contexts of a segment: lines of eight, found by hash.
class SlotTable {
 public:
  /// 2^line_bits lines of 64 bytes.
  explicit SlotTable(unsigned line_bits);
  void reset();

  struct Line {
    Slot* slots;
    std::uint16_t check;
  };
  Line line(std::uint32_t hash) {
    const std::uint32_t index = (hash * 0x9E3779B1u) >> shift_;
    return {first_ + std::size_t{index} * kSlotsPerLine,
            static_cast<std::uint16_t>((hash * 0x85EBCA6Bu) >> 16)};
  }
  /// The slot of bit position `node` (1 to 15) in a line, taken from a less used one if it is not there.
  static Slot& find(const Line& line, std::uint32_t node);

 private:
  std::vector<Slot> storage_;
  Slot* first_ = nullptr;  ///< storage_, from its first whole cache line on
  unsigned shift_;
};

/// Mixes 32-bit words into one; the hash of every context.
constexpr std::uint32_t mix(std::uint32_t a, std::uint32_t b) {
  std::uint32_t hash = a * 0x9E3779B1u ^ (b + 0x7F4A7C15u) * 0x85EBCA6Bu;
  hash ^= hash >> 15;
  hash *= 0xC2B2AE35u;
  return hash ^ (hash >> 13);
}
template <typename... More>
constexpr std::uint32_t mix(std::uint32_t a, std::uint32_t b, More... more) {
  return mix(mix(a, b), more...);
}

inline constexpr std::size_t kMaxContexts = 16;

/// One kind of symbol: a fixed number of contexts, two sets of mixing weights, a final correction.
class ContextGroup {
 public:
  struct Shape {
    std::uint32_t id;           ///< keeps its contexts apart from those of other groups
    std::uint32_t contexts;     ///< at most kMaxContexts
    std::uint32_t first_sets;   ///< number of weight sets chosen by the first selector
    std::uint32_t second_sets;  ///< and by the second, which also chooses the final correction
    std::int32_t rate;          ///< learning rate of the weights · 65536
  };

  ContextGroup(const Shape& shape, SlotTable& slots);
  void reset();

  /// Chooses the lines of the contexts for the next bits; one call serves up to four bits (nodes 1 to 15).
  void select(std::span<const std::uint32_t> hashes);
  /// Chooses the line of one of them anew.
  void select_one(std::uint32_t context, std::uint32_t hash);
  /// Codes one bit at `node`; the selectors are below first_sets and second_sets.
  template <class Coder>
  bool code(Coder& coder, bool bit, std::uint32_t node, std::uint32_t first, std::uint32_t second) {
    const Probability one = predict(node, first, second);
    bit = coder.code(bit, one);
    update(bit);
    return bit;
  }
  /// Bytes that a group of this shape keeps.
  static std::size_t memory(const Shape& shape);

 private:
  Probability predict(std::uint32_t node, std::uint32_t first, std::uint32_t second);
  void update(bool bit);
  void fill_inputs(std::uint32_t node);

  static constexpr std::size_t kMaxInputs = 2 * kMaxContexts + 8;

  Shape shape_;
  std::uint32_t inputs_;  ///< two for each context and a constant, rounded up to a multiple of eight
  SlotTable& slots_;
  const LogisticTables& tables_;
  std::vector<std::uint32_t> by_history_;  ///< [context][history]: probability in 22 bits, times seen in 10
  std::vector<std::int32_t> first_weights_;
  std::vector<std::int32_t> second_weights_;
  std::vector<std::uint16_t> correction_;  ///< [second selector][33]
  std::array<SlotTable::Line, kMaxContexts> lines_{};

  // The bit at hand, between predict() and update().
  std::array<Slot*, kMaxContexts> active_{};
  alignas(64) std::array<std::int32_t, kMaxInputs> evidence_{};
  std::int32_t* first_row_ = nullptr;
  std::int32_t* second_row_ = nullptr;
  std::uint16_t* correction_cell_ = nullptr;
  std::uint32_t first_guess_ = 0;
  std::uint32_t second_guess_ = 0;
};

}  // namespace skiff
