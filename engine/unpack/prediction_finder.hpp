// PredictionFinder: how a deflate stream is predicted with the fewest corrections, found by trial.
#pragma once

#include <optional>

#include "unpack/stream_codec.hpp"

namespace skiff::unpack {

class PredictionFinder {
 public:
  /// Turns a deflate or zlib stream that was found into a predicted one, whose content has the corrections,
  /// and returns its method: nothing, and nothing changed, if these do not pay or the stream does not come
  /// out the same. What worked last is tried first; of streams like those that failed often no more is tried.
  std::optional<Method> predict(FoundStream& stream, ByteView packed);

  /// Bytes of all corrections so far.
  [[nodiscard]] std::uint64_t corrections() const { return corrections_; }

 private:
  std::vector<Method> known_;  ///< of both codecs, the one that worked last first
  std::size_t failures_ = 0;
  std::uint64_t corrections_ = 0;
};

/// The same of a base stream, by the method that is given: what the device will derive.
bool predict_as(const Method& method, FoundStream& stream, ByteView packed);

}  // namespace skiff::unpack
