#include "typing/image_reader.hpp"

#include <algorithm>
#include <cstring>

namespace skiff::typing {

std::uint8_t ImageReader::byte(std::uint64_t offset) {
  if (offset - origin_ >= length_) {
    if (offset >= image_.size()) return 0;
    origin_ = offset - offset % kBlock;
    length_ = std::min(kBlock, image_.size() - origin_);
    if (!image_.read_at(origin_, MutableBytes(block_).first(static_cast<std::size_t>(length_)))) length_ = 0;
    if (length_ == 0) return 0;
  }
  return block_[static_cast<std::size_t>(offset - origin_)];
}

bool ImageReader::is_zero(std::uint64_t offset, std::uint64_t length) {
  if (length == 0 || byte(offset) != 0) return length == 0;
  if (offset >= image_.size() || length_ == 0) return true;
  const std::uint8_t* const bytes = block_.data() + (offset - origin_);
  const auto inside = static_cast<std::size_t>(std::min(length, length_ - (offset - origin_)));
  return std::memcmp(bytes, bytes + 1, inside - 1) == 0;
}

std::uint64_t ImageReader::number(std::uint64_t offset, unsigned length) {
  std::uint64_t value = 0;
  if (offset >= origin_ && offset - origin_ < length_ && length_ - (offset - origin_) >= length) {
    const std::uint8_t* const bytes = block_.data() + (offset - origin_);
    for (unsigned i = length; i-- > 0;) value = value << 8 | bytes[i];
    return value;
  }
  for (unsigned i = length; i-- > 0;) value = value << 8 | byte(offset + i);
  return value;
}

}  // namespace skiff::typing
