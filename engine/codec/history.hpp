// History: the last bytes of the result that a segment made, in a ring, and where the same bytes stood
// before.
#pragma once

#include <algorithm>
#include <cstdint>

#include "entropy/context_mixing.hpp"
#include "skiff/bytes.hpp"

namespace skiff {

/// Begins empty with each segment; what lies before its begin reads as zeros.
class History {
 public:
  /// Keeps 2^bits bytes, and finds repetitions by 2^(bits - 4) places.
  explicit History(unsigned bits);
  void reset();

  /// The byte `distance` (1 and up) before the next one.
  [[nodiscard]] std::uint8_t back(std::uint64_t distance) const { return ring_[(size_ - distance) & mask_]; }
  /// The last eight bytes, the newest lowest.
  [[nodiscard]] std::uint64_t last8() const { return last8_; }
  /// The last four of them.
  [[nodiscard]] std::uint32_t last4() const { return static_cast<std::uint32_t>(last8_); }
  /// The little-endian word whose first byte is `distance` before the next one; distance at least 4.
  [[nodiscard]] std::uint32_t word_back(std::uint64_t distance) const;
  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// Adds one byte and follows the repetition at hand.
  void push(std::uint8_t byte);
  /// Adds many bytes, outside of literals: repetitions are remembered but not followed.
  void append(ByteView bytes);

  /// Whether these kRemembered bytes stood somewhere before, as far as is remembered.
  [[nodiscard]] bool knows(const std::uint8_t* bytes) const;
  static constexpr std::size_t kRemembered = 6;

  /// What the repetition at hand says comes next, and how long it has held; length 0 if there is none.
  struct Expected {
    std::uint8_t byte = 0;
    std::uint32_t length = 0;
    /// 0 if it says nothing of bit 7 to 0 of a byte whose higher bits follow the leading 1 of `partial`, or
    /// what they were is something else; then 1 to 4, by how long it has held.
    [[nodiscard]] std::uint32_t state(std::uint32_t partial, unsigned bit) const {
      const bool holds = length > 0 && (byte | 256u) >> (bit + 1) == partial;
      return holds ? 1 + std::min(length, 6u) / 2 : 0;
    }
    /// The context of that bit, in that state.
    [[nodiscard]] std::uint32_t hash(std::uint32_t state, unsigned bit) const {
      return state == 0 ? 0 : mix(length, byte >> bit & 1u);
    }
  };
  [[nodiscard]] Expected expected() const;
  /// The same of the next four bytes, as a little-endian word.
  struct ExpectedWord {
    std::uint32_t word = 0;
    std::uint32_t length = 0;
  };
  [[nodiscard]] ExpectedWord expected_word() const;

 private:
  /// Where six bytes are remembered, the newest lowest; the two above them do not matter.
  [[nodiscard]] std::size_t place(std::uint64_t bytes) const {
    const auto last = static_cast<std::uint32_t>(bytes);
    const auto before = static_cast<std::uint16_t>(bytes >> 32);
    return ((last * 0x9E3779B1u) ^ (before * 0x85EBCA6Bu) ^ (last >> 15)) * 0xC2B2AE35u >> place_shift_;
  }
  void take(std::uint8_t byte) {
    ring_[size_++ & mask_] = byte;
    last8_ = last8_ << 8 | byte;
  }
  void follow();
  /// Takes the first of the bytes away.
  void append_one(ByteView& bytes);

  Bytes ring_;
  std::vector<std::uint32_t>
      places_;  ///< by hash of the last six bytes: the position after them, modulo 2^32
  std::uint64_t mask_;
  unsigned place_shift_;
  std::uint64_t size_ = 0;
  std::uint64_t last8_ = 0;
  std::uint64_t match_ = 0;  ///< the position that repeats, if length_ is not 0
  std::uint32_t length_ = 0;
};

}  // namespace skiff
