// SlotTable: the bit histories of all contexts of a segment, found by hash (FORMAT.md, section 9.3).
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "entropy/bit_history.hpp"

namespace skiff {

/// Where a context is kept, of its hash: the upper bits choose a line, others check what stands there.
using SlotKey = std::uint64_t;
constexpr SlotKey slot_key(std::uint32_t hash) { return hash * std::uint64_t{0x9E3779B97F4A7C15}; }

/// Two tables. One of lines of 64 bytes, each of four checks and four buckets: a context of up to four bits
/// takes a bucket, the histories of the 15 nodes of its binary tree. One of groups of eight bytes, each of
/// four checks and four cells: a context of one bit takes a cell, one history.
class SlotTable {
 public:
  /// 2^line_bits lines, and half as many groups.
  explicit SlotTable(unsigned line_bits);
  void reset();

  /// The histories of a context's nodes, 1 to 15, at their index; those of the least used context of its line
  /// are cleared for it if it has none yet.
  BitHistory* bucket(SlotKey key) {
    std::uint8_t* const line = lines_ + ((key >> line_shift_) * kLine);
    const std::uint8_t check = check_of(key);
    const std::uint32_t way = way_of(line, check);
    return (way < kWays ? line + kWays + way * kBucket : replaced_bucket(line, check)) - 1;
  }
  /// The history of a context of one bit, likewise.
  BitHistory* cell(SlotKey key) {
    std::uint8_t* const group = groups_ + ((key >> (line_shift_ + 1)) * kGroup);
    const std::uint8_t check = check_of(key);
    const std::uint32_t way = way_of(group, check);
    return way < kWays ? group + kWays + way : replaced_cell(group, check);
  }
  /// Makes what will be looked at be fetched.
  void prefetch_bucket(SlotKey key) const { __builtin_prefetch(lines_ + ((key >> line_shift_) * kLine), 1); }
  void prefetch_cell(SlotKey key) const {
    __builtin_prefetch(groups_ + ((key >> (line_shift_ + 1)) * kGroup), 1);
  }

  /// Bytes of a table with so many lines.
  static std::size_t memory(unsigned line_bits);

 private:
  static constexpr std::size_t kLine = 64;
  static constexpr std::size_t kGroup = 8;
  static constexpr std::size_t kWays = 4;
  static constexpr std::size_t kBucket = 15;

  static std::uint8_t check_of(SlotKey key) {
    const auto check = static_cast<std::uint8_t>(key >> 24);
    return check == 0 ? 1 : check;
  }
  /// The first of the four checks that is this one, or kWays and more.
  static std::uint32_t way_of(const std::uint8_t* checks, std::uint8_t check) {
    const std::uint32_t all = checks[0] | std::uint32_t{checks[1]} << 8 | std::uint32_t{checks[2]} << 16 |
                              std::uint32_t{checks[3]} << 24;
    const std::uint32_t differing = all ^ check * 0x01010101u;
    // The lowest byte that is zero has its top bit set (H. S. Warren, Hacker's Delight, 6-1).
    const std::uint32_t zeros = (differing - 0x01010101u) & ~differing & 0x80808080u;
    return static_cast<std::uint32_t>(std::countr_zero(zeros)) / 8;
  }
  static BitHistory* replaced_bucket(std::uint8_t* line, std::uint8_t check) {
    std::uint8_t* const buckets = line + kWays;
    std::size_t least = 0;
    std::uint32_t least_worth = kHistoryWorth[buckets[0]];
    for (std::size_t way = 1; way < kWays; ++way) {
      const std::uint32_t worth = kHistoryWorth[buckets[way * kBucket]];
      least = worth < least_worth ? way : least;
      least_worth = std::min(worth, least_worth);
    }
    line[least] = check;
    std::uint8_t* const bucket = buckets + least * kBucket;
    std::memset(bucket, 0, kBucket);
    return bucket;
  }
  static BitHistory* replaced_cell(std::uint8_t* group, std::uint8_t check);

  std::vector<std::uint8_t> storage_;
  std::uint8_t* lines_ = nullptr;  ///< in storage_, from its first whole cache line on
  std::uint8_t* groups_ = nullptr;
  unsigned line_shift_;
};

}  // namespace skiff
