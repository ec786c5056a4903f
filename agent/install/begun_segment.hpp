// BegunSegment: what came of a segment that could not be finished, and the file that keeps it for a later
// run.
#pragma once

#include <filesystem>

#include "agent/system/storage.hpp"

namespace skiff::agent {

/// The first wire bytes of a segment, and where in the delta they begin.
struct BegunSegment {
  std::uint64_t offset = 0;
  Bytes wire;
};

/// Its file: the wire bytes, then the offset as 8 bytes, little-endian. Nothing in it is believed: the
/// applier compares the bytes with the frames that were signed. So it is never synced: what a power cut makes
/// of it costs at most fetching them once more.
class BegunSegmentFile {
 public:
  BegunSegmentFile(Storage& storage, std::filesystem::path path)
      : storage_(storage), path_(std::move(path)) {}

  /// What was kept; nothing where there is none, it cannot be read or is longer than `max_length`.
  BegunSegment load(std::uint64_t max_length);
  /// Writes nothing where there is nothing new. Errors: those of the storage; what was kept before may be
  /// lost then.
  Result<void> keep(BegunSegment segment);
  Result<void> remove();

 private:
  Storage& storage_;
  std::filesystem::path path_;
  std::uint64_t end_ = 0;  ///< offset in the delta of the byte behind those in the file; 0: not known
};

}  // namespace skiff::agent
