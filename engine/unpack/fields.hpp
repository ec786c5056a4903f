// Fields of foreign structures, little-endian unless named otherwise; 0 where one is not wholly there.
#pragma once

#include "base/little_endian.hpp"
#include "skiff/bytes.hpp"

namespace skiff::unpack {

template <typename Word>
Word load_field(ByteView bytes, std::size_t at) {
  return at > bytes.size() || sizeof(Word) > bytes.size() - at ? Word{0}
                                                               : load_little<Word>(bytes.data() + at);
}
inline std::uint16_t u16(ByteView bytes, std::size_t at) { return load_field<std::uint16_t>(bytes, at); }
inline std::uint32_t u32(ByteView bytes, std::size_t at) { return load_field<std::uint32_t>(bytes, at); }
inline std::uint32_t big_u32(ByteView bytes, std::size_t at) {
  const std::uint32_t word = u32(bytes, at);
  return word << 24 | (word & 0xff00) << 8 | (word >> 8 & 0xff00) | word >> 24;
}
inline std::uint64_t u64(ByteView bytes, std::size_t at) { return load_field<std::uint64_t>(bytes, at); }

}  // namespace skiff::unpack
