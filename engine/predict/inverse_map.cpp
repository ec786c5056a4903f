#include "predict/inverse_map.hpp"

#include <algorithm>
#include <numeric>

namespace skiff {
namespace {

constexpr std::uint64_t kNearDistance = 64;

}  // namespace

void InverseMap::build(std::uint32_t count, const std::function<Moved(std::uint32_t)>& copy_at) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const std::uint64_t left = copy_at(a).base_offset;
    const std::uint64_t right = copy_at(b).base_offset;
    return left != right ? left < right : a < b;
  });
  const auto loses = [&](std::uint32_t a, std::uint32_t b) {
    const std::uint64_t left = copy_at(a).length;
    const std::uint64_t right = copy_at(b).length;
    return left != right ? left < right : a > b;
  };
  // Sweeps the base from left to right; `open` is a heap of the copies that have begun, the winner on top.
  std::vector<std::uint32_t> open;
  open.reserve(count);
  // Growing step by step would take more for a moment than decoder_memory counts.
  pieces_ = {};
  pieces_.reserve(count);
  std::uint64_t at = 0;
  for (std::size_t next = 0; next < order.size() || !open.empty();) {
    if (open.empty()) at = std::max(at, copy_at(order[next]).base_offset);
    for (; next < order.size() && copy_at(order[next]).base_offset <= at; ++next) {
      open.push_back(order[next]);
      std::push_heap(open.begin(), open.end(), loses);
    }
    const Moved top = copy_at(open.front());
    if (top.base_offset + top.length <= at) {
      std::pop_heap(open.begin(), open.end(), loses);
      open.pop_back();
      continue;
    }
    const std::uint64_t end = top.base_offset + top.length;
    const std::uint64_t until = next < order.size() ? std::min(end, copy_at(order[next]).base_offset) : end;
    add_piece(at, until, top.result_offset - top.base_offset);
    at = until;
  }
  last_ = 0;
}

void InverseMap::add_piece(std::uint64_t begin, std::uint64_t end, std::uint64_t shift) {
  if (!pieces_.empty() && pieces_.back().end == begin && pieces_.back().shift == shift) {
    pieces_.back().end = end;
  } else {
    pieces_.push_back({begin, end, shift});
  }
}

InverseMap::Where InverseMap::find(std::uint64_t base_offset) const {
  if (pieces_.empty()) return {base_offset, Certainty::kFar};
  const Piece& last = pieces_[last_];
  if (base_offset >= last.begin && base_offset < last.end)
    return {base_offset + last.shift, Certainty::kCopied};
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), base_offset,
                                      [](std::uint64_t at, const Piece& piece) { return at < piece.begin; });
  const bool has_left = after != pieces_.begin();
  if (has_left && base_offset < std::prev(after)->end) {
    last_ = static_cast<std::size_t>(std::prev(after) - pieces_.begin());
    return {base_offset + std::prev(after)->shift, Certainty::kCopied};
  }
  const bool has_right = after != pieces_.end();
  const std::uint64_t left = has_left ? base_offset - std::prev(after)->end : ~std::uint64_t{0};
  const std::uint64_t right = has_right ? after->begin - base_offset : ~std::uint64_t{0};
  const Piece& nearest = left <= right && has_left ? *std::prev(after) : *after;
  return {base_offset + nearest.shift,
          std::min(left, right) < kNearDistance ? Certainty::kNear : Certainty::kFar};
}

}  // namespace skiff
