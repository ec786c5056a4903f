// Typing: what a delta says of the code and tables in its images, so that a device can predict without
// parsing any file format (FORMAT.md, section 10).
#pragma once

#include <cstdint>
#include <vector>

namespace skiff {

/// What the bytes of a range of the base are.
enum class Kind : std::uint8_t {
  kRaw = 0,             ///< nothing known
  kA64 = 1,             ///< AArch64 instructions
  kX64 = 2,             ///< x86-64 instructions
  kThumb = 3,           ///< Thumb-2 instructions and 32-bit literal pools
  kPointer64 = 4,       ///< aligned 64-bit words, some of them addresses
  kPointer32 = 5,       ///< aligned 32-bit words, some of them addresses
  kRelative32 = 6,      ///< aligned 32-bit words, some of them distances from themselves to an address
  kOffset32 = 7,        ///< aligned 32-bit words, some of them distances from an origin
  kA32 = 8,             ///< A32 instructions and literal pools with addresses
  kA32Relative = 9,     ///< A32 instructions and literal pools with distances
  kThumbRelative = 10,  ///< Thumb-2 instructions and literal pools with distances
  kX86 = 11,            ///< 32-bit x86 instructions
};
inline constexpr std::uint8_t kKinds = 12;

/// Whether a kind is instructions.
inline bool is_code(Kind kind) {
  switch (kind) {
    case Kind::kA64:
    case Kind::kX64:
    case Kind::kThumb:
    case Kind::kA32:
    case Kind::kA32Relative:
    case Kind::kThumbRelative:
    case Kind::kX86:
      return true;
    default:
      return false;
  }
}

/// Whether ranges of a kind have an origin.
inline bool has_origin(Kind kind) { return kind == Kind::kOffset32 || kind == Kind::kX86; }

/// Bytes [offset, offset + length) of an image are at `address` and on when it runs.
struct AddressRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t address = 0;
};

struct TypedRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  Kind kind = Kind::kRaw;
  std::uint64_t origin = 0;  ///< if the kind has one: the address that is distance 0
};

/// A translation looks through all ranges of a space, so they are few.
inline constexpr std::size_t kMaxAddressRanges = 256;

/// One program or library: an address space of its own inside an image.
struct Space {
  std::uint64_t begin = 0;  ///< image offsets of its first byte
  std::uint64_t end = 0;    ///< and past its last
  std::uint64_t low = 0;    ///< addresses it may refer to: [low, high)
  std::uint64_t high = 0;
  std::vector<AddressRange> addresses;  ///< in order of offset, apart, within [begin, end)
  std::vector<TypedRange> types;        ///< of the base only: likewise
};

/// The spaces of an image, in order and apart.
using ImageTyping = std::vector<Space>;

struct Typing {
  ImageTyping base;
  ImageTyping result;
};

}  // namespace skiff
