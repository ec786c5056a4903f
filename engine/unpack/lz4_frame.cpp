#include "unpack/lz4_frame.hpp"

#include <array>

namespace skiff::unpack {
namespace {

constexpr std::uint32_t kMagic = 0x184d2204;
constexpr std::uint32_t kLegacyMagic = 0x184c2102;
constexpr std::uint64_t kLegacyLongest = std::uint64_t{8} << 20;
constexpr std::uint32_t kUnpacked = std::uint32_t{1} << 31;

/// Room that a block may take beyond its content.
constexpr std::uint64_t overhead(std::uint64_t content) { return content / 255 + 16; }

}  // namespace

std::optional<Lz4Frame> Lz4Frame::begin(const Source& image, std::uint64_t offset) {
  Lz4Frame frame(image, offset);
  const auto magic = frame.word();
  if (!magic) return std::nullopt;
  if (*magic == kLegacyMagic) {
    frame.legacy_ = true;
    frame.longest_ = kLegacyLongest;
    return frame;
  }
  if (*magic != kMagic || !frame.read_descriptor()) return std::nullopt;
  return frame;
}

bool Lz4Frame::read_descriptor() {
  std::array<std::uint8_t, 2> flags{};
  if (image_.size() - at_ < flags.size() || !image_.read_at(at_, flags)) return false;
  const unsigned version = flags[0] >> 6;
  const bool independent = (flags[0] & 0x20) != 0;
  const bool length_told = (flags[0] & 8) != 0;
  const bool dictionary = (flags[0] & 1) != 0;
  const unsigned size = flags[1] >> 4;
  if (version != 1 || !independent || dictionary || size < 4 || size > 7) return false;
  checked_ = (flags[0] & 0x10) != 0;
  longest_ = std::uint64_t{1} << (8 + 2 * size);
  const std::uint64_t rest = (length_told ? 8 : 0) + 1;
  if (image_.size() - at_ - flags.size() < rest) return false;
  at_ += flags.size() + rest;
  return true;
}

std::optional<Lz4Frame::Block> Lz4Frame::next() {
  const auto length = word();
  if (!length || *length == 0) return std::nullopt;
  const bool packed = legacy_ || (*length & kUnpacked) == 0;
  const Block block{at_, legacy_ ? *length : *length & ~kUnpacked, packed};
  const std::uint64_t left = image_.size() - at_;
  const std::uint64_t whole = block.length + (checked_ ? 4 : 0);
  if (block.length > longest_ + overhead(longest_) || whole > left) return std::nullopt;
  at_ += whole;
  return block;
}

std::optional<std::uint32_t> Lz4Frame::word() {
  std::array<std::uint8_t, 4> bytes{};
  if (at_ > image_.size() || image_.size() - at_ < bytes.size() || !image_.read_at(at_, bytes))
    return std::nullopt;
  at_ += bytes.size();
  return bytes[0] | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 |
         std::uint32_t{bytes[3]} << 24;
}

}  // namespace skiff::unpack
