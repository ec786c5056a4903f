// Compressed streams as their content, and back, as an encoder needs it: with the re-packers all here.
#pragma once

#include "skiff/io.hpp"
#include "unpack/method.hpp"

namespace skiff::unpack {

/// Repacker::open() of the method's re-packer.
Result<void> open_stream(const Method& method, ByteView packed, MutableBytes opened);

/// Repacker::pack() of the method's re-packer.
Result<void> pack_stream(const Method& method, ByteView opened, Sink& packed);

/// A stream that was found in an image: how long it is there, and what it holds.
struct FoundStream {
  StreamCodec codec = StreamCodec::kDeflate;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  Bytes opened;
};

/// What a search may still cost, in bytes decoded.
struct Budget {
  std::uint64_t left = 0;
};

/// Decodes the stream that begins at `offset` of an image to its end, wherever that is; of kLz4, kLzo and
/// kMicroLzma, whose blocks do not show it, `length` says where, and of the last the budget how long its
/// content is. False if there is none, if it ends early, or past the
/// budget, from which what was decoded is taken.
bool decode_found(const Source& image, FoundStream& stream, Budget& budget);

}  // namespace skiff::unpack
