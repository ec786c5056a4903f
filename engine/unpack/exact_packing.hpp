// Packing a stream of a result: exactly as many bytes as the recipe says, wherever they go.
#pragma once

#include "unpack/method.hpp"

namespace skiff::unpack {

/// How a stream is packed: by whom, how, and to how many bytes.
struct Packing {
  const Repacker* packer = nullptr;
  Method method;
  std::uint64_t length = 0;
};

/// Writes the stream that `content` packs to, and never more than its length. Errors: the packer's and the
/// sink's; kMismatch if the stream is of another length (F33).
Result<void> pack_exactly(const Packing& packing, ByteView content, Sink& packed);

/// An error of a stream at a byte of the result.
tl::unexpected<Error> fail_at(Error error, std::uint64_t offset);

}  // namespace skiff::unpack
