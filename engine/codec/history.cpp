#include "codec/history.hpp"

#include <algorithm>

namespace skiff {
namespace {

constexpr std::uint32_t kLongestMatch = 32;  ///< counted no further
constexpr std::uint32_t kShortestMatch = 5;

}  // namespace

History::History(unsigned bits)
    : ring_(std::size_t{1} << bits),
      places_(std::size_t{1} << (bits - 4)),
      mask_((std::uint64_t{1} << bits) - 1),
      place_shift_(32 - (bits - 4)) {}

void History::reset() {
  std::fill(ring_.begin(), ring_.end(), std::uint8_t{0});
  std::fill(places_.begin(), places_.end(), 0u);
  size_ = 0;
  match_ = 0;
  length_ = 0;
}

std::uint32_t History::word_back(std::uint64_t distance) const {
  return back(distance) | std::uint32_t{back(distance - 1)} << 8 | std::uint32_t{back(distance - 2)} << 16 |
         std::uint32_t{back(distance - 3)} << 24;
}

std::size_t History::place(std::uint32_t last, std::uint32_t before) const {
  return ((last * 0x9E3779B1u) ^ (before * 0x85EBCA6Bu) ^ (last >> 15)) * 0xC2B2AE35u >> place_shift_;
}

bool History::knows(const std::uint8_t* bytes) const {
  const std::uint32_t last =
      bytes[5] | std::uint32_t{bytes[4]} << 8 | std::uint32_t{bytes[3]} << 16 | std::uint32_t{bytes[2]} << 24;
  const std::uint64_t earlier = places_[place(last, bytes[1] | std::uint32_t{bytes[0]} << 8)];
  if (earlier == 0) return false;
  for (std::size_t i = 0; i < kRemembered; ++i)
    if (ring_[(earlier - kRemembered + i) & mask_] != bytes[i]) return false;
  return true;
}

void History::push(std::uint8_t byte) {
  if (length_ > 0 && ring_[match_ & mask_] == byte) {
    ++match_;
    length_ = std::min(length_ + 1, kLongestMatch);
  } else {
    length_ = 0;
  }
  ring_[size_++ & mask_] = byte;
  if (size_ >= kRemembered) follow();
}

/// Looks for an earlier place where the last bytes stood, unless one is being followed; remembers this one.
void History::follow() {
  const std::size_t at = place();
  const std::uint64_t earlier = places_[at];
  if (length_ == 0 && earlier != 0 && size_ - earlier < mask_) {
    std::uint32_t same = 0;
    while (same < kLongestMatch && same < earlier && ring_[(earlier - 1 - same) & mask_] == back(same + 1))
      ++same;
    if (same >= kShortestMatch) {
      match_ = earlier;
      length_ = same;
    }
  }
  places_[at] = static_cast<std::uint32_t>(size_);
}

void History::append(ByteView bytes) {
  length_ = 0;
  // Of a long run only what stays in the ring matters.
  const std::uint64_t kept = mask_ + 1;
  if (bytes.size() > kept) {
    size_ += bytes.size() - kept;
    bytes = bytes.last(static_cast<std::size_t>(kept));
  }
  for (const std::uint8_t byte : bytes) {
    ring_[size_++ & mask_] = byte;
    if (size_ % 4 == 0 && size_ >= kRemembered) places_[place()] = static_cast<std::uint32_t>(size_);
  }
}

History::Expected History::expected() const {
  if (length_ == 0) return {};
  return {ring_[match_ & mask_], length_};
}

History::ExpectedWord History::expected_word() const {
  if (length_ == 0) return {};
  std::uint32_t word = 0;
  for (std::uint64_t i = 4; i-- > 0;) word = word << 8 | ring_[(match_ + i) & mask_];
  return {word, length_};
}

}  // namespace skiff
