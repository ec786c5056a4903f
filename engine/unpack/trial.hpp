// MethodFinder: by which method a stream was packed, found by trial.
#pragma once

#include <optional>

#include "unpack/stream_codec.hpp"

namespace skiff::unpack {

class MethodFinder {
 public:
  /// The method that makes exactly `packed` of the stream's content, or nothing. What worked last is tried
  /// first; a trial ends at the first byte that differs.
  std::optional<Method> find(const FoundStream& stream, ByteView packed);

 private:
  std::vector<Method> known_;  ///< the one that worked last first
};

}  // namespace skiff::unpack
