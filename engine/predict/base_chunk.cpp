#include "predict/base_chunk.hpp"

#include <algorithm>

namespace skiff {

Result<void> BaseChunk::read(const Source& base, std::uint64_t begin, std::uint64_t length) {
  const std::uint64_t from = begin - std::min(begin, kMargin);
  const std::uint64_t to = std::min(base.size(), begin + length + kMargin);
  if (from >= origin_ && to <= origin_ + length_) return {};
  bytes_.resize(kCapacity + 2 * kMargin);
  origin_ = from;
  length_ = std::min(base.size(), begin + std::max(length, kLeastRead) + kMargin) - from;
  Result<void> done = base.read_at(origin_, MutableBytes(bytes_).first(static_cast<std::size_t>(length_)));
  if (!done) length_ = 0;
  return done;
}

std::uint64_t BaseChunk::value(std::uint64_t offset, unsigned length) const {
  if (length == 0) return 0;
  const std::uint64_t at = offset - origin_;
  if (at < length_ && length_ - at >= 8) return u64(offset) & ~std::uint64_t{0} >> (64 - 8 * length);
  std::uint64_t word = 0;
  for (unsigned i = length; i-- > 0;) word = word << 8 | u8(offset + i);
  return word;
}

ByteView BaseChunk::bytes(std::uint64_t offset, std::uint64_t length) const {
  return ByteView(bytes_).subspan(static_cast<std::size_t>(offset - origin_),
                                  static_cast<std::size_t>(length));
}

}  // namespace skiff
