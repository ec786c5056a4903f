#include "predict/base_chunk.hpp"

#include <algorithm>

namespace skiff {

Result<void> BaseChunk::read(const Source& base, std::uint64_t begin, std::uint64_t length) {
  bytes_.resize(kCapacity + 2 * kMargin);
  origin_ = begin - std::min(begin, kMargin);
  length_ = std::min(base.size(), begin + length + kMargin) - origin_;
  return base.read_at(origin_, MutableBytes(bytes_).first(static_cast<std::size_t>(length_)));
}

template <typename Word>
Word BaseChunk::load(std::uint64_t offset) const {
  const std::uint64_t at = offset - origin_;
  if (at >= length_ || length_ - at < sizeof(Word)) return 0;
  Word word = 0;
  for (std::size_t i = sizeof(Word); i-- > 0;)
    word = static_cast<Word>(word << 8 | bytes_[static_cast<std::size_t>(at) + i]);
  return word;
}

std::uint8_t BaseChunk::u8(std::uint64_t offset) const {
  const std::uint64_t at = offset - origin_;
  return at < length_ ? bytes_[static_cast<std::size_t>(at)] : 0;
}
std::uint32_t BaseChunk::u32(std::uint64_t offset) const { return load<std::uint32_t>(offset); }
std::uint64_t BaseChunk::u64(std::uint64_t offset) const { return load<std::uint64_t>(offset); }

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
