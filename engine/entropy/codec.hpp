// The entropy stage: the streams of a segment as its wire bytes, and back (FORMAT.md, section 6).
#pragma once

#include <memory>
#include <span>

#include "skiff/bytes.hpp"
#include "skiff/delta_info.hpp"

namespace skiff {

/// How hard the encoder tries; what a level means is the codec's. Zstd: 1 to 22.
struct CodingEffort {
  int level = 19;
};

/// The wire bytes of a segment: its streams, one after another. Deterministic: depends on nothing but the
/// arguments and the version of the codec's library. May be called from several threads at once.
/// Errors: kUnsupported (codec), kUsage (a level the codec does not have), kLimit (memory is short).
Result<Bytes> encode_streams(Codec codec, std::span<const ByteView> streams, CodingEffort effort = {});

/// The wire bytes of a segment that were authenticated; `offset` is where they begin in the delta, for
/// errors.
struct WireSegment {
  ByteView bytes;
  std::uint64_t offset = 0;
};

/// Decodes one segment after another. Each begins with no hidden state.
class StreamDecoder {
 public:
  virtual ~StreamDecoder() = default;
  /// Decodes exactly `streams.size()` streams and sets each to a view into `room` or `wire`. `room` is
  /// `segment_raw` bytes long, and nothing else is allocated. Errors: kFormat, rules F1, F2 and F15 to F18.
  virtual Result<void> decode(const WireSegment& wire, MutableBytes room, std::span<ByteView> streams) = 0;
};

/// A decoder for the codec; what it allocates, it allocates here, within the decoder_memory formula.
/// Errors: kUnsupported, kLimit (memory is short).
Result<std::unique_ptr<StreamDecoder>> make_stream_decoder(Codec codec);

}  // namespace skiff
