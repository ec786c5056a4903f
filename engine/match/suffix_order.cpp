#include "match/suffix_order.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <numeric>
#include <span>

#include "base/parallel.hpp"

namespace skiff::match {
namespace {

using Positions = std::span<std::int32_t>;

constexpr std::uint32_t kKey = 8;           ///< bytes compared at once
constexpr std::uint32_t kFirst = 2;         ///< bytes of the first radix step
constexpr std::size_t kBuckets = 1u << 16;  ///< of the first radix step
constexpr std::size_t kKeyed = 8192;        ///< groups this large or smaller are sorted by keys of their own
constexpr std::size_t kFew = 10;            ///< groups this small are sorted by insertion

/// A text with zeros behind it.
class PaddedText {
 public:
  PaddedText(ByteView text, std::size_t base_length, const OrderRule& rule)
      : bytes_(text.size() + rule.depth + kKey),
        base_length_(static_cast<std::int32_t>(base_length)),
        rule_(rule) {
    std::copy(text.begin(), text.end(), bytes_.begin());
  }
  /// Eight bytes as a number that compares as they do.
  [[nodiscard]] std::uint64_t key(std::int32_t position, std::uint32_t depth) const {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes_.data() + position + depth, sizeof word);
    return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
  }
  [[nodiscard]] std::uint8_t byte(std::int32_t position, std::uint32_t depth) const {
    return bytes_[static_cast<std::size_t>(position) + depth];
  }
  [[nodiscard]] std::uint32_t pair(std::int32_t position) const {
    return static_cast<std::uint32_t>(byte(position, 0) << 8 | byte(position, 1));
  }
  /// Orders positions whose bytes are equal.
  [[nodiscard]] bool is_earlier(std::int32_t a, std::int32_t b) const {
    const std::int64_t place_a = place(a);
    const std::int64_t place_b = place(b);
    return place_a != place_b ? place_a < place_b : a < b;
  }
  [[nodiscard]] std::uint32_t depth() const { return rule_.depth; }
  [[nodiscard]] bool less(std::int32_t a, std::int32_t b, std::uint32_t depth) const {
    for (; depth < rule_.depth; depth += kKey) {
      const std::uint64_t key_a = key(a, depth);
      const std::uint64_t key_b = key(b, depth);
      if (key_a != key_b) return key_a < key_b;
    }
    return is_earlier(a, b);
  }

 private:
  /// Twice the offset in the base, that of its home and one more for a position of the result.
  [[nodiscard]] std::int64_t place(std::int32_t position) const {
    if (position < base_length_) return std::int64_t{position} * 2;
    const auto at = static_cast<std::uint32_t>(position - base_length_);
    if (rule_.homes.empty()) return std::int64_t{at} * 2 + 1;
    return (std::int64_t{rule_.homes[at / kHomeStep]} + at % kHomeStep) * 2 + 1;
  }

  Bytes bytes_;
  std::int32_t base_length_;
  const OrderRule& rule_;
};

/// Sorts groups whose positions agree in their first bytes; one for each thread.
class GroupSorter {
 public:
  explicit GroupSorter(const PaddedText& text) : text_(text), keyed_(kKeyed) {}

  void sort(Positions group, std::uint32_t depth) {
    while (group.size() > kKeyed && depth < text_.depth()) {
      const std::uint32_t common = common_bytes(group, depth);
      depth += common;
      if (common < kKey) return spread(group, depth);
    }
    if (depth >= text_.depth()) return by_place(group);
    if (group.size() <= kFew) return insert(group, depth);
    by_key(group, depth);
  }

 private:
  struct Keyed {
    std::uint64_t key = 0;
    std::int32_t position = 0;
  };

  void by_place(Positions group) const {
    std::sort(group.begin(), group.end(),
              [&](std::int32_t a, std::int32_t b) { return text_.is_earlier(a, b); });
  }

