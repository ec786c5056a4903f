// Stash: the bytes of a delta that a device keeps, so that a restart fetches nothing again that was finished.
#pragma once

#include <filesystem>

#include "agent/system/storage.hpp"
#include "skiff/applier.hpp"

namespace skiff::agent {

/// One file in which the head and the map segments of a delta lie at their own offsets; what lies between is
/// never written (a hole). Nothing here is believed: the applier hashes the bytes again when they come back,
/// so that what a power cut made of them costs at most fetching them once more.
class Stash {
 public:
  Stash(Storage& storage, std::filesystem::path path) : storage_(storage), path_(std::move(path)) {}

  /// Keeps the part of `bytes`, which begin at `offset` of the delta, that lies in the range.
  Result<void> keep(std::uint64_t offset, ByteView bytes, ByteRange range);
  /// Makes what was kept durable, if there is anything new.
  Result<void> sync();
  /// Up to out.size() bytes from `offset`; how many there are (0: none, also if the stash cannot be read).
  std::size_t load(std::uint64_t offset, MutableBytes out);
  /// Throws everything away.
  Result<void> clear();

 private:
  Result<DurableFile*> file();

  Storage& storage_;
  std::filesystem::path path_;
  std::unique_ptr<DurableFile> file_;
  bool unsynced_ = false;
  bool named_ = false;  ///< the folder was synced since the file was opened
};

}  // namespace skiff::agent
