#include "typing/load_address.hpp"

#include <algorithm>
#include <unordered_map>

namespace skiff::typing {
namespace {

constexpr std::uint64_t kMostVotes = std::uint64_t{4} << 20;
constexpr std::uint64_t kScatter = 2654435761u;  ///< odd: takes the classes from everywhere
constexpr std::uint32_t kFewestVotes = 12;

/// Sorted, each value once.
void make_unique(std::vector<std::uint64_t>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

std::optional<std::uint64_t> load_address(std::vector<std::uint64_t> pointers,
                                          std::vector<std::uint64_t> functions, std::uint64_t alignment) {
  make_unique(pointers);
  make_unique(functions);
  const std::uint64_t mask = alignment - 1;
  std::vector<std::vector<std::uint64_t>> by_low_bits(alignment);
  for (const std::uint64_t function : functions) by_low_bits[function & mask].push_back(function);
  // A pointer and its function have the same low bits: leaving out whole classes of low bits keeps true pairs
  // whole.
  const std::uint64_t pairs = pointers.size() * (functions.size() / alignment + 1);
  const std::uint64_t classes =
      std::max<std::uint64_t>(1, alignment * std::min(kMostVotes, pairs) / std::max<std::uint64_t>(pairs, 1));
  const auto left_out = [&](std::uint64_t value) { return ((value & mask) * kScatter & mask) >= classes; };

  std::unordered_map<std::uint64_t, std::uint32_t> votes;
  for (const std::uint64_t pointer : pointers) {
    if (left_out(pointer)) continue;
    for (const std::uint64_t function : by_low_bits[pointer & mask]) {
      if (function <= pointer) ++votes[pointer - function];
    }
  }
  std::uint64_t best = 0;
  std::uint32_t most = 0;
  std::uint32_t second = 0;
  for (const auto& [address, count] : votes) {
    if (count > most || (count == most && address < best)) {
      second = most;
      most = count;
      best = address;
    } else {
      second = std::max(second, count);
    }
  }
  if (most < kFewestVotes || most < second + second / 4) return std::nullopt;
  return best;
}

}  // namespace skiff::typing
