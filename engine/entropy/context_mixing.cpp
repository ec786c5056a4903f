#include "entropy/context_mixing.hpp"

#include <algorithm>
#include <bit>

namespace skiff {
namespace {

constexpr std::uint32_t kCountMask = 1023;
constexpr std::uint32_t kCountLimit = 255;
constexpr std::int32_t kOneIn22Bits = (1 << 22) - 1;
constexpr std::int32_t kWeightLimit = (8 << 16) - 1;
constexpr std::int32_t kInitialWeight = 19661;  ///< 0.3 in 16.16: the sum of two inputs per context is halved
constexpr std::int32_t kConstantInput = 102;
constexpr std::uint32_t kCorrectionCells = 33;
constexpr std::uint32_t kHistories = 256;
constexpr std::uint32_t kInitialHistoryCount = 6;

/// 65536 / (count + 1.5): how far an estimate moves.
constexpr std::array<std::int32_t, 256> kRates = [] {
  std::array<std::int32_t, 256> rates{};
  for (std::int32_t count = 0; count < 256; ++count)
    rates[static_cast<std::size_t>(count)] = 131072 / (2 * count + 3);
  return rates;
}();

/// How much a context that has been seen once, twice or more often is worth, in 1/256.
constexpr std::array<std::int32_t, 4> kConfidence{0, 166, 218, 256};

std::uint32_t moved(std::uint32_t estimate, bool bit) {
  const std::uint32_t count = estimate & kCountMask;
  const auto probability = static_cast<std::int64_t>(estimate >> 10);
  const std::int64_t goal = bit ? kOneIn22Bits : 0;
  const std::int64_t next = probability + (((goal - probability) * kRates[count]) >> 16);
  return static_cast<std::uint32_t>(next) << 10 | std::min(count + 1, kCountLimit);
}

std::uint32_t estimate_of(std::uint32_t history) {
  std::uint32_t ones = 0;
  std::uint32_t seen = 0;
  if (history > 1) {
    seen = static_cast<std::uint32_t>(std::bit_width(history)) - 1;
    ones = static_cast<std::uint32_t>(std::popcount(history)) - 1;
  }
  const std::uint64_t probability = ((10 * std::uint64_t{ones} + 4) << 22) / (10 * std::uint64_t{seen} + 8);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(probability, kOneIn22Bits)) << 10 |
         kInitialHistoryCount;
}

std::uint8_t appended(std::uint8_t history, bool bit) {
  const unsigned longer = history * 2u + (bit ? 1u : 0u);
  return static_cast<std::uint8_t>(history < 128 ? longer : 128u | (longer & 127u));
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define SKIFF_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define SKIFF_VECTOR_CLONES
#endif

SKIFF_VECTOR_CLONES
std::int32_t weighed(const std::int32_t* evidence, const std::int32_t* weights, std::uint32_t count) {
  std::int32_t sum = 0;
  for (std::uint32_t i = 0; i < count; ++i) sum += (evidence[i] * weights[i]) >> 8;
  return sum >> 9;
}

SKIFF_VECTOR_CLONES
void learn(const std::int32_t* evidence, std::int32_t* weights, std::uint32_t count, std::int32_t error) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::int32_t weight = weights[i] + ((evidence[i] * error + 512) >> 10);
    weights[i] = std::clamp(weight, -kWeightLimit, kWeightLimit);
  }
}

std::uint32_t input_count(std::uint32_t contexts) { return (2 * contexts + 1 + 7) & ~7u; }

}  // namespace

SlotTable::SlotTable(unsigned line_bits)
    : storage_(((std::size_t{1} << line_bits) + 1) * kSlotsPerLine), shift_(32 - line_bits) {
  const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
  const std::size_t past_line = address % 64;
  first_ = storage_.data() + (past_line == 0 ? 0 : (64 - past_line) / sizeof(Slot));
}

void SlotTable::reset() { std::fill(storage_.begin(), storage_.end(), Slot{}); }

Slot& SlotTable::find(const Line& line, std::uint32_t node) {
  auto check = static_cast<std::uint16_t>(line.check ^ (node * 0x2F31u));
  if (check == 0) check = 1;
  const std::uint32_t place = (line.check + node) & (kSlotsPerLine - 1);
  Slot& first = line.slots[place];
  if (first.check == check) return first;
  Slot& second = line.slots[place ^ 1];
  if (second.check == check) return second;
  // The one seen less often makes room; the other ages by one.
  Slot* loser = &first;
  Slot* keeper = &second;
  if ((first.estimate & kCountMask) > (second.estimate & kCountMask)) std::swap(loser, keeper);
  if (keeper->estimate & kCountMask) --keeper->estimate;
  *loser = Slot{};
  loser->check = check;
  return *loser;
}