  void insert(Positions group, std::uint32_t depth) const {
    for (std::size_t i = 1; i < group.size(); ++i) {
      const std::int32_t position = group[i];
      std::size_t at = i;
      for (; at > 0 && text_.less(position, group[at - 1], depth); --at) group[at] = group[at - 1];
      group[at] = position;
    }
  }

  /// How many of the next eight bytes all positions have in common.
  [[nodiscard]] std::uint32_t common_bytes(Positions group, std::uint32_t depth) const {
    const std::uint64_t first = text_.key(group.front(), depth);
    std::uint64_t differing = 0;
    for (const std::int32_t position : group) differing |= text_.key(position, depth) ^ first;
    return static_cast<std::uint32_t>(std::countl_zero(differing)) / 8;
  }

  /// Sorts a large group by one byte, in place, and then each part of it.
  void spread(Positions group, std::uint32_t depth) {
    std::array<std::size_t, 257> ends{};
    for (const std::int32_t position : group) ++ends[text_.byte(position, depth) + 1u];
    for (std::size_t value = 0; value < 256; ++value) ends[value + 1] += ends[value];
    std::array<std::size_t, 256> next;
    std::copy_n(ends.begin(), next.size(), next.begin());
    for (std::size_t value = 0; value < next.size(); ++value) {
      while (next[value] < ends[value + 1]) {
        std::int32_t position = group[next[value]];
        for (std::uint8_t goes = text_.byte(position, depth); goes != value;
             goes = text_.byte(position, depth)) {
          std::swap(position, group[next[goes]++]);
        }
        group[next[value]++] = position;
      }
    }
    for (std::size_t value = 0; value < next.size(); ++value) {
      sort(group.subspan(ends[value], ends[value + 1] - ends[value]), depth + 1);
    }
  }

  void by_key(Positions group, std::uint32_t depth) {
    const std::span<Keyed> keyed(keyed_.data(), group.size());
    for (std::size_t i = 0; i < group.size(); ++i) keyed[i] = {text_.key(group[i], depth), group[i]};
    std::sort(keyed.begin(), keyed.end(), [](const Keyed& a, const Keyed& b) { return a.key < b.key; });
    // Sorting the parts needs the room that the keys are in, so where those end is noted first.
    std::vector<std::uint32_t> ends;
    for (std::size_t i = 0; i < group.size(); ++i) {
      group[i] = keyed[i].position;
      if (i + 1 == group.size() || keyed[i].key != keyed[i + 1].key)
        ends.push_back(static_cast<std::uint32_t>(i + 1));
    }
    std::uint32_t begin = 0;
    for (const std::uint32_t end : ends) {
      if (end - begin > 1) sort(group.subspan(begin, end - begin), depth + kKey);
      begin = end;
    }
  }

  const PaddedText& text_;
  std::vector<Keyed> keyed_;
};

/// Sorts `positions` in place, the groups of the first radix step shared among threads.
void sort_positions(const PaddedText& text, Positions positions, unsigned threads) {
  std::vector<std::uint32_t> ends(kBuckets + 1);
  for (const std::int32_t at : positions) ++ends[text.pair(at) + 1];
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) ends[bucket + 1] += ends[bucket];
  {
    const std::vector<std::int32_t> unsorted(positions.begin(), positions.end());
    std::vector<std::uint32_t> next(ends.begin(), ends.end() - 1);
    for (const std::int32_t at : unsorted) positions[next[text.pair(at)]++] = at;
  }
  const auto size = [&](std::uint32_t bucket) { return ends[bucket + 1] - ends[bucket]; };
  std::vector<std::uint32_t> largest_first(kBuckets);
  std::iota(largest_first.begin(), largest_first.end(), 0u);
  std::stable_sort(largest_first.begin(), largest_first.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return size(a) > size(b); });
  std::atomic<std::size_t> taken = 0;
  const auto work = [&] {
    GroupSorter sorter(text);
    for (std::size_t i = taken++; i < kBuckets && size(largest_first[i]) > 1; i = taken++) {
      sorter.sort(positions.subspan(ends[largest_first[i]], size(largest_first[i])), kFirst);
    }
  };
  run_both(threads, work, work);
}

