// MethodFinder: by which method a stream was packed, found by trial.
#pragma once

#include <map>
#include <optional>

#include "unpack/stream_codec.hpp"

namespace skiff::unpack {

/// The content of a stream as the method has it: with the end of the packed stream behind it, where that is
/// as it is.
Bytes with_end(const Method& method, Bytes opened, ByteView packed);

class MethodFinder {
 public:
  /// The method that makes exactly `packed` of the stream's content (with_end() of it), or nothing.
  /// What worked last is tried first; a trial ends at the first byte that differs. Of a codec that has failed
  /// often only that is tried.
  std::optional<Method> find(const FoundStream& stream, ByteView packed);
  /// The same of the methods that worked before; several threads may ask at once.
  [[nodiscard]] std::optional<Method> find_known(const FoundStream& stream, ByteView packed) const;
  /// Takes note of a method that worked.
  void learn(const Method& method);

 private:
  std::vector<Method> known_;  ///< the one that worked last first
  std::map<StreamCodec, std::size_t> failures_;
};

}  // namespace skiff::unpack
