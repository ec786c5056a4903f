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
#include "entropy/range_coder.hpp"
#include "entropy/slot_table.hpp"

namespace skiff {

/// Mixes 32-bit words into one; the hash of every context.
constexpr std::uint32_t mix(std::uint32_t a, std::uint32_t b) { return (a * 0x2545F491u + b) * 0x9E3779B1u; }
template <typename... More>
constexpr std::uint32_t mix(std::uint32_t a, std::uint32_t b, More... more) {
  return mix(mix(a, b), more...);
}

/// Each bit is mixed by this many rows of weights, each row chosen from its set by a selector of its own.
inline constexpr std::uint32_t kRows = 3;
using Selectors = std::array<std::uint32_t, kRows>;

/// One kind of symbol: a fixed number of contexts, sets of rows of weights, a final correction.
struct GroupShape {
  std::uint32_t id;        ///< keeps its contexts apart from those of other groups
  std::uint32_t contexts;  ///< how many predict each bit
  Selectors rows;          ///< how many rows each set has; the second's selector also chooses the correction
  std::int32_t rate;       ///< learning rate of the weights · 65536
};

/// The arithmetic that all groups share.
namespace mixing {

inline constexpr std::uint32_t kLanes = 8;  ///< inputs are padded to a multiple of this many
inline constexpr std::int32_t kWeightLimit = (8 << 16) - 1;
inline constexpr std::int32_t kInitialWeight = 16384;  ///< 1/4 in 16.16
inline constexpr std::int32_t kConstantInput = 102;
inline constexpr std::int32_t kThird = 21845;  ///< in 0.16
inline constexpr std::uint32_t kCorrectionCells = 33;
inline constexpr std::uint32_t kHistories = 256;

using Sums = std::array<std::int32_t, kRows>;
using Rows = std::array<std::int32_t*, kRows>;

/// The inputs weighed by each row; `count` is a multiple of kLanes. (The sums are not returned: an array
/// comes back in registers, put together in memory that has to be written first.)
void weigh(const std::int32_t* inputs, const Rows& rows, std::uint32_t count, Sums& sums);
/// Moves the rows by their errors.
void learn(const std::int32_t* inputs, const Rows& rows, std::uint32_t count, const Sums& errors);

/// A probability of 1 in 22 bits and how often it moved in 10, for each history, as it begins.
const std::array<std::uint32_t, kHistories>& initial_estimates();

inline constexpr std::uint32_t kCountMask = 1023;
inline constexpr std::uint32_t kCountLimit = 255;
/// 65536 / (count + 1.5): how far an estimate moves.
inline constexpr std::array<std::int32_t, kCountLimit + 1> kRates = [] {
  std::array<std::int32_t, kCountLimit + 1> rates{};
  for (std::uint32_t count = 0; count < rates.size(); ++count)
    rates[count] = static_cast<std::int32_t>(131072 / (2 * count + 3));
  return rates;
}();

inline constexpr std::int32_t kSure = (1 << 22) - 1;  ///< the estimate of a bit that is 1
/// `goal` is what the bit was: kSure or 0.
inline std::uint32_t moved(std::uint32_t estimate, std::int32_t goal) {
  const std::uint32_t count = estimate & kCountMask;
  const std::int64_t away = goal - static_cast<std::int32_t>(estimate >> 10);
  const auto step = static_cast<std::uint32_t>((away * kRates[count]) >> 16);
  return estimate + (step << 10) + (count < kCountLimit ? 1 : 0);
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
        evidence_(estimates_.size()),
        weights_(std::size_t{kInputs} * kAllRows),
        correction_(std::size_t{kShape.rows[1]} * mixing::kCorrectionCells) {
    reset();
  }

  void reset() {
    const auto& estimates = mixing::initial_estimates();
    for (std::size_t at = 0; at < estimates_.size(); ++at) {
      const std::size_t history = at % mixing::kHistories;
      estimates_[at] = estimates[history];
      evidence_[at] =
          static_cast<std::int16_t>(history == 0 ? 0 : stretch(tables_, estimates[history] >> 16));
    }
    std::fill(weights_.begin(), weights_.end(), mixing::kInitialWeight);
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
    const Probability one = predict(node, selectors);
    bit = coder.code(bit, one);
    update(bit);
    return bit;
  }

  /// Codes a byte, the highest bit first; its contexts are chosen before bits 7 and 3, by `hashes` and the
  /// bits above (FORMAT.md, 9.5). `selectors(partial, bit)` is asked before each bit, and may choose one
  /// context anew; the bits above follow the leading 1 of `partial`.
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
      partial = partial << 1 | (code(coder, value >> bit & 1, node, chosen) ? 1 : 0);
    }
    return partial & 0xff;
  }

