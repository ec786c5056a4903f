#include "match/chunks.hpp"

#include <algorithm>
#include <limits>

#include "match/neighbours.hpp"

namespace skiff::match {
namespace {

constexpr std::uint64_t kMaxText = std::numeric_limits<std::int32_t>::max();
constexpr std::uint64_t kMinChunk = std::uint64_t{1} << 20;  // below it, no memory limit makes sense

/// The residues themselves are held beside what the search for neighbours needs.
bool fits(std::uint64_t base, std::uint64_t result, std::uint64_t max_memory) {
  return base + result <= kMaxText && base + result + neighbours_memory(base, result) <= max_memory;
}

/// The part of `ranges` that is [skip, skip + length) of their bytes laid side by side.
Ranges slice(const Ranges& ranges, std::uint64_t skip, std::uint64_t length) {
  Ranges out;
  for (const Range& range : ranges) {
    if (length == 0) break;
    const std::uint64_t skipped = std::min(skip, range.length());
    skip -= skipped;
    const std::uint64_t taken = std::min(length, range.length() - skipped);
    length -= taken;
    if (taken > 0) out.push_back({range.begin + skipped, range.begin + skipped + taken});
  }
  return out;
}

/// How many bytes of `ranges` stand before `offset` of the image.
std::uint64_t bytes_before(const Ranges& ranges, std::uint64_t offset) {
  std::uint64_t sum = 0;
  for (const Range& range : ranges) {
    if (range.begin >= offset) break;
    sum += std::min(range.end, offset) - range.begin;
  }
  return sum;
}

}  // namespace

std::vector<Chunk> plan_chunks(const Ranges& base, const Ranges& result, std::uint64_t max_memory) {
  const std::uint64_t base_length = total_length(base);
  const std::uint64_t result_length = total_length(result);
  if (fits(base_length, result_length, max_memory)) return {{base, result}};
  std::uint64_t part = kMinChunk;
  while (fits(part * 2, part * 2, max_memory)) part *= 2;
  std::vector<Chunk> chunks;
  for (std::uint64_t at = 0; at < result_length; at += part) {
    Ranges stretch = slice(result, at, part);
    const std::uint64_t here = bytes_before(base, stretch.front().begin);
    const std::uint64_t last = base_length > part ? base_length - part : 0;
    const std::uint64_t from = std::min(here > part / 4 ? here - part / 4 : 0, last);
    chunks.push_back({slice(base, from, part), std::move(stretch)});
  }
  return chunks;
}

}  // namespace skiff::match
