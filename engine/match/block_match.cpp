#include "match/block_match.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "base/cached_reader.hpp"
#include "base/xxh.hpp"
#include "match/common_run.hpp"

namespace skiff::match {
namespace {

constexpr std::size_t kSequentialRead = std::size_t{1} << 20;
constexpr std::size_t kScatteredRead = std::size_t{1} << 15;
constexpr std::uint64_t kBlocksPerCheckpoint = 4096;

bool all_zero(ByteView bytes) {
  return bytes.empty() ||
         (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

bool same(ByteView a, ByteView b) { return std::memcmp(a.data(), b.data(), a.size()) == 0; }

/// Hash table from the hash of a block's bytes to the first base block with that hash; open addressing.
class BlockTable {
 public:
  explicit BlockTable(std::uint64_t blocks) : slots_(std::bit_ceil(blocks * 2 + 1)) {}

  void insert(std::uint64_t hash, std::uint64_t block) {
    Slot& slot = slots_[find(hash)];
    if (slot.block_plus_one == 0) slot = {hash, block + 1};
  }
  [[nodiscard]] std::optional<std::uint64_t> block(std::uint64_t hash) const {
    const Slot& slot = slots_[find(hash)];
    if (slot.block_plus_one == 0) return std::nullopt;
    return slot.block_plus_one - 1;
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint64_t block_plus_one = 0;
  };

  [[nodiscard]] std::size_t find(std::uint64_t hash) const {
    std::size_t at = static_cast<std::size_t>(hash) & (slots_.size() - 1);
    while (slots_[at].block_plus_one != 0 && slots_[at].hash != hash) at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  std::vector<Slot> slots_;
};

/// What the prepass knows of the base: where each non-zero block stands, and the longest run of zero blocks.
struct BaseIndex {
  BlockTable table;
  std::uint64_t zeros_begin = 0;
  std::uint64_t zeros_length = 0;
};

Result<BaseIndex> index_base(const Source& base, const Checkpoint& checkpoint) {
  const std::uint64_t blocks = base.size() / kBlockSize;
  BaseIndex index{BlockTable(blocks)};
  CachedReader reader(base, kSequentialRead);
  std::uint64_t run_begin = 0;
  for (std::uint64_t block = 0; block < blocks; ++block) {
    if (block % kBlocksPerCheckpoint == 0) {
      SKIFF_TRY(checkpoint(0.5 * static_cast<double>(block) / static_cast<double>(blocks)));
    }
    SKIFF_ASSIGN(const ByteView bytes, reader.view(block * kBlockSize, kBlockSize));
    const std::uint64_t end = (block + 1) * kBlockSize;
    if (!all_zero(bytes)) {
      index.table.insert(xxh3(bytes), block);
      run_begin = end;
    } else if (end - run_begin > index.zeros_length) {
      index.zeros_begin = run_begin;
      index.zeros_length = end - run_begin;
    }
  }
  return index;
}

/// Finds the blocks of the result one after another; remembers where the last copy would go on.
class BlockMatcher {
 public:
  BlockMatcher(const Source& base, const BaseIndex& index) : index_(index), base_(base, kScatteredRead) {}

  Result<void> match(std::uint64_t offset, ByteView block) {
    SKIFF_ASSIGN(const std::optional<std::uint64_t> from, find(offset, block));
    if (!from) {
      expected_.reset();
      return {};
    }
    expected_ = *from + kBlockSize;
    if (!cover_.empty() && cover_.back().result + cover_.back().length == offset &&
        cover_.back().base + cover_.back().length == *from) {
      cover_.back().length += kBlockSize;
    } else {
      cover_.push_back({offset, *from, kBlockSize, true});
    }
    return {};
  }
  Cover take() { return std::move(cover_); }

 private:
  Result<bool> stands_at(std::uint64_t from, ByteView block) {
    if (from > base_.size() || base_.size() - from < block.size()) return false;
    SKIFF_ASSIGN(const ByteView bytes, base_.view(from, block.size()));
    return same(bytes, block);
  }

  Result<std::optional<std::uint64_t>> find(std::uint64_t offset, ByteView block) {
    if (expected_) {
      SKIFF_ASSIGN(const bool goes_on, stands_at(*expected_, block));
      if (goes_on) return expected_;
    }
    SKIFF_ASSIGN(const bool stayed, stands_at(offset, block));
    if (stayed) return offset;
    if (all_zero(block)) {
      if (index_.zeros_length == 0) return std::nullopt;
      return index_.zeros_begin;
    }
    const std::optional<std::uint64_t> candidate = index_.table.block(xxh3(block));
    if (!candidate) return std::nullopt;
    SKIFF_ASSIGN(const bool found, stands_at(*candidate * kBlockSize, block));
    if (!found) return std::nullopt;
    return *candidate * kBlockSize;
  }

  const BaseIndex& index_;
  CachedReader base_;
  std::optional<std::uint64_t> expected_;
  Cover cover_;
};

/// Prolongs copies into the gaps between them, at most a block on each side: beyond that the prepass
/// would have found the block itself.
Result<void> prolong(Cover& cover, const Source& base, const Source& result) {
  CachedReader base_reader(base, kBlockSize);
  CachedReader result_reader(result, kBlockSize);
  for (std::size_t i = 0; i < cover.size(); ++i) {
    Copy& copy = cover[i];
    const std::uint64_t end = copy.result + copy.length;
    const std::uint64_t gap_end = i + 1 < cover.size() ? cover[i + 1].result : result.size();
    const auto after = static_cast<std::size_t>(
        std::min({gap_end - end, base.size() - (copy.base + copy.length), kBlockSize}));
    SKIFF_ASSIGN(const ByteView base_after, base_reader.view(copy.base + copy.length, after));
    SKIFF_ASSIGN(const ByteView result_after, result_reader.view(end, after));
    copy.length += common_run(base_after.data(), result_after.data(), after);

    const std::uint64_t gap_begin = i > 0 ? cover[i - 1].result + cover[i - 1].length : 0;
    const auto before = static_cast<std::size_t>(std::min({copy.result - gap_begin, copy.base, kBlockSize}));
    SKIFF_ASSIGN(const ByteView base_before, base_reader.view(copy.base - before, before));
    SKIFF_ASSIGN(const ByteView result_before, result_reader.view(copy.result - before, before));
    const std::uint64_t run =
        common_run_before(base_before.data() + before, result_before.data() + before, before);
    copy.result -= run;
    copy.base -= run;
    copy.length += run;
  }
  return {};
}

}  // namespace

Result<Cover> match_blocks(const Source& base, const Source& result, const Checkpoint& checkpoint) {
  if (base.size() < kBlockSize || result.size() < kBlockSize) return Cover{};
  SKIFF_ASSIGN(const BaseIndex index, index_base(base, checkpoint));
  BlockMatcher matcher(base, index);
  CachedReader reader(result, kSequentialRead);
  const std::uint64_t blocks = result.size() / kBlockSize;
  for (std::uint64_t block = 0; block < blocks; ++block) {
    if (block % kBlocksPerCheckpoint == 0) {
      SKIFF_TRY(checkpoint(0.5 + 0.5 * static_cast<double>(block) / static_cast<double>(blocks)));
    }
    SKIFF_ASSIGN(const ByteView bytes, reader.view(block * kBlockSize, kBlockSize));
    SKIFF_TRY(matcher.match(block * kBlockSize, bytes));
  }
  Cover cover = matcher.take();
  SKIFF_TRY(prolong(cover, base, result));
  return cover;
}

}  // namespace skiff::match
