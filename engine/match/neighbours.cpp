#include "match/neighbours.hpp"

#include <algorithm>

#include "base/parallel.hpp"
#include "match/suffix_order.hpp"

namespace skiff::match {
namespace {

/// Gives each result suffix the last base suffix seen on the way through [begin, end) of the suffix array.
template <typename Iterator>
std::vector<std::int32_t> sweep(Iterator begin, Iterator end, std::int32_t base_length,
                                std::size_t result_length) {
  std::vector<std::int32_t> nearest(result_length, Neighbours::kNone);
  std::int32_t last = Neighbours::kNone;
  for (; begin != end; ++begin) {
    if (*begin < base_length) {
      last = *begin;
    } else {
      nearest[static_cast<std::size_t>(*begin - base_length)] = last;
    }
  }
  return nearest;
}

}  // namespace

std::uint64_t neighbours_memory(std::uint64_t base_length, std::uint64_t result_length) {
  const std::uint64_t text = base_length + result_length;
  const std::uint64_t sweeps = text * sizeof(std::int32_t) + result_length * 2 * sizeof(std::int32_t);
  return text + std::max(text * kSuffixMemory, sweeps);
}

Neighbours find_neighbours(ByteView text, std::size_t base_length, const OrderRule& rule, unsigned threads) {
  const std::vector<std::int32_t> suffixes = suffix_order(text, base_length, rule, threads);
  const std::size_t result_length = text.size() - base_length;
  const auto border = static_cast<std::int32_t>(base_length);
  Neighbours out;
  const auto forward = [&] { out.before = sweep(suffixes.begin(), suffixes.end(), border, result_length); };
  const auto backward = [&] { out.after = sweep(suffixes.rbegin(), suffixes.rend(), border, result_length); };
  run_both(threads, forward, backward);
  return out;
}

}  // namespace skiff::match
