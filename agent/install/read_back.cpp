#include "agent/install/read_back.hpp"

#include <algorithm>

#include "skiff/trust.hpp"

namespace skiff::agent {
namespace {

constexpr std::size_t kBlock = 256 << 10;

Result<Sha256> hash_front(const Source& source, std::uint64_t length) {
  const std::unique_ptr<Hasher> hasher = make_sha256();
  Bytes block(static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, length)));
  for (std::uint64_t at = 0; at < length; at += block.size()) {
    const MutableBytes part = MutableBytes(block).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), length - at)));
    SKIFF_TRY(source.read_at(at, part));
    hasher->update(part);
  }
  return hasher->finish();
}

}  // namespace

Result<void> read_back(Storage& storage, const std::filesystem::path& slot, const ImageId& image) {
  SKIFF_ASSIGN(const auto file, storage.open(slot, Access::kSlot));
  SKIFF_TRY(file->sync());
  SKIFF_TRY(file->drop_cache());
  if (file->size() >= image.length) {
    SKIFF_ASSIGN(const Sha256 digest, hash_front(*file, image.length));
    if (digest == image.sha256) return {};
  }
  return fail(ErrorKind::kMismatch, "verify: " + slot.string() + " does not read back as the signed image");
}

Result<ImageId> identify_slot(Storage& storage, const std::filesystem::path& slot, std::uint64_t length) {
  SKIFF_ASSIGN(const auto file, storage.open(slot, Access::kRead));
  ImageId image;
  image.length = length == 0 ? file->size() : length;
  SKIFF_ASSIGN(image.sha256, hash_front(*file, image.length));
  return image;
}

}  // namespace skiff::agent
