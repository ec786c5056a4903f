#include "codec/model_sizes.hpp"

#include "codec/literal_coder.hpp"
#include "codec/token_coder.hpp"
#include "codec/word_coder.hpp"

namespace skiff {
namespace {

constexpr std::uint64_t kLearnedEntry = 16;

}  // namespace

ModelSizes model_sizes(Profile profile) {
  switch (profile) {
    case Profile::kTiny:
      return {12, 14, 10};
    case Profile::kStandard:
      return {16, 18, 14};
    case Profile::kMax:
      return {18, 20, 18};
  }
  return {};
}

std::uint64_t model_memory(const ModelSizes& sizes) {
  const std::uint64_t slots = SlotTable::memory(sizes.slot_lines);
  const std::uint64_t history =
      (std::uint64_t{1} << sizes.history) + (std::uint64_t{4} << (sizes.history - 4));
  const std::uint64_t learned = kLearnedEntry << sizes.learned;
  return slots + history + learned + NumberCoder::memory() + LiteralCoder::memory() + WordCoder::memory() +
         TokenCoder::memory();
}

}  // namespace skiff
