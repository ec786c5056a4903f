#include "agent/install/mended_base.hpp"

#include <algorithm>
#include <array>

#include "agent/system/words.hpp"
#include "skiff/block_tree.hpp"

namespace skiff::agent {
namespace {

constexpr std::uint64_t kRecord = kWord + kTreeBlock;
constexpr std::size_t kMostBlocks = 1024;
constexpr std::uint64_t kShare = 16;         // of an image that is fetched in blocks at most
constexpr std::uint64_t kBlocksAtOnce = 64;  // in one request

/// The slot's part that is the image.
class ImageOfSlot final : public Source {
 public:
  ImageOfSlot(const Source& slot, std::uint64_t length) : slot_(slot), length_(length) {}
  [[nodiscard]] std::uint64_t size() const override { return length_; }
  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override {
    return slot_.read_at(offset, out);
  }

 private:
  const Source& slot_;
  std::uint64_t length_;
};

/// How many blocks from `first` on follow one another.
std::size_t run_length(const std::vector<KnownBlock>& blocks, std::size_t first) {
  std::size_t count = 1;
  while (first + count < blocks.size() && count < kBlocksAtOnce &&
         blocks[first + count].index == blocks[first].index + count) {
    ++count;
  }
  return count;
}

/// Appends the blocks of a run to the file.
Result<void> put_run(DurableFile& file, std::span<const KnownBlock> run, ByteView bytes) {
  for (const KnownBlock& block : run) {
    const ByteView content = bytes.first(std::min<std::size_t>(bytes.size(), kTreeBlock));
    bytes = bytes.subspan(content.size());
    if (block_digest(content) != block.digest) {
      return fail(ErrorKind::kSignature,
                  "block " + std::to_string(block.index) + " of the stored base is not the signed one");
    }
    Bytes record;
    put_word(record, block.index);
    record.insert(record.end(), content.begin(), content.end());
    record.resize(kRecord);
    SKIFF_TRY(file.write_at(file.size(), record));
  }
  return {};
}

}  // namespace

MendedBase::MendedBase(Storage& storage, std::filesystem::path file, const Source& slot, std::uint64_t length)
    : storage_(storage), path_(std::move(file)), slot_(slot), length_(length) {
  take_up();
}

std::size_t MendedBase::most_blocks(std::uint64_t length) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(kMostBlocks, length / kTreeBlock / kShare + 1));
}

void MendedBase::take_up() {
  blocks_.clear();
  Result<std::unique_ptr<DurableFile>> file = storage_.open(path_, Access::kRead);
  if (!file) return;
  file_ = std::move(*file);
  for (std::uint64_t at = 0; file_->size() - at >= kRecord; at += kRecord) {
    std::array<std::uint8_t, kWord> bytes{};
    if (!file_->read_at(at, bytes)) break;
    const std::uint64_t index = word_of(bytes);
    const bool follows = blocks_.empty() || index > blocks_.back();
    if (!follows || index > length_ / kTreeBlock) break;
    blocks_.push_back(index);
  }
}

Result<void> MendedBase::read_block(std::size_t place, std::uint64_t from, MutableBytes out) const {
  return file_->read_at(place * kRecord + kWord + from, out);
}

Result<void> MendedBase::read_at(std::uint64_t offset, MutableBytes out) const {
  if (offset > length_ || out.size() > length_ - offset) {
    return fail(ErrorKind::kUsage, "read past the base image");
  }
  auto next = std::ranges::lower_bound(blocks_, offset / kTreeBlock);
  while (!out.empty()) {
    const bool any = next != blocks_.end();
    const std::uint64_t begin = any ? *next * kTreeBlock : length_;
    const bool fetched = any && begin <= offset;
    const std::uint64_t end = fetched ? begin + kTreeBlock : begin;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), end - offset));
    const auto place = static_cast<std::size_t>(next - blocks_.begin());
    SKIFF_TRY(fetched ? read_block(place, offset - begin, out.first(length))
                      : slot_.read_at(offset, out.first(length)));
    offset += length;
    out = out.subspan(length);
    if (fetched) ++next;
  }
  return {};
}

Result<std::size_t> MendedBase::mend(const DeltaOffer& delta, std::size_t limit, const FetchStored& fetch) {
  if (!delta.stored_base) return fail(ErrorKind::kNotFound, "the server does not have this base");
  const StoredBase& stored = *delta.stored_base;
  const TreeReader read_tree = [&](std::uint64_t offset) {
    return fetch({stored.tree_wire_path(), stored.tree, tree_length(length_), offset, kTreeBlock});
  };
  SKIFF_ASSIGN(const std::vector<KnownBlock> differing,
               differing_blocks(ImageOfSlot(slot_, length_), stored.root, limit, read_tree));
  file_.reset();
  blocks_.clear();
  if (differing.empty()) return std::size_t{0};
  SKIFF_ASSIGN(const std::unique_ptr<DurableFile> file, storage_.open(path_, Access::kNew));
  const std::string wire_path = stored.image_wire_path(delta.base);
  for (std::size_t first = 0; first < differing.size();) {
    const std::size_t count = run_length(differing, first);
    const std::uint64_t offset = differing[first].index * kTreeBlock;
    const std::uint64_t length = std::min(count * kTreeBlock, length_ - offset);
    SKIFF_ASSIGN(const Bytes bytes, fetch({wire_path, delta.base.sha256, length_, offset, length}));
    SKIFF_TRY(put_run(*file, std::span(differing).subspan(first, count), bytes));
    first += count;
  }
  take_up();
  return differing.size();
}

}  // namespace skiff::agent
