// What the head of a delta (header and frame table) says: FORMAT.md, sections 3 and 4.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "skiff/digest.hpp"
#include "skiff/io.hpp"

namespace skiff {

inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::uint64_t kFrameSize = 64 << 10;  ///< wire bytes of a frame at most

enum class Codec : std::uint8_t { kZstd = 0, kContextMixing = 1 };
/// What this build decodes.
inline constexpr std::array kDecodedCodecs = {Codec::kZstd, Codec::kContextMixing};

enum class Profile : std::uint8_t { kTiny = 0, kStandard = 1, kMax = 2 };

std::string_view to_string(Codec codec);
std::string_view to_string(Profile profile);

struct ImageId {
  std::uint64_t length = 0;
  Sha256 sha256;
  bool operator==(const ImageId&) const = default;
};

/// The limits that bound every allocation of a decoder; all in bytes but `window_copies`.
struct DecoderLimits {
  std::uint64_t segment_wire = 0;   ///< longest segment on the wire
  std::uint64_t segment_raw = 0;    ///< longest sum of a segment's decoded streams
  std::uint64_t window_copies = 0;  ///< most entries of a map: copies, and those of its typing
  bool operator==(const DecoderLimits&) const = default;
};

/// One segment: a map segment opens a window and makes no result bytes; a data segment makes `result_length`
/// of them.
struct SegmentInfo {
  bool is_map = false;
  std::uint32_t window = 0;         ///< index of the window it belongs to
  std::uint64_t result_offset = 0;  ///< of a map segment: where its window begins
  std::uint64_t result_length = 0;  ///< of a map segment: 0
  std::uint64_t digest = 0;         ///< of a data segment: XXH3-64 of its result bytes
  std::uint64_t wire_offset = 0;    ///< from the start of the delta
  std::uint64_t wire_length = 0;
  std::uint64_t first_frame =
      0;  ///< index into the frame table; its frames are ceil(wire_length / kFrameSize)
};

/// How much a decoder of codec 1 remembers, as powers of two; all 0 with codec 0.
struct ModelSizes {
  std::uint8_t slot_lines =
      0;                     ///< 2^n lines of 64 bytes, and 4 bytes a line more, for what contexts have seen
  std::uint8_t history = 0;  ///< 2^n of the last result bytes
  std::uint8_t learned = 0;  ///< 2^n entries of 16 bytes for what values turned into
  bool operator==(const ModelSizes&) const = default;
};

/// What a delta says that is between the opened forms of its images: their compressed streams replaced by
/// what these hold (FORMAT.md, section 13).
struct Opening {
  std::uint64_t features = 0;       ///< bits of the codecs of its streams, and of levels of streams
  std::uint64_t base_length = 0;    ///< of the opened base, which copies are of
  std::uint64_t result_length = 0;  ///< of the opened result, which segments make
  std::uint64_t memory = 0;         ///< bytes that opening and packing take beside decoder_memory
  Bytes recipe;                     ///< as it stands in the header
  bool operator==(const Opening&) const = default;
};

/// The bits of `features` that FORMAT.md defines.
inline constexpr std::uint64_t kKnownFeatures = 0b11'1111'1111'1110;

struct DeltaInfo {
  std::uint32_t format = kFormatVersion;
  Codec codec = Codec::kZstd;
  Profile profile = Profile::kStandard;
  ImageId base;
  ImageId result;
  DecoderLimits limits;
  ModelSizes models;
  std::optional<Opening> opening;    ///< nothing: segments copy from the base and make the result as they are
  std::uint64_t decoder_memory = 0;  ///< peak bytes a decoder allocates, by the formula of FORMAT.md 3.3
  std::vector<SegmentInfo> segments;
  std::vector<Sha256> frames;
  std::uint64_t head_length = 0;   ///< header and frame table: where the first frame begins
  std::uint64_t delta_length = 0;  ///< the whole file
};

/// Length of what copies are of: the base image, or its opened form.
constexpr std::uint64_t source_length(const DeltaInfo& info) {
  return info.opening ? info.opening->base_length : info.base.length;
}
/// Length of what segments make: the result image, or its opened form.
constexpr std::uint64_t made_length(const DeltaInfo& info) {
  return info.opening ? info.opening->result_length : info.result.length;
}

/// All that applying takes, in bytes: the decoder, and where streams are opened, that too.
constexpr std::uint64_t memory_to_apply(const DeltaInfo& info) {
  return info.decoder_memory + (info.opening ? info.opening->memory : 0);
}

/// Reads and checks the head of a delta, and that the file is as long as the head says (rules F1 to F13);
/// errors name the byte and the rule of FORMAT.md.
Result<DeltaInfo> read_delta_info(const Source& delta);

/// SHA-256 over the domain tag and the head: what signed metadata vouches for (FORMAT.md 5).
Result<Sha256> frames_root(const Source& delta, const MakeHasher& make_hasher);

}  // namespace skiff
