// Context mixing: predicts a bit from many contexts at once, each of which remembers what it has seen
// (FORMAT.md, 9.3).
//
// The design follows Mahoney's PAQ family (histories of bits mapped to adaptive probabilities, mixed in the
// logistic domain), in integers throughout, so that every machine computes the same bits.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "entropy/logistic.hpp"
#include "entropy/mixer.hpp"
#include "entropy/range_coder.hpp"
#include "entropy/slot_table.hpp"

namespace skiff {

/// Mixes 32-bit words into one; the hash of every context.
constexpr std::uint32_t mix(std::uint32_t a, std::uint32_t b) { return (a * 0x2545F491u + b) * 0x9E3779B1u; }
template <typename... More>
constexpr std::uint32_t mix(std::uint32_t a, std::uint32_t b, More... more) {
  return mix(mix(a, b), more...);
}

/// Each row of weights that a bit is mixed by is chosen from its set, by a selector of its own.
using Selectors = std::array<std::uint32_t, mixing::kRows>;

/// One kind of symbol: a fixed number of contexts, sets of rows of weights, a final correction.
struct GroupShape {
  std::uint32_t id;        ///< keeps its contexts apart from those of other groups
  std::uint32_t contexts;  ///< how many predict each bit
  Selectors rows;          ///< how many rows each set has; the second's selector also chooses the correction
  std::int32_t rate;       ///< learning rate of the weights · 65536
};

/// The arithmetic that all groups share.
namespace mixing {

inline constexpr std::int32_t kConstantInput = 102;
inline constexpr std::int32_t kThird = 21845;  ///< in 0.16
inline constexpr std::uint32_t kCorrectionCells = 33;
inline constexpr std::uint32_t kHistories = 256;

/// A probability of 1 in 22 bits and how often it moved in 10, for each history, as it begins.
const std::array<std::uint32_t, kHistories>& initial_estimates();

inline constexpr std::uint32_t kCountMask = 1023;
inline constexpr std::uint32_t kCountLimit = 255;
/// The count of an estimate that stays as it is.
inline constexpr std::uint32_t kFixedCount = kCountLimit + 1;

/// How an estimate moves, by its count.
struct Motion {
  std::int32_t rate = 0;      ///< 65536 / (count + 1.5)
  std::uint32_t counted = 0;  ///< added to the count
};
inline constexpr std::array<Motion, kFixedCount + 1> kMotions = [] {
  std::array<Motion, kFixedCount + 1> motions{};
  for (std::uint32_t count = 0; count <= kCountLimit; ++count)
    motions[count] = {static_cast<std::int32_t>(131072 / (2 * count + 3)), count < kCountLimit ? 1u : 0u};
  return motions;
}();

inline constexpr std::int64_t kSure = (1 << 22) - 1;  ///< the estimate of a bit that is 1
/// `goal` is what the bit was: kSure or 0.
inline std::uint32_t moved(std::uint32_t estimate, std::int64_t goal) {
  const Motion& motion = kMotions[estimate & kCountMask];
  const std::int64_t away = goal - std::int64_t{estimate >> 10};
  const std::int64_t step = away * motion.rate >> 16;
  return estimate + motion.counted + (static_cast<std::uint32_t>(step) << 10);
}

}  // namespace mixing

template <GroupShape kShape>
class ContextGroup {
 public:
  static constexpr std::uint32_t kContexts = kShape.contexts;
  using Hashes = std::array<std::uint32_t, kContexts>;

  explicit ContextGroup(SlotTable& slots)
      : slots_(slots),
        tables_(logistic_tables()),
        estimates_(std::size_t{kContexts} * mixing::kHistories),
        weights_(kAllRows),
        correction_(std::size_t{kShape.rows[1]} * mixing::kCorrectionCells) {
    reset();
  }

