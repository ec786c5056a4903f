#include "base/cursor.hpp"

#include <algorithm>

#include "base/varint.hpp"

namespace skiff {

tl::unexpected<Error> Cursor::ends_early(std::string_view field, std::uint64_t wanted) const {
  return fail(ErrorKind::kFormat,
              "ends early: " + std::string(field) + " of " + std::to_string(wanted) + " bytes at byte " +
                  std::to_string(position()) + ", where " + std::to_string(remaining()) + " are left",
              "F2");
}

Result<std::uint8_t> Cursor::u8() {
  if (at_end()) return ends_early("field", 1);
  return bytes_[at_++];
}

Result<std::uint64_t> Cursor::u64le() {
  if (remaining() < 8) return ends_early("number", 8);
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | bytes_[at_ + static_cast<std::size_t>(i)];
  at_ += 8;
  return value;
}

Result<std::uint64_t> Cursor::varint() {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kMaxVarintLength; ++i) {
    if (i >= remaining()) return ends_early("varint", i + 1);
    const std::uint64_t byte = bytes_[at_ + i];
    const std::uint64_t group = byte & 0x7f;
    if (i + 1 == kMaxVarintLength && byte > 1) break;
    value |= group << (7 * i);
    if (byte & 0x80) continue;
    if (group == 0 && i > 0) {
      return fail(ErrorKind::kFormat, "varint not in its shortest form at byte " + std::to_string(position()),
                  "F1");
    }
    at_ += i + 1;
    return value;
  }
  return fail(ErrorKind::kFormat, "varint past 64 bits at byte " + std::to_string(position()), "F1");
}

Result<Sha256> Cursor::sha256() {
  Sha256 digest;
  if (remaining() < digest.bytes.size()) return ends_early("digest", digest.bytes.size());
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), digest.bytes.size(), digest.bytes.begin());
  at_ += digest.bytes.size();
  return digest;
}

Result<ByteView> Cursor::bytes(std::uint64_t length) {
  if (length > remaining()) return ends_early("field", length);
  const ByteView view = bytes_.subspan(at_, static_cast<std::size_t>(length));
  at_ += static_cast<std::size_t>(length);
  return view;
}

void put_u64le(Bytes& out, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

}  // namespace skiff