  /// Bytes that a group of this shape keeps.
  static constexpr std::size_t memory() {
    return std::size_t{kContexts} * mixing::kHistories * (sizeof(std::uint32_t) + sizeof(std::int16_t)) +
           std::size_t{kInputs} * kAllRows * sizeof(std::int32_t) +
           std::size_t{kShape.rows[1]} * mixing::kCorrectionCells * sizeof(std::uint16_t);
  }

 private:
  /// One for each context and a constant, padded.
  static constexpr std::uint32_t kInputs = (kContexts + mixing::kLanes) / mixing::kLanes * mixing::kLanes;

  static constexpr std::uint32_t kAllRows = kShape.rows[0] + kShape.rows[1] + kShape.rows[2];

  static SlotKey key_of(std::uint32_t context, std::uint32_t hash) {
    return slot_key(hash + context * 0x6F4F2A35u + kShape.id * 0x1234567u);
  }

  Probability predict(std::uint32_t node, const Selectors& selectors) {
    node_ = node;
    const std::int16_t* evidence = evidence_.data();
    for (std::uint32_t i = 0; i < kContexts; ++i)
      inputs_[i] = evidence[i * mixing::kHistories + nodes_[i][node]];
    inputs_[kContexts] = mixing::kConstantInput;
    std::int32_t* set = weights_.data();
    for (std::uint32_t row = 0; row < kRows; ++row) {
      rows_[row] = set + std::size_t{kInputs} * selectors[row];
      set += std::size_t{kInputs} * kShape.rows[row];
    }
    mixing::Sums sums;
    mixing::weigh(inputs_.data(), rows_, kInputs, sums);
    std::int32_t all = 0;
    for (std::uint32_t row = 0; row < kRows; ++row) {
      const std::int32_t sum = std::clamp(sums[row], -kStretchLimit, kStretchLimit);
      guesses_[row] = static_cast<std::int32_t>(squash(tables_, sum));
      all += sum;
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
    mixing::Sums errors;
    for (std::uint32_t row = 0; row < kRows; ++row)
      errors[row] = ((goal - guesses_[row]) * kShape.rate) >> 14;
    mixing::learn(inputs_.data(), rows_, kInputs, errors);
    const std::int32_t cell = *correction_cell_;
    *correction_cell_ = static_cast<std::uint16_t>(cell + (((bit ? 65535 : 0) - cell) >> 6));
    const BitHistory* const next = bit_histories().next[bit ? 1 : 0].data();
    std::array<std::uint32_t, kContexts> places;
    for (std::uint32_t i = 0; i < kContexts; ++i) {
      BitHistory& history = nodes_[i][node_];
      places[i] = i * mixing::kHistories + history;
      history = next[history];
    }
    move_estimates(places, bit ? mixing::kSure : 0);
  }

  /// Apart from the histories, whose bytes might alias anything as far as a compiler knows.
  void move_estimates(const std::array<std::uint32_t, kContexts>& places, std::int32_t goal) {
    std::uint32_t* const estimates = estimates_.data();
    std::int16_t* const evidence = evidence_.data();
    const LogisticTables& tables = tables_;
    for (const std::uint32_t place : places) {
      const std::uint32_t moved = mixing::moved(estimates[place], goal);
      estimates[place] = moved;
      const std::int32_t heard = stretch(tables, moved >> 16);
      evidence[place] = static_cast<std::int16_t>(place % mixing::kHistories == 0 ? 0 : heard);
    }
  }

  SlotTable& slots_;
  const LogisticTables& tables_;
  std::vector<std::uint32_t> estimates_;  ///< [context][history]: probability in 22 bits, times moved in 10
  std::vector<std::int16_t>
      evidence_;  ///< [context][history]: the probability stretched; 0 of what was never seen
  std::vector<std::int32_t> weights_;      ///< [set][row][input], in 16.16
  std::vector<std::uint16_t> correction_;  ///< [second selector][cell]
  std::array<BitHistory*, kContexts> nodes_{};

  // The bit at hand, between predict() and update().
  std::uint32_t node_ = 0;
  alignas(32) std::array<std::int32_t, kInputs> inputs_{};
  mixing::Rows rows_{};
  mixing::Sums guesses_{};  ///< of each row alone
  std::uint16_t* correction_cell_ = nullptr;
};

}  // namespace skiff