  void reset() {
    unsettled_ = Unsettled::kNone;
    const auto& estimates = mixing::initial_estimates();
    for (std::size_t at = 0; at < estimates_.size(); ++at)
      estimates_[at] = estimates[at % mixing::kHistories];
    for (Row& row : weights_) row.fill(mixing::kInitialWeight);
    for (std::size_t cell = 0; cell < correction_.size(); ++cell) {
      const auto step = static_cast<std::int32_t>(cell % mixing::kCorrectionCells);
      correction_[cell] = static_cast<std::uint16_t>(squash(tables_, (step - 16) * 192));
    }
  }

  /// Chooses the contexts of the next symbol of up to four bits, coded at nodes 1 to 15.
  void select(const Hashes& hashes) {
    std::array<SlotKey, kContexts> keys;
    for (std::uint32_t i = 0; i < kContexts; ++i) {
      keys[i] = key_of(i, hashes[i]);
      slots_.prefetch_bucket(keys[i]);
    }
    settle();
    for (std::uint32_t i = 0; i < kContexts; ++i) nodes_[i] = slots_.bucket(keys[i]);
  }
  /// Chooses one of them anew.
  void select_one(std::uint32_t context, std::uint32_t hash) {
    nodes_[context] = slots_.bucket(key_of(context, hash));
  }
  /// Chooses the contexts of a symbol of one bit, coded at node 0.
  void select_cells(const Hashes& hashes) {
    std::array<SlotKey, kContexts> keys;
    for (std::uint32_t i = 0; i < kContexts; ++i) {
      keys[i] = key_of(i, hashes[i]);
      slots_.prefetch_cell(keys[i]);
    }
    for (std::uint32_t i = 0; i < kContexts; ++i) nodes_[i] = slots_.cell(keys[i]);
  }

  /// Codes one bit at `node`; each selector is below the number of rows of its set.
  template <class Coder>
  bool code(Coder& coder, bool bit, std::uint32_t node, const Selectors& selectors) {
    bit = coder.code(bit, predict(node, selectors));
    update(bit);
    return bit;
  }

  /// Codes a byte, the highest bit first; its contexts are chosen before bits 7 and 3, by `hashes` and the
  /// bits above (FORMAT.md, 9.5). `selectors(partial, bit)` is asked before each bit, and may choose one
  /// context anew; the bits above follow the leading 1 of `partial`.
  ///
  /// The last bit is learnt while the contexts of the next byte are fetched: settle() before any other use of
  /// the slots.
  template <class Coder, class SelectorsOf>
  std::uint32_t code_byte(Coder& coder, std::uint32_t value, const Hashes& hashes,
                          const SelectorsOf& selectors) {
    std::uint32_t partial = 1;
    for (unsigned bit = 8; bit-- > 0;) {
      if (bit == 7 || bit == 3) {
        Hashes lines;
        for (std::uint32_t i = 0; i < kContexts; ++i) lines[i] = mix(hashes[i], partial);
        select(lines);
      }
      const Selectors chosen = selectors(partial, bit);
      const std::uint32_t node = bit > 3 ? partial : (partial & ((1u << (3 - bit)) - 1)) | 1u << (3 - bit);
      const bool one = coder.code(value >> bit & 1, predict(node, chosen));
      partial = partial << 1 | (one ? 1 : 0);
      if (bit == 4 || bit == 0)
        unsettled_ = one ? Unsettled::kOne : Unsettled::kZero;
      else
        update(one);
    }
    return partial & 0xff;
  }
  /// Learns the last bit of a byte, if that is still to be done.
  void settle() {
    if (unsettled_ == Unsettled::kNone) return;
    update(unsettled_ == Unsettled::kOne);
    unsettled_ = Unsettled::kNone;
  }

  /// Bytes that a group of this shape keeps.
  static constexpr std::size_t memory() {
    return std::size_t{kContexts} * mixing::kHistories * sizeof(std::uint32_t) + kAllRows * sizeof(Row) +
           std::size_t{kShape.rows[1]} * mixing::kCorrectionCells * sizeof(std::uint16_t);
  }

 private:
  /// A bit coded and not yet learnt.
  enum class Unsettled : std::uint8_t { kNone, kZero, kOne };

  /// One for each context and a constant.
  static constexpr std::uint32_t kVectors = (kContexts + mixing::kLanes) / mixing::kLanes;
  using Row = mixing::Row<kVectors>;

