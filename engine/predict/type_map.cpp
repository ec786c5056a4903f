#include "predict/type_map.hpp"

#include <algorithm>

namespace skiff {
namespace {

/// The element of a list in order that begins at or before `offset`, as an index; size() if there is none.
template <typename List, typename Begin>
std::size_t last_before(const List& list, std::uint64_t offset, Begin begin) {
  const auto after =
      std::upper_bound(list.begin(), list.end(), offset,
                       [&](std::uint64_t at, const auto& element) { return at < begin(element); });
  return after == list.begin() ? list.size() : static_cast<std::size_t>(after - list.begin()) - 1;
}

}  // namespace

TypedPlace TypeMap::at(std::uint64_t offset) const {
  if (offset - last_.range.offset >= last_.range.length) last_ = look_up(offset);
  return last_;
}

TypedPlace TypeMap::look_up(std::uint64_t offset) const {
  const std::size_t s = last_before(typing_, offset, [](const Space& space) { return space.begin; });
  if (s == typing_.size() || offset >= typing_[s].end) {
    const std::size_t next = s == typing_.size() ? 0 : s + 1;
    const std::uint64_t begin = s == typing_.size() ? 0 : typing_[s].end;
    const std::uint64_t end = next < typing_.size() ? typing_[next].begin : ~std::uint64_t{0};
    return {{begin, end - begin, Kind::kRaw}, nullptr};
  }
  const Space& space = typing_[s];
  const std::size_t t =
      last_before(space.types, offset, [](const TypedRange& range) { return range.offset; });
  if (t != space.types.size() && offset - space.types[t].offset < space.types[t].length)
    return {space.types[t], &space};
  const std::size_t next = t == space.types.size() ? 0 : t + 1;
  const std::uint64_t begin =
      t == space.types.size() ? space.begin : space.types[t].offset + space.types[t].length;
  const std::uint64_t end = next < space.types.size() ? space.types[next].offset : space.end;
  return {{begin, end - begin, Kind::kRaw}, &space};
}

}  // namespace skiff
