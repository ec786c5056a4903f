#include "unpack/erofs_index.hpp"

#include <algorithm>

#include "unpack/fields.hpp"

namespace skiff::unpack {
namespace {

enum ClusterType : std::uint8_t { kPlain = 0, kHead = 1, kNotHead = 2, kSecondHead = 3 };

constexpr std::uint32_t kCountsBlocks = 0x800;  ///< in what follows a head: how many blocks that has
constexpr unsigned kLeastOffsetBits = 12;
constexpr std::uint64_t kFullEntry = 8;
constexpr std::uint64_t kShortPack = 32;  ///< bytes of 16 short entries
constexpr std::uint64_t kLongPack = 8;    ///< bytes of two longer ones

/// What an entry says of its cluster: at which offset in it an extent begins, and in which block.
struct Entry {
  std::uint8_t type = kNotHead;
  std::uint32_t low = 0;
  std::uint64_t block = 0;
};

bool is_head(const Entry& entry) { return entry.type != kNotHead; }
bool counts_blocks(const Entry& entry) { return !is_head(entry) && (entry.low & kCountsBlocks) != 0; }
std::uint64_t count_of(const Entry& entry) { return entry.low & (kCountsBlocks - 1); }

/// How many entries of four bytes come before those that are aligned for packs of short ones, and how many
/// short ones there are.
struct CompactCounts {
  std::uint64_t before = 0;
  std::uint64_t short_ones = 0;
};

CompactCounts counts_of(const ErofsIndexForm& form) {
  CompactCounts counts{(kShortPack - form.at % kShortPack) / 4 % (kShortPack / 4), 0};
  counts.before = std::min(counts.before, form.clusters);
  if (form.short_entries) counts.short_ones = (form.clusters - counts.before) / 16 * 16;
  return counts;
}

class Reader {
 public:
  explicit Reader(const ErofsIndexForm& form) : form_(form) {}

  std::vector<Entry> full(ByteView index) const {
    std::vector<Entry> entries;
    for (std::size_t at = 0; entries.size() < form_.clusters && at + kFullEntry <= index.size();
         at += kFullEntry) {
      Entry entry{static_cast<std::uint8_t>(u16(index, at) & 3), u16(index, at + 2), u32(index, at + 4)};
      if (!is_head(entry)) entry.low = u16(index, at + 4);
      entries.push_back(entry);
    }
    return entries;
  }

  std::vector<Entry> compact(ByteView index) const {
    std::vector<Entry> entries;
    const CompactCounts counts = counts_of(form_);
    while (entries.size() < form_.clusters) {
      const std::uint64_t past = entries.size() - std::min<std::uint64_t>(entries.size(), counts.before);
      const bool short_ones = entries.size() >= counts.before && past < counts.short_ones;
      const auto length = static_cast<std::size_t>(short_ones ? kShortPack : kLongPack);
      if (index.size() < length) break;
      read_pack(index.first(length), short_ones ? 16 : 2, entries);
      index = index.subspan(length);
    }
    entries.resize(static_cast<std::size_t>(std::min<std::uint64_t>(entries.size(), form_.clusters)));
    return entries;
  }

 private:
  /// Entries of one pack, and the number of a block that all of them count from.
  void read_pack(ByteView pack, unsigned count, std::vector<Entry>& entries) const {
    const unsigned low_bits = std::max(form_.cluster_bits, kLeastOffsetBits);
    const auto bits = static_cast<unsigned>((pack.size() - 4) * 8 / count);
    std::uint64_t block = u32(pack, pack.size() - 4);
    if (!form_.large) ++block;
    for (unsigned i = 0; i < count; ++i) {
      const unsigned at = bits * i;
      const std::uint32_t word = u32(pack, at / 8) >> (at & 7);
      Entry entry{static_cast<std::uint8_t>((word >> low_bits) & 3), word & ((1U << low_bits) - 1), 0};
      if (is_head(entry)) {
        entry.block = block++;
      } else if (form_.large && counts_blocks(entry)) {
        block += count_of(entry) - (i > 0 ? 1 : 0);
      }
      entries.push_back(entry);
    }
  }

  const ErofsIndexForm& form_;
};

}  // namespace

std::uint64_t length_of(const ErofsIndexForm& form) {
  if (!form.compact) return kFullEntry * form.clusters;
  const CompactCounts counts = counts_of(form);
  const std::uint64_t after = form.clusters - counts.before - counts.short_ones;
  return 4 * counts.before + 2 * counts.short_ones + (after + 1) / 2 * kLongPack;
}

std::vector<ErofsExtent> read_index(const ErofsIndexForm& form, ByteView index) {
  const Reader reader(form);
  const std::vector<Entry> entries = form.compact ? reader.compact(index) : reader.full(index);
  std::vector<ErofsExtent> extents;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    if (!is_head(entry)) continue;
    const bool counted = form.large && i + 1 < entries.size() && counts_blocks(entries[i + 1]);
    const ErofsExtent extent{.start = (std::uint64_t{i} << form.cluster_bits) + entry.low,
                             .block = entry.block,
                             .blocks = counted ? count_of(entries[i + 1]) : 1,
                             .algorithm = static_cast<std::uint8_t>(entry.type == kSecondHead ? 1 : 0),
                             .packed = entry.type != kPlain};
    if (!extents.empty() && extent.start <= extents.back().start) break;
    extents.push_back(extent);
  }
  return extents;
}

}  // namespace skiff::unpack
