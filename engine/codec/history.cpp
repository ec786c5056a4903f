#include "codec/history.hpp"

#include <algorithm>
#include <cstring>

namespace skiff {
namespace {

constexpr std::uint32_t kLongestMatch = 32;  ///< counted no further
constexpr std::uint32_t kShortestMatch = 5;
constexpr std::size_t kStep = 4;  ///< outside of literals, places of this many bytes are remembered

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
  last8_ = 0;
  match_ = 0;
  length_ = 0;
}

std::uint32_t History::word_back(std::uint64_t distance) const {
  return back(distance) | std::uint32_t{back(distance - 1)} << 8 | std::uint32_t{back(distance - 2)} << 16 |
         std::uint32_t{back(distance - 3)} << 24;
}

bool History::knows(const std::uint8_t* bytes) const {
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < kRemembered; ++i) last = last << 8 | bytes[i];
  const std::uint64_t earlier = places_[place(last)];
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
  take(byte);
  if (size_ >= kRemembered) follow();
}

/// Looks for an earlier place where the last bytes stood, unless one is being followed; remembers this one.
void History::follow() {
  const std::size_t at = place(last8_);
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
    for (std::uint64_t distance = 8; distance > 0; --distance) last8_ = last8_ << 8 | back(distance);
  }
  while (!bytes.empty() && size_ % kStep != 0) append_one(bytes);
  // In variables of their own, as for all that a compiler knows the ring's bytes are part of this.
  std::uint8_t* const ring = ring_.data();
  const std::uint64_t mask = mask_;
  std::uint64_t size = size_;
  std::uint64_t last = last8_;
  for (; bytes.size() >= kStep; bytes = bytes.subspan(kStep)) {
    const std::uint32_t word = std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
                               std::uint32_t{bytes[2]} << 8 | bytes[3];
    std::memcpy(ring + (size & mask), bytes.data(), kStep);
    last = last << 32 | word;
    size += kStep;
    if (size >= kRemembered) places_[place(last)] = static_cast<std::uint32_t>(size);
  }
  size_ = size;
  last8_ = last;
  while (!bytes.empty()) append_one(bytes);
}

void History::append_one(ByteView& bytes) {
  take(bytes.front());
  bytes = bytes.subspan(1);
  if (size_ % kStep == 0 && size_ >= kRemembered) places_[place(last8_)] = static_cast<std::uint32_t>(size_);
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
