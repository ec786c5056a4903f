#include "skiff/io.hpp"

#include <algorithm>

namespace skiff {
namespace {

constexpr std::size_t kHashBlock = 64 << 10;  // small: a device hashes its base beside a decoder

}  // namespace

Result<void> ViewSource::read_at(std::uint64_t offset, MutableBytes out) const {
  if (offset > view_.size() || out.size() > view_.size() - offset) {
    return fail(ErrorKind::kUsage, "read past the end at byte " + std::to_string(offset));
  }
  std::copy_n(view_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
  return {};
}

Result<void> BytesSink::write(ByteView bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return {};
}

Result<void> HashingSink::write(ByteView bytes) {
  hasher_->update(bytes);
  return next_ ? next_->write(bytes) : Result<void>{};
}

Result<Sha256> hash_source(const Source& source, const MakeHasher& make_hasher) {
  const std::unique_ptr<Hasher> hasher = make_hasher();
  Bytes block(static_cast<std::size_t>(std::min<std::uint64_t>(kHashBlock, source.size())));
  for (std::uint64_t at = 0; at < source.size(); at += block.size()) {
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), source.size() - at));
    const MutableBytes part = MutableBytes(block).first(length);
    SKIFF_TRY(source.read_at(at, part));
    hasher->update(part);
  }
  return hasher->finish();
}

}  // namespace skiff
