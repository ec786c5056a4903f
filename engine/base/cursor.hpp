// Cursor: reads the fields of a structure from untrusted bytes, refusing whatever is not wholly there.
#pragma once

#include <cstdint>

#include "skiff/bytes.hpp"
#include "skiff/digest.hpp"

namespace skiff {

/// A position in bytes owned by somebody else. Every error names the absolute byte: `origin` is where
/// `bytes` begins in the file. A failed read leaves the cursor where it was.
class Cursor {
 public:
  explicit Cursor(ByteView bytes, std::uint64_t origin = 0) : bytes_(bytes), origin_(origin) {}

  [[nodiscard]] std::uint64_t position() const { return origin_ + at_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - at_; }
  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }

  Result<std::uint8_t> u8();
  Result<std::uint64_t> u64le();
  /// Rule F1 for a longer form or a value past 64 bits, F2 for a missing byte.
  Result<std::uint64_t> varint();
  Result<Sha256> sha256();
  /// The next `length` bytes, as a view into what the cursor was given.
  Result<ByteView> bytes(std::uint64_t length);

 private:
  [[nodiscard]] tl::unexpected<Error> ends_early(std::string_view field, std::uint64_t wanted) const;

  ByteView bytes_;
  std::uint64_t origin_;
  std::size_t at_ = 0;
};

/// Appends `value` as eight bytes, least significant first.
void put_u64le(Bytes& out, std::uint64_t value);
/// Appends bytes as they are.
inline void put_bytes(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

}  // namespace skiff
