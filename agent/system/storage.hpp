// Storage: the one door through which the agent changes anything durable, so that a test can cut the power
// behind it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "skiff/io.hpp"

namespace skiff::agent {

/// An open file or block device. What was written is certain to survive a power cut only after a sync() that
/// succeeded; after one that failed nothing since the last good one is believed (write it again).
class DurableFile : public Source {
 public:
  virtual Result<void> write_at(std::uint64_t offset, ByteView bytes) = 0;
  /// fdatasync: data, and the length where it changed.
  virtual Result<void> sync() = 0;
  /// Asks that later reads come from the medium and not from memory. Call after sync().
  virtual Result<void> drop_cache() = 0;
  /// Makes a regular file exactly this long, with its space reserved; a block device only has to be at least
  /// this long. kLimit: no room.
  virtual Result<void> set_length(std::uint64_t length) = 0;
};

enum class Access : std::uint8_t {
  kRead,   ///< must exist
  kWrite,  ///< read and write; an absent file is made, empty: certain to be there only after sync_folder()
  kNew,    ///< as kWrite, and made empty if it is there
  kSlot,   ///< read and write of a slot: must exist, refused (kUsage) where anybody else has a claim on it
};

class Storage {
 public:
  virtual ~Storage() = default;
  /// kNotFound if it does not exist (kRead, kSlot).
  virtual Result<std::unique_ptr<DurableFile>> open(const std::filesystem::path& path, Access access) = 0;
  /// In one folder. Whoever looks afterwards finds the file under one of the names; durable after
  /// sync_folder().
  virtual Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  /// Removing what is not there is no error. Before sync_folder() a removed file may come back.
  virtual Result<void> remove(const std::filesystem::path& path) = 0;
  /// Makes the names in a folder durable: files made, renamed and removed.
  virtual Result<void> sync_folder(const std::filesystem::path& folder) = 0;
  /// Names of the regular files in a folder, sorted; none if there is no such folder.
  virtual Result<std::vector<std::string>> list(const std::filesystem::path& folder) = 0;
};

/// Storage on the system's files and devices (POSIX).
class PosixStorage final : public Storage {
 public:
  Result<std::unique_ptr<DurableFile>> open(const std::filesystem::path& path, Access access) override;
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<void> remove(const std::filesystem::path& path) override;
  Result<void> sync_folder(const std::filesystem::path& folder) override;
  Result<std::vector<std::string>> list(const std::filesystem::path& folder) override;
};

/// Puts a small file in place, whole and durable, or leaves the old one: written beside it under the name
/// with `.new` at the end, synced, renamed, and the folder synced.
Result<void> replace(Storage& storage, const std::filesystem::path& path, ByteView bytes);

/// Reads a small file whole through `storage`; a longer one than `max_length` is kLimit, a missing one
/// kNotFound.
Result<Bytes> read_small(Storage& storage, const std::filesystem::path& path, std::uint64_t max_length);

}  // namespace skiff::agent
