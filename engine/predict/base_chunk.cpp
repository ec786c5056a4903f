#include "predict/base_chunk.hpp"

#include <algorithm>

namespace skiff {

Result<void> BaseChunk::read(const Source& base, std::uint64_t begin, std::uint64_t length) {
  bytes_.resize(kCapacity + 2 * kMargin);
  origin_ = begin - std::min(begin, kMargin);
  length_ = std::min(base.size(), begin + length + kMargin) - origin_;
  return base.read_at(origin_, MutableBytes(bytes_).first(static_cast<std::size_t>(length_)));
}

std::uint64_t BaseChunk::value(std::uint64_t offset, unsigned length) const {
  std::uint64_t word = 0;
  for (unsigned i = length; i-- > 0;) word = word << 8 | u8(offset + i);
  return word;
}

ByteView BaseChunk::bytes(std::uint64_t offset, std::uint64_t length) const {
  return ByteView(bytes_).subspan(static_cast<std::size_t>(offset - origin_),
                                  static_cast<std::size_t>(length));
}

}  // namespace skiff
