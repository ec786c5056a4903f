// The head of a delta, header and frame table, as bytes and as DeltaInfo: FORMAT.md, sections 3 to 5.
#pragma once

#include "skiff/delta_info.hpp"

namespace skiff {

inline constexpr std::size_t kPrefixLength =
    25;  ///< the fields up to `frames` fit in this many bytes; no head is shorter

/// How long the parts of a head are; known from its first kPrefixLength bytes.
struct HeadLayout {
  std::uint64_t fields_offset = 0;  ///< where the field `codec` begins
  std::uint64_t header_length = 0;  ///< the whole header: where the frame table begins
  std::uint64_t frames = 0;
  [[nodiscard]] std::uint64_t head_length() const { return header_length + frames * sizeof(Sha256::bytes); }
};

/// Reads the fields up to `frames` from the first bytes of a delta. Rules F1 to F5; more frames than a u64
/// head length could hold are kLimit.
Result<HeadLayout> read_head_layout(ByteView first_bytes);

/// Reads and checks a whole head: rules F1 to F12. Bytes of `head` past the frame table are not looked at.
/// What it allocates is bounded by the frame table: a segment has a frame of its own.
Result<DeltaInfo> read_head(ByteView head);

/// The bytes that read_head() reads back. Of `info` it takes what is not derived: codec, profile, base,
/// result, limits, frames, and of each segment is_map, result_length, wire_length and digest. The rules must
/// hold.
Bytes write_head(const DeltaInfo& info);

/// The root of section 5 over the bytes of a head. kLimit if `make_hasher` has no hasher to give.
Result<Sha256> hash_head(ByteView head, const MakeHasher& make_hasher);

}  // namespace skiff
