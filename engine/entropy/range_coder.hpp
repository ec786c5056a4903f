// A binary range coder with carry: 32 bits of range, probabilities of 16 bits (FORMAT.md, section 9.1).
#pragma once

#include <cstdint>

#include "skiff/bytes.hpp"

namespace skiff {

/// Probabilities are of a bit being 1, in units of 1/65536, from 1 to 65535.
using Probability = std::uint32_t;

/// Appends coded bits to bytes. finish() once, at the end; trailing zero bytes are dropped.
class RangeEncoder {
 public:
  static constexpr bool kDecodes = false;

  /// Codes `bit` and returns it.
  bool code(bool bit, Probability one) {
    const auto bound = static_cast<std::uint32_t>((std::uint64_t{range_} * one) >> 16);
    if (bit) {
      range_ = bound;
    } else {
      low_ += bound;
      range_ -= bound;
    }
    while (range_ < kBottom) {
      range_ <<= 8;
      shift_low();
    }
    return bit;
  }

  /// Bytes that finish() would give, within five.
  [[nodiscard]] std::size_t length() const { return out_.size() + pending_; }

  Bytes finish() {
    for (int i = 0; i < 5; ++i) shift_low();
    while (!out_.empty() && out_.back() == 0) out_.pop_back();
    return std::move(out_);
  }

 private:
  static constexpr std::uint32_t kBottom = std::uint32_t{1} << 24;

  void shift_low() {
    const bool carry = low_ >> 32 != 0;
    if (carry || low_ < 0xff000000u) {
      if (begun_) out_.push_back(static_cast<std::uint8_t>(cache_ + (carry ? 1 : 0)));
      for (; pending_ > 0; --pending_) out_.push_back(carry ? 0x00 : 0xff);
      begun_ = true;
      cache_ = static_cast<std::uint8_t>(low_ >> 24);
    } else {
      ++pending_;
    }
    low_ = (low_ & 0x00ffffffu) << 8;
  }

  Bytes out_;
  std::uint64_t low_ = 0;
  std::uint32_t range_ = 0xffffffffu;
  std::size_t pending_ = 0;  ///< bytes 0xff held back until it is known whether a carry comes
  std::uint8_t cache_ = 0;
  bool begun_ = false;  ///< the first byte out of low_ is always 0 and is not written
};

/// Takes bits from bytes; past their end it reads zeros, as many as it is asked for.
class RangeDecoder {
 public:
  static constexpr bool kDecodes = true;

  explicit RangeDecoder(ByteView bytes) : bytes_(bytes) {
    for (int i = 0; i < 4; ++i) code_ = code_ << 8 | next();
  }

  /// The next bit; the argument is ignored, so that one function can serve both directions.
  bool code(bool /*bit*/, Probability one) {
    const auto bound = static_cast<std::uint32_t>((std::uint64_t{range_} * one) >> 16);
    const bool bit = code_ < bound;
    if (bit) {
      range_ = bound;
    } else {
      code_ -= bound;
      range_ -= bound;
    }
    while (range_ < kBottom) {
      range_ <<= 8;
      code_ = code_ << 8 | next();
    }
    return bit;
  }

  /// Bytes taken, those past the end included.
  [[nodiscard]] std::size_t length() const { return at_; }

 private:
  static constexpr std::uint32_t kBottom = std::uint32_t{1} << 24;

  std::uint32_t next() {
    const std::uint32_t byte = at_ < bytes_.size() ? bytes_[at_] : 0;
    ++at_;
    return byte;
  }

  ByteView bytes_;
  std::size_t at_ = 0;
  std::uint32_t code_ = 0;
  std::uint32_t range_ = 0xffffffffu;
};

}  // namespace skiff