  static constexpr std::uint32_t kAllRows = kShape.rows[0] + kShape.rows[1] + kShape.rows[2];

  static SlotKey key_of(std::uint32_t context, std::uint32_t hash) {
    return slot_key(hash + context * 0x6F4F2A35u + kShape.id * 0x1234567u);
  }

  Probability predict(std::uint32_t node, const Selectors& selectors) {
    node_ = node;
    const std::uint32_t* const estimates = estimates_.data();
    const auto heard = [&](std::uint32_t i) -> std::int32_t {
      if (i < kContexts) return stretch(tables_, estimates[i * mixing::kHistories + nodes_[i][node]] >> 16);
      return i == kContexts ? mixing::kConstantInput : 0;
    };
    for (std::uint32_t v = 0; v < kVectors; ++v) {
      const std::uint32_t i = v * mixing::kLanes;
      inputs_.vectors[v] = mixing::Lanes{heard(i),     heard(i + 1), heard(i + 2), heard(i + 3),
                                         heard(i + 4), heard(i + 5), heard(i + 6), heard(i + 7)};
    }
    Row* set = weights_.data();
    for (std::uint32_t row = 0; row < mixing::kRows; ++row) {
      rows_[row] = set + selectors[row];
      set += kShape.rows[row];
    }
    mixing::PerRow evidence;
    mixing::weigh(inputs_, rows_, evidence);
    std::int32_t all = 0;
    for (std::uint32_t row = 0; row < mixing::kRows; ++row) {
      guesses_[row] = static_cast<std::int32_t>(squash_within(tables_, evidence[row]));
      all += evidence[row];
    }
    all = (all * mixing::kThird) >> 16;
    const auto place = static_cast<std::uint32_t>(all + 3072) * 4 / 3;
    const std::uint32_t part = place & 255;
    std::uint16_t* cell = &correction_[std::size_t{selectors[1]} * mixing::kCorrectionCells + (place >> 8)];
    const std::uint32_t corrected = (cell[0] * (256 - part) + cell[1] * part) >> 8;
    correction_cell_ = cell + (part > 128 ? 1 : 0);
    return std::clamp((squash(tables_, all) + corrected) >> 1, 1u, 65535u);
  }

  void update(bool bit) {
    const std::int32_t goal = bit ? 65536 : 0;
    const mixing::PerRow errors = ((goal - guesses_) * kShape.rate) >> 14;
    mixing::learn(inputs_, rows_, errors);
    const std::int32_t cell = *correction_cell_;
    *correction_cell_ = static_cast<std::uint16_t>(cell + (((bit ? 65535 : 0) - cell) >> 6));
    const BitHistory* const next = bit_histories().next[bit ? 1 : 0].data();
    const std::int64_t seen = bit ? mixing::kSure : 0;
    // What is used here is copied first, as for all that a compiler knows a history's byte is part of it.
    std::uint32_t* const estimates = estimates_.data();
    const std::array<BitHistory*, kContexts> nodes = nodes_;
    const std::uint32_t node = node_;
    for (std::uint32_t i = 0; i < kContexts; ++i) {
      BitHistory& history = nodes[i][node];
      std::uint32_t& estimate = estimates[i * mixing::kHistories + history];
      history = next[history];
      estimate = mixing::moved(estimate, seen);
    }
  }

  SlotTable& slots_;
  const LogisticTables& tables_;
  std::vector<std::uint32_t> estimates_;   ///< [context][history]: probability in 22 bits, times moved in 10
  std::vector<Row> weights_;               ///< [set][row]
  std::vector<std::uint16_t> correction_;  ///< [second selector][cell]
  std::array<BitHistory*, kContexts> nodes_{};
  Unsettled unsettled_ = Unsettled::kNone;

  // The bit at hand, between predict() and update().
  std::uint32_t node_ = 0;
  Row inputs_{};
  mixing::Rows<kVectors> rows_{};
  mixing::PerRow guesses_{};  ///< of each row alone
  std::uint16_t* correction_cell_ = nullptr;
};

}  // namespace skiff
