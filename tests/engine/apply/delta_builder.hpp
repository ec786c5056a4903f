// A small encoder for tests: makes valid deltas from a naive cover, and lets every part be broken before it
// is joined.
#pragma once

#include <vector>

#include "codec/stream_map.hpp"
#include "format/residue.hpp"
#include "skiff/delta_info.hpp"

namespace skiff::testing {

/// How a delta is cut and coded.
struct BuildPlan {
  std::uint64_t window = std::uint64_t{1} << 20;   ///< result bytes of a window
  std::uint64_t segment = std::uint64_t{1} << 16;  ///< result bytes of a data segment
  Profile profile = Profile::kStandard;
  int level = 3;
  Typing typing{};
};

struct DataPart {
  std::uint64_t result_length = 0;
  std::array<Bytes, kDataStreams> streams;
  std::uint64_t digest = 0;
};
struct WindowPart {
  std::array<Bytes, kMapStreams> map;
  std::vector<DataPart> data;
};

/// A delta as streams.
struct DeltaParts {
  DeltaInfo info;  ///< codec, profile, base, result and limits.window_copies
  std::vector<WindowPart> windows;
};

/// A delta as wire segments: `info` is as write_head() takes it but for the frames.
struct CodedDelta {
  DeltaInfo info;
  std::vector<Bytes> wires;
};

/// Exact matches of 16 bytes and more, found by a table of the base's 16-byte strings, and stretches on the
/// same diagonal that are mostly equal. No copy crosses a multiple of `window`.
std::vector<Copy> naive_cover(ByteView base, ByteView result, std::uint64_t window);

DeltaParts cut_delta(ByteView base, ByteView result, const std::vector<Copy>& cover, const BuildPlan& plan);
/// Codes the streams and sets the limits to what this delta needs.
CodedDelta code_delta(const DeltaParts& parts, int level);
/// Hashes the frames and puts head and frames together.
Bytes join_delta(CodedDelta coded);

/// All of it at once.
Bytes make_delta(ByteView base, ByteView result, const BuildPlan& plan = {});

/// The fields of a header as bytes, each of which may be replaced, and the frame table after it.
struct RawHead {
  enum Field : std::size_t {
    kCodec,
    kProfile,
    kFeatures,
    kBase,
    kResult,
    kSegmentWire,
    kSegmentRaw,
    kWindowCopies,
    kParameters,
    kTable,
    kFieldCount
  };
  Bytes magic;
  std::uint8_t version = kFormatVersion;
  std::array<Bytes, kFieldCount> fields;
  std::vector<Sha256> frames;

  [[nodiscard]] Bytes bytes() const;
};
/// The fields of a delta whose frames are hashed already.
RawHead raw_head(const DeltaInfo& info);
/// Sets `info.frames` to the hashes of the frames of `wires`.
void hash_frames(CodedDelta& coded);
/// Head, then wires.
Bytes join(const Bytes& head, const std::vector<Bytes>& wires);

Bytes varint_bytes(std::uint64_t value);

}  // namespace skiff::testing
