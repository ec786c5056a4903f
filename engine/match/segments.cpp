#include "match/segments.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <unordered_map>

#include "match/common_run.hpp"

namespace skiff::match {
namespace {

constexpr std::size_t kCounted = 8;            // bytes whose occurrences are counted; a seed may be shorter
constexpr std::size_t kExactStep = 4096;       // how far ahead an equal run is followed at once
constexpr std::uint32_t kAllowance = 1 << 16;  // result bytes whose work may be done ahead
constexpr std::size_t kTiredReach = 16384;     // and a seed each way, once it did more than its share
constexpr unsigned kMinCountBits = 12;
constexpr unsigned kMaxCountBits = 28;
constexpr std::uint64_t kHashFactor = 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio (Knuth, TAOCP 3, 6.4)

/// Prolongs segments in one stretch of the result and keeps each diagonal from being walked twice.
class Search {
 public:
  Search(const Texts& texts, const Occurrences& occurrences, Range32 stretch, const SeedRules& rules)
      : texts_(texts),
        occurrences_(occurrences),
        stretch_(stretch),
        rules_(rules),
        extension_(rules.extension) {}

  void try_seed(std::uint32_t at, std::int32_t base_at) {
    if (base_at == Neighbours::kNone || at + rules_.sure_length <= exact_end_) return;
    const std::int64_t diagonal = std::int64_t{base_at} - at;
    if (recently_covered(diagonal, at)) return note_exact(at, base_at);
    const std::size_t length = seed_length(at, base_at);
    work_ += length;
    if (at + length < exact_end_ || !is_seed(at, length)) return;
    const auto known = ends_.find(diagonal);
    const std::uint32_t floor = known == ends_.end() ? stretch_.begin : known->second;
    if (floor > at) return remember(diagonal, floor);
    const Segment segment = prolong(at, diagonal, floor);
    found_.push_back(segment);
    note_exact(at, base_at);
    ends_[diagonal] = segment.end;
    remember(diagonal, segment.end);
  }

  SegmentSearch take() {
    std::sort(found_.begin(), found_.end(), [](const Segment& a, const Segment& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.diagonal < b.diagonal;
    });
    return {std::move(found_), work_};
  }

 private:
  struct Recent {
    std::int64_t diagonal = 0;
    std::uint32_t end = 0;
  };

  [[nodiscard]] bool recently_covered(std::int64_t diagonal, std::uint32_t at) const {
    return std::any_of(recent_.begin(), recent_.end(),
                       [&](const Recent& r) { return r.diagonal == diagonal && at < r.end; });
  }
  void remember(std::int64_t diagonal, std::uint32_t end) {
    recent_[next_recent_] = {diagonal, end};
    next_recent_ = (next_recent_ + 1) % recent_.size();
  }

  /// Whether more was looked at than the way up to here allows.
  [[nodiscard]] bool tired(std::uint32_t at) const {
    return work_ > rules_.work_per_byte * (at - stretch_.begin + kAllowance);
  }

  /// Remembers how far a segment that is known goes on without any difference: shorter seeds in there would
  /// only lead to places that fit less well.
  void note_exact(std::uint32_t at, std::int32_t base_at) {
    if (at < exact_end_) return;
    const std::size_t limit = std::min(
        {kExactStep, std::size_t{stretch_.end - at}, texts_.base.size() - static_cast<std::size_t>(base_at)});
    const std::size_t run = common_run(texts_.result.data() + at, texts_.base.data() + base_at, limit);
    work_ += run;
    exact_end_ = at + static_cast<std::uint32_t>(run);
  }

  /// Equal bytes from here on, counted as far as the rules care.
  [[nodiscard]] std::size_t seed_length(std::uint32_t at, std::int32_t base_at) const {
    const std::size_t limit = std::min({rules_.sure_length, std::size_t{stretch_.end - at},
                                        texts_.base.size() - static_cast<std::size_t>(base_at)});
    return common_run(texts_.result.data() + at, texts_.base.data() + base_at, limit);
  }

  [[nodiscard]] bool is_seed(std::uint32_t at, std::size_t length) const {
    if (length < rules_.min_length) return false;
    if (length >= rules_.sure_length) return true;
    const std::uint8_t* bytes = texts_.result.data() + at;
    const auto telling =
        std::count_if(bytes, bytes + length, [](std::uint8_t b) { return b != 0x00 && b != 0xff; });
    if (static_cast<std::size_t>(telling) < rules_.min_telling) return false;
    if (length >= rules_.long_length) return true;
    if (texts_.result.size() - at < kCounted) return false;
    const std::size_t last_counted = std::max(length, kCounted) - kCounted;
    const bool one_value = load64(bytes) == std::rotl(load64(bytes), 8);
    if (one_value || tired(at)) return false;
    return occurrences_.of(bytes) <= rules_.max_occurrences ||
           occurrences_.of(bytes + last_counted) <= rules_.max_occurrences;
  }

  Segment prolong(std::uint32_t at, std::int64_t diagonal, std::uint32_t floor) {
    const auto base_at = static_cast<std::size_t>(at + diagonal);
    const std::size_t most = tired(at) ? kTiredReach : SIZE_MAX;
    const std::size_t ahead = std::min({most, std::size_t{stretch_.end - at}, texts_.base.size() - base_at});
    const std::size_t behind = std::min({most, std::size_t{at - floor}, base_at});
    const std::uint8_t* result = texts_.result.data() + at;
    const std::uint8_t* base = texts_.base.data() + base_at;
    const Extension::Reach forward = extension_.forward(result, base, ahead);
    const Extension::Reach backward = extension_.backward(result, base, behind);
    work_ += forward.looked + backward.looked;
    return {at - static_cast<std::uint32_t>(backward.length), at + static_cast<std::uint32_t>(forward.length),
            diagonal};
  }

  const Texts& texts_;
  const Occurrences& occurrences_;
  Range32 stretch_;
  const SeedRules& rules_;
  Extension extension_;
  std::uint64_t work_ = 0;
  std::unordered_map<std::int64_t, std::uint32_t> ends_;  // diagonal -> end of its last segment
  std::array<Recent, 4> recent_{};
  std::size_t next_recent_ = 0;
  std::uint32_t exact_end_ = 0;  // up to here a known segment's bytes are all equal
  std::vector<Segment> found_;
};

}  // namespace

Occurrences::Occurrences(ByteView base)
    : shift_(64 - std::clamp<unsigned>(std::bit_width(base.size()) + 1, kMinCountBits, kMaxCountBits)),
      counts_(std::size_t{1} << (64 - shift_)) {
  for (std::size_t i = 0; i + 8 <= base.size(); ++i) {
    std::uint8_t& count = counts_[slot(base.data() + i)];
    if (count < 255) ++count;
  }
}

std::size_t Occurrences::slot(const std::uint8_t* eight_bytes) const {
  return static_cast<std::size_t>((load64(eight_bytes) * kHashFactor) >> shift_);
}

SegmentSearch find_segments(const Texts& texts, const Neighbours& neighbours, const Occurrences& occurrences,
                            Range32 stretch, const SeedRules& rules) {
  Search search(texts, occurrences, stretch, rules);
  for (std::uint32_t at = stretch.begin; at < stretch.end; ++at) {
    search.try_seed(at, neighbours.before[at]);
    search.try_seed(at, neighbours.after[at]);
  }
  return search.take();
}

}  // namespace skiff::match