/// Induced sorting (Nong, Zhang and Chan, "Two Efficient Algorithms for Linear Time Suffix Array
/// Construction", 2011): the whole order from that of the turns, where suffixes begin to rise: those less
/// than the next one, after one that is greater than its next.
class Induction {
 public:
  /// `text` has at least one byte.
  explicit Induction(ByteView text) : text_(text) {
    for (const std::uint8_t byte : text) ++ends_[byte + 1u];
    for (std::size_t value = 0; value < kValues; ++value) ends_[value + 1] += ends_[value];
  }

  /// The positions to be sorted by other means, in no order.
  [[nodiscard]] std::vector<std::int32_t> turns() const {
    std::vector<std::int32_t> out;
    bool rises = false;
    for (std::size_t at = text_.size() - 1; at-- > 0;) {
      const bool rose = rises;
      if (text_[at] != text_[at + 1]) rises = text_[at] < text_[at + 1];
      if (rose && !rises) out.push_back(static_cast<std::int32_t>(at + 1));
    }
    return out;
  }

  [[nodiscard]] std::vector<std::int32_t> run(std::span<const std::int32_t> turns) const {
    std::vector<std::int32_t> order(text_.size(), kNone);
    Places tops;
    std::copy_n(ends_.begin() + 1, kValues, tops.begin());
    Places next = tops;
    for (std::size_t i = turns.size(); i-- > 0;) order[--next[byte(turns[i])]] = turns[i];
    add_falling(order);
    add_rising(order, tops);
    return order;
  }

 private:
  static constexpr std::int32_t kNone = -1;
  static constexpr std::size_t kValues = 256;
  static constexpr std::size_t kAhead = 24;  ///< positions whose bytes are fetched early
  using Places = std::array<std::size_t, kValues>;

  [[nodiscard]] std::uint8_t byte(std::int32_t at) const { return text_[static_cast<std::size_t>(at)]; }
  void fetch_before(std::int32_t position) const {
    if (position > 0) __builtin_prefetch(text_.data() + position - 1);
  }

  /// Each in front of a suffix that has its place and is not greater, from the least up.
  void add_falling(std::vector<std::int32_t>& order) const {
    Places next;
    std::copy_n(ends_.begin(), kValues, next.begin());
    const auto last = static_cast<std::int32_t>(text_.size()) - 1;
    order[next[byte(last)]++] = last;
    for (std::size_t value = 0; value < kValues; ++value) {
      for (std::size_t i = ends_[value]; i < ends_[value + 1]; ++i) {
        if (i + kAhead < order.size()) fetch_before(order[i + kAhead]);
        const std::int32_t before = order[i] - 1;
        if (order[i] <= 0 || byte(before) < value) continue;
        order[next[byte(before)]++] = before;
      }
    }
  }

  /// Each in front of a suffix that has its place and is greater, from the greatest down.
  void add_rising(std::vector<std::int32_t>& order, Places next) const {
    for (std::size_t value = kValues; value-- > 0;) {
      for (std::size_t i = ends_[value + 1]; i-- > ends_[value];) {
        if (i >= kAhead) fetch_before(order[i - kAhead]);
        const std::int32_t before = order[i] - 1;
        if (order[i] <= 0) continue;
        const std::uint8_t first = byte(before);
        if (first < value || (first == value && i >= next[value])) order[--next[first]] = before;
      }
    }
  }

  ByteView text_;
  std::array<std::size_t, kValues + 1> ends_{};
};

}  // namespace

std::vector<std::int32_t> suffix_order(ByteView text, std::size_t base_length, const OrderRule& rule,
                                       unsigned threads) {
  if (text.empty()) return {};
  const Induction induction(text);
  std::vector<std::int32_t> turns = induction.turns();
  sort_positions(PaddedText(text, base_length, rule), turns, threads);
  return induction.run(turns);
}

}  // namespace skiff::match
