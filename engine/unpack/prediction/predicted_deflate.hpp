// Deflate and zlib streams of any encoder, as their content and what they differ by from a prediction.
#pragma once

#include <optional>

#include "skiff/io.hpp"
#include "unpack/method.hpp"
#include "unpack/prediction/token_predictor.hpp"

namespace skiff::unpack::prediction {

// A stream of a predicted codec opens to its content, then the corrections, then how many bytes these are, as
// 8 bytes, least significant first.

/// The method, of a predicted codec, that predicts by a search; and the other way round.
Method method_of(StreamCodec codec, const Search& search);
Search search_of(const Method& method);

/// Writes the content of the stream that fills `packed` to the front of `room`, and returns how much it is.
/// Errors: kMismatch, if it is no stream that can be predicted, or its content is longer.
Result<std::size_t> expand(StreamCodec codec, ByteView packed, MutableBytes room);

/// What correct() goes to.
struct Effort {
  std::uint64_t most = ~std::uint64_t{0};    ///< bytes of corrections
  std::uint64_t prefix = ~std::uint64_t{0};  ///< bytes of content, and on to the end of a block
};
/// The corrections, for the content of the stream. Nothing where they get longer than is wanted, where
/// strings repeat so often that a search takes too long, or the content has 4 GiB. Errors: those of expand(),
/// kLimit.
Result<std::optional<Bytes>> correct(const Method& method, ByteView packed, ByteView content,
                                     const Effort& effort);

/// Appends corrections to a content.
void append(Bytes& content, ByteView corrections);

/// Writes the stream again. Errors: kMismatch if the corrections are none of the content, the sink's, kLimit.
Result<void> restore(const Method& method, ByteView opened, Sink& packed);

}  // namespace skiff::unpack::prediction