ContextGroup::ContextGroup(const Shape& shape, SlotTable& slots)
    : shape_(shape),
      inputs_(input_count(shape.contexts)),
      slots_(slots),
      tables_(logistic_tables()),
      by_history_(std::size_t{shape.contexts} * kHistories),
      first_weights_(std::size_t{inputs_} * shape.first_sets),
      second_weights_(std::size_t{inputs_} * shape.second_sets),
      correction_(std::size_t{shape.second_sets} * kCorrectionCells) {
  reset();
}

std::size_t ContextGroup::memory(const Shape& shape) {
  return std::size_t{shape.contexts} * kHistories * sizeof(std::uint32_t) +
         std::size_t{input_count(shape.contexts)} * (shape.first_sets + shape.second_sets) *
             sizeof(std::int32_t) +
         std::size_t{shape.second_sets} * kCorrectionCells * sizeof(std::uint16_t);
}

void ContextGroup::reset() {
  for (std::uint32_t context = 0; context < shape_.contexts; ++context) {
    for (std::uint32_t history = 0; history < kHistories; ++history) {
      by_history_[context * kHistories + history] = estimate_of(history);
    }
  }
  std::fill(first_weights_.begin(), first_weights_.end(), kInitialWeight);
  std::fill(second_weights_.begin(), second_weights_.end(), kInitialWeight);
  for (std::size_t cell = 0; cell < correction_.size(); ++cell) {
    const auto step = static_cast<std::int32_t>(cell % kCorrectionCells);
    correction_[cell] = static_cast<std::uint16_t>(squash(tables_, (step - 16) * 192));
  }
}

void ContextGroup::select(std::span<const std::uint32_t> hashes) {
  for (std::uint32_t i = 0; i < shape_.contexts; ++i) select_one(i, hashes[i]);
}

void ContextGroup::select_one(std::uint32_t context, std::uint32_t hash) {
  lines_[context] = slots_.line(hash * 0x2545F491u + context * 0x6F4F2A35u + shape_.id * 0x1234567u);
  __builtin_prefetch(lines_[context].slots, 1);
}

void ContextGroup::fill_inputs(std::uint32_t node) {
  for (std::uint32_t i = 0; i < shape_.contexts; ++i) {
    Slot& slot = SlotTable::find(lines_[i], node);
    active_[i] = &slot;
    const std::uint32_t count = slot.estimate & kCountMask;
    if (count == 0) {
      evidence_[2 * i] = 0;
      evidence_[2 * i + 1] = 0;
      continue;
    }
    evidence_[2 * i] = (stretch(tables_, slot.estimate >> 16) * kConfidence[std::min(count, 3u)]) >> 8;
    evidence_[2 * i + 1] = stretch(tables_, by_history_[i * kHistories + slot.history] >> 16);
  }
  evidence_[2 * shape_.contexts] = kConstantInput;
}

Probability ContextGroup::predict(std::uint32_t node, std::uint32_t first, std::uint32_t second) {
  fill_inputs(node);
  first_row_ = &first_weights_[std::size_t{first} * inputs_];
  second_row_ = &second_weights_[std::size_t{second} * inputs_];
  const std::int32_t left =
      std::clamp(weighed(evidence_.data(), first_row_, inputs_), -kStretchLimit, kStretchLimit);
  const std::int32_t right =
      std::clamp(weighed(evidence_.data(), second_row_, inputs_), -kStretchLimit, kStretchLimit);
  first_guess_ = squash(tables_, left);
  second_guess_ = squash(tables_, right);
  const std::int32_t both = (left + right) >> 1;
  const auto place = static_cast<std::uint32_t>(both + 3072) * 4 / 3;
  const std::uint32_t part = place & 255;
  std::uint16_t* cell = &correction_[std::size_t{second} * kCorrectionCells + (place >> 8)];
  const std::uint32_t corrected = (cell[0] * (256 - part) + cell[1] * part) >> 8;
  correction_cell_ = cell + (part > 128 ? 1 : 0);
  return std::clamp((squash(tables_, both) + corrected) >> 1, 1u, 65535u);
}

void ContextGroup::update(bool bit) {
  const std::int32_t goal = bit ? 65536 : 0;
  learn(evidence_.data(), first_row_, inputs_,
        ((goal - static_cast<std::int32_t>(first_guess_)) * shape_.rate) >> 14);
  learn(evidence_.data(), second_row_, inputs_,
        ((goal - static_cast<std::int32_t>(second_guess_)) * shape_.rate) >> 14);
  const std::int32_t cell = *correction_cell_;
  *correction_cell_ = static_cast<std::uint16_t>(cell + ((bit ? 65535 : 0) - cell) / 64);
  for (std::uint32_t i = 0; i < shape_.contexts; ++i) {
    Slot& slot = *active_[i];
    std::uint32_t& known = by_history_[i * kHistories + slot.history];
    known = moved(known, bit);
    slot.estimate = moved(slot.estimate, bit);
    slot.history = appended(slot.history, bit);
  }
}

}  // namespace skiff
