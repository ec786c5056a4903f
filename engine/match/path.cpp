#include "match/path.hpp"

#include <algorithm>
#include <array>
#include <deque>

#include "match/common_run.hpp"
#include "match/literal_costs.hpp"

namespace skiff::match {
namespace {

constexpr std::uint32_t kLiteral = UINT32_MAX;
constexpr std::size_t kMaxActive = 512;                             // beyond it the dearer half rests
constexpr std::uint32_t kRest = 256;                                // result bytes until it is back
constexpr std::array<std::uint32_t, 4> kWordLengths{4, 8, 16, 24};  // of words and entries of common tables
constexpr std::size_t kMinFastRun = 4;

/// A segment that passes the current position, with the cost of the cheapest way that is on it now.
struct Active {
  std::uint32_t segment = 0;  ///< index
  std::uint32_t end = 0;
  std::int64_t diagonal = 0;
  std::int64_t above = 0;       ///< cost above that of the cheapest way of all
  std::uint32_t entered = 0;    ///< where that way came onto the segment
  bool changed = false;         ///< the last byte differed
  std::int64_t entry_from = 0;  ///< the diagonal that `entry` was worked out for
  std::int64_t entry = 0;       ///< cost of coming onto the segment from there
};

/// From this position on (until the next arrival), the cheapest way came by this segment, entered there.
struct Arrival {
  std::uint32_t at = 0;
  std::uint32_t segment = kLiteral;
  std::uint32_t entered = 0;
};

/// A segment that was let go and opens again at `until`.
struct Resting {
  std::uint32_t until = 0;
  std::uint32_t segment = 0;
};

class Walk {
 public:
  Walk(const Texts& texts, const std::vector<Segment>& segments, Range32 stretch, const Costs& costs)
      : texts_(texts),
        segments_(segments),
        stretch_(stretch),
        costs_(costs),
        literals_(texts.result, {costs.literal_percent, costs.least_literal}),
        at_(stretch.begin) {}

  Path run() {
    while (at_ < stretch_.end) {
      open_segments();
      if (active_.empty()) {
        skip_literals();
        continue;
      }
      const std::size_t run = best_run();
      if (run >= kMinFastRun) {
        advance_along_best(run);
      } else {
        advance_one();
      }
      close_segments();
    }
    return trace();
  }

 private:
  /// Where the next segment opens, or opens again.
  [[nodiscard]] std::uint32_t next_begin() const {
    const std::uint32_t fresh = next_ < segments_.size() ? segments_[next_].begin : stretch_.end;
    const std::uint32_t rested = resting_.empty() ? stretch_.end : resting_.front().until;
    return std::min({fresh, rested, stretch_.end});
  }

  [[nodiscard]] std::int64_t entry_cost(std::int64_t diagonal) const {
    const std::int64_t distance = diagonal - diagonal_;
    if (distance == 0) return costs_.resume;
    const auto magnitude = static_cast<std::uint64_t>(distance < 0 ? -distance : distance);
    return costs_.enter + costs_.enter_per_bit * log2_sixteenths(magnitude + 1) / 16;
  }

  void open_segments() {
    for (; next_ < segments_.size() && segments_[next_].begin == at_; ++next_)
      open(static_cast<std::uint32_t>(next_));
    for (; !resting_.empty() && resting_.front().until == at_; resting_.pop_front())
      open(resting_.front().segment);
    if (active_.size() > kMaxActive) shed();
  }

  void open(std::uint32_t index) {
    const Segment& segment = segments_[index];
    const std::int64_t entry = entry_cost(segment.diagonal);
    active_.push_back({index, segment.end, segment.diagonal, entry, at_, false, diagonal_, entry});
    first_end_ = std::min(first_end_, segment.end);
  }

