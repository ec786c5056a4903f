#include "match/parts.hpp"

#include <algorithm>

#include "base/parallel.hpp"

namespace skiff::match {
namespace {

using Spans = std::vector<Range32>;

/// Where in a residue's buffer the stretches of its image are.
Spans spans_of(const Residue& residue, const Ranges& ranges) {
  Spans out;
  auto range = ranges.begin();
  for (const Residue::Piece& piece : residue.pieces()) {
    while (range != ranges.end() && range->end <= piece.image.begin) ++range;
    for (auto at = range; at != ranges.end() && at->begin < piece.image.end; ++at) {
      const std::uint64_t begin = std::max(at->begin, piece.image.begin) - piece.image.begin;
      const std::uint64_t end = std::min(at->end, piece.image.end) - piece.image.begin;
      out.push_back(
          {piece.at + static_cast<std::uint32_t>(begin), piece.at + static_cast<std::uint32_t>(end)});
    }
  }
  return out;
}

Spans others(const Spans& spans, std::size_t size) {
  Spans out;
  std::uint32_t at = 0;
  for (const Range32& span : spans) {
    if (span.begin > at) out.push_back({at, span.begin});
    at = span.end;
  }
  if (at < size) out.push_back({at, static_cast<std::uint32_t>(size)});
  return out;
}

void append(Bytes& text, ByteView from, const Spans& spans) {
  for (const Range32& span : spans)
    text.insert(text.end(), from.begin() + span.begin, from.begin() + span.end);
}

/// From positions in spans laid side by side back to where they are from.
class WayBack {
 public:
  explicit WayBack(const Spans& spans) {
    std::uint32_t at = 0;
    for (const Range32& span : spans) {
      const std::uint32_t end = at + (span.end - span.begin);
      for (; first_.size() * kStep < end; first_.push_back(static_cast<std::uint32_t>(steps_.size()))) {
      }
      steps_.push_back({end, span.begin - at});
      at = end;
    }
  }
  [[nodiscard]] std::int32_t of(std::int32_t position) const {
    if (position == Neighbours::kNone) return position;
    const auto at = static_cast<std::uint32_t>(position);
    std::uint32_t i = first_[at / kStep];
    while (steps_[i].end <= at) ++i;
    return static_cast<std::int32_t>(at + steps_[i].shift);
  }

 private:
  static constexpr std::uint32_t kStep = 4096;
  struct Step {
    std::uint32_t end = 0;    ///< in the spans laid side by side
    std::uint32_t shift = 0;  ///< modulo 2^32
  };
  std::vector<Step> steps_;
  std::vector<std::uint32_t> first_;  ///< for each kStep positions, the step of the first one
};

/// One of two parts in a residue's buffers.
struct PartSpans {
  Spans base;
  Spans result;
};

/// From positions of a buffer to where they are in spans of it laid side by side.
class WayThere {
 public:
  explicit WayThere(const Spans& spans) : spans_(spans) {
    for (const Range32& span : spans) {
      begins_.push_back(size_);
      size_ += span.end - span.begin;
    }
  }
  /// Of a position between spans, that of the next span; behind the last, the end.
  [[nodiscard]] std::int32_t of(std::int64_t position) const {
    const auto span = std::upper_bound(spans_.begin(), spans_.end(), position,
                                       [](std::int64_t value, const Range32& s) { return value < s.end; });
    if (span == spans_.end()) return static_cast<std::int32_t>(size_);
    const std::int64_t inside = std::max<std::int64_t>(position - span->begin, 0);
    return static_cast<std::int32_t>(begins_[static_cast<std::size_t>(span - spans_.begin())] + inside);
  }

 private:
  const Spans& spans_;
  std::vector<std::uint32_t> begins_;
  std::uint32_t size_ = 0;
};

/// Homes of a part's result in the part's base, from those of the buffers.
Homes part_homes(const PartSpans& spans, std::size_t result_length, const Homes& homes) {
  const WayBack back(spans.result);
  const WayThere there(spans.base);
  Homes out;
  for (std::size_t at = 0; at < result_length; at += kHomeStep) {
    const auto whole = static_cast<std::uint32_t>(back.of(static_cast<std::int32_t>(at)));
    out.push_back(there.of(homes[whole / kHomeStep] + std::int64_t{whole % kHomeStep}));
  }
  return out;
}

/// Without `homes` the part is told apart by its bytes alone.
void fill(Neighbours& out, ByteView base, ByteView result, const PartSpans& spans, const Homes& homes,
          unsigned threads) {
  Bytes text;
  append(text, base, spans.base);
  const std::size_t border = text.size();
  append(text, result, spans.result);
  OrderRule rule;
  if (!homes.empty()) rule = {kCodeDepth, part_homes(spans, text.size() - border, homes)};
  const Neighbours found = find_neighbours(text, border, rule, threads);
  const WayBack back(spans.base);
  std::size_t i = 0;
  for (const Range32& span : spans.result) {
    for (std::uint32_t at = span.begin; at < span.end; ++at, ++i) {
      out.before[at] = back.of(found.before[i]);
      out.after[at] = back.of(found.after[i]);
    }
  }
}

}  // namespace

Neighbours find_neighbours_apart(const Residue& base, const Residue& result, const Part& part,
                                 const Cover& known, unsigned threads) {
  const PartSpans inside{spans_of(base, part.base), spans_of(result, part.result)};
  const bool split = !inside.base.empty() && !inside.result.empty() &&
                     base.bytes().size() + result.bytes().size() >= kWorthSplitting;
  if (!split) {
    Bytes text;
    text.reserve(base.bytes().size() + result.bytes().size());
    text.insert(text.end(), base.bytes().begin(), base.bytes().end());
    text.insert(text.end(), result.bytes().begin(), result.bytes().end());
    return find_neighbours(text, base.bytes().size(), {}, threads);
  }
  const PartSpans outside{others(inside.base, base.bytes().size()),
                          others(inside.result, result.bytes().size())};
  Neighbours out;
  out.before.assign(result.bytes().size(), Neighbours::kNone);
  out.after = out.before;
  const Homes homes = find_homes(base, result, known);
  run_both(
      threads, [&] { fill(out, base.bytes(), result.bytes(), inside, homes, threads); },
      [&] { fill(out, base.bytes(), result.bytes(), outside, {}, threads); });
  return out;
}

}  // namespace skiff::match