  /// Keeps the cheaper half, in the order in which they stand. The others rest: what costs too much in a
  /// table may be the only way through what follows.
  void shed() {
    std::vector<std::int64_t> sorted;
    sorted.reserve(active_.size());
    for (const Active& a : active_) sorted.push_back(a.above);
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(kMaxActive / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    const std::int64_t limit = *middle;
    std::size_t kept = 0;
    for (const Active& a : active_) {
      if (a.above < limit || (a.above == limit && kept < kMaxActive / 2)) {
        active_[kept++] = a;
      } else if (a.end - at_ > kRest) {
        resting_.push_back({at_ + kRest, a.segment});
      }
    }
    active_.resize(kept);
    locate_best();
  }

  void close_segments() {
    if (at_ < first_end_) return;
    std::erase_if(active_, [&](const Active& a) { return a.end <= at_; });
    first_end_ = UINT32_MAX;
    for (const Active& a : active_) first_end_ = std::min(first_end_, a.end);
    locate_best();
  }

  /// The active segment by which the cheapest way arrived here, if it did not arrive by a literal.
  void locate_best() {
    best_ = kLiteral;
    if (arrivals_.empty() || arrivals_.back().segment == kLiteral) return;
    const auto same = [&](const Active& a) { return a.segment == arrivals_.back().segment; };
    const auto found = std::find_if(active_.begin(), active_.end(), same);
    if (found != active_.end()) best_ = static_cast<std::uint32_t>(found - active_.begin());
  }

  void skip_literals() {
    const std::uint32_t to = next_begin();
    if (to > at_) arrive(at_ + 1, kLiteral, 0);
    for (; at_ < to; ++at_) cost_ += literals_.at(at_);
  }

  void arrive(std::uint32_t at, std::uint32_t segment, std::uint32_t entered) {
    const Arrival arrival{at, segment, entered};
    if (!arrivals_.empty() && arrivals_.back().segment == segment && arrivals_.back().entered == entered)
      return;
    arrivals_.push_back(arrival);
  }

  /// How many bytes the best segment goes on being equal while no segment begins or ends.
  [[nodiscard]] std::size_t best_run() const {
    if (best_ == kLiteral) return 0;
    const Active& best = active_[best_];
    const std::uint32_t to = std::min({next_begin(), first_end_, stretch_.end});
    return common_run(texts_.result.data() + at_, texts_.base.data() + (at_ + best.diagonal), to - at_);
  }

  /// While the best segment's bytes stand, no other way can become cheaper: only their distances change.
  void advance_along_best(std::size_t run) {
    for (std::size_t i = 0; i < active_.size(); ++i) {
      if (i != best_) follow(active_[i], run);
    }
    active_[best_].changed = false;
    work_ += run / 8;
    cost_ += costs_.equal * static_cast<std::int64_t>(run);
    at_ += static_cast<std::uint32_t>(run);
  }

  void follow(Active& a, std::size_t run) {
    const std::uint8_t* result = texts_.result.data() + at_;
    const std::uint8_t* base = texts_.base.data() + (at_ + a.diagonal);
    for (std::size_t i = 0; i < run; ++i, ++work_) {
      enter_if_cheaper(a, at_ + static_cast<std::uint32_t>(i));
      const std::size_t same = common_run(result + i, base + i, run - i);
      if (same > 0) a.changed = false;
      work_ += same / 8;
      i += same;
      if (i == run) break;
      if (same > 0) enter_if_cheaper(a, at_ + static_cast<std::uint32_t>(i));
      a.above += mismatch_cost(a, at_ + static_cast<std::uint32_t>(i)) - costs_.equal;
      a.changed = true;
    }
  }

  [[nodiscard]] std::uint8_t residue(const Active& a, std::uint32_t at) const {
    return static_cast<std::uint8_t>(texts_.result[at] -
                                     texts_.base[static_cast<std::size_t>(at + a.diagonal)]);
  }

  /// Neighbours in a table often move by the same amount, which the coder notices.
  [[nodiscard]] std::int64_t mismatch_cost(const Active& a, std::uint32_t at) const {
    const std::uint32_t since = at - segments_[a.segment].begin;
    const std::uint8_t change = residue(a, at);
    for (const std::uint32_t word : kWordLengths) {
      if (since >= word && residue(a, at - word) == change) return costs_.repeated_mismatch;
    }
    return a.changed ? costs_.next_mismatch : costs_.first_mismatch;
  }

  void enter_if_cheaper(Active& a, std::uint32_t at) {
    if (a.entry_from != diagonal_) {
      a.entry_from = diagonal_;
      a.entry = entry_cost(a.diagonal);
    }
    if (a.entry < a.above) {
      a.above = a.entry;
      a.entered = at;
      a.changed = false;
    }
  }

  void advance_one() {
    std::int64_t least = literals_.at(at_);
    std::uint32_t by = kLiteral;
    for (std::size_t i = 0; i < active_.size(); ++i) {
      Active& a = active_[i];
      enter_if_cheaper(a, at_);
      const bool stands = texts_.result[at_] == texts_.base[static_cast<std::size_t>(at_ + a.diagonal)];
      a.above += stands ? costs_.equal : mismatch_cost(a, at_);
      a.changed = !stands;
      if (a.above < least) {
        least = a.above;
        by = static_cast<std::uint32_t>(i);
      }
    }
    work_ += active_.size();
    for (Active& a : active_) a.above -= least;
    cost_ += least;
    ++at_;
    best_ = by;
    if (by == kLiteral) return arrive(at_, kLiteral, 0);
    diagonal_ = active_[by].diagonal;
    arrive(at_, active_[by].segment, active_[by].entered);
  }

  Path trace() const {
    Path path;
    path.cost = cost_;
    path.work = work_;
    std::uint32_t at = stretch_.end;
    for (auto arrival = arrivals_.rbegin(); arrival != arrivals_.rend() && at > stretch_.begin; ++arrival) {
      if (arrival->at > at) continue;
      if (arrival->segment == kLiteral) {
        at = arrival->at - 1;
      } else {
        path.steps.push_back({arrival->entered, at, segments_[arrival->segment].diagonal});
        at = arrival->entered;
      }
    }
    std::reverse(path.steps.begin(), path.steps.end());
    return path;
  }

  const Texts& texts_;
  const std::vector<Segment>& segments_;
  Range32 stretch_;
  const Costs& costs_;
  LiteralCosts literals_;
  std::uint32_t at_;
  std::size_t next_ = 0;  // segment that opens next
  std::vector<Active> active_;
  std::deque<Resting> resting_;           // in the order in which they open again
  std::uint32_t first_end_ = UINT32_MAX;  // where the next active segment ends
  std::uint32_t best_ = kLiteral;         // index into active_
  std::int64_t diagonal_ = 0;             // of the last copy of the cheapest way
  std::int64_t cost_ = 0;
  std::uint64_t work_ = 0;
  std::vector<Arrival> arrivals_;
};

}  // namespace

Path cheapest_path(const Texts& texts, const std::vector<Segment>& segments, Range32 stretch,
                   const Costs& costs) {
  return Walk(texts, segments, stretch, costs).run();
}

}  // namespace skiff::match
