// What files need beside Source and Sink: a mode from their first moment on, folders that keep their names,
// and reads that wait for no disk.
#pragma once

#include <filesystem>

#include "skiff/bytes.hpp"
#include "skiff/io.hpp"
#include "skiff/result.hpp"

namespace skiff {

/// A file or block device as a source, for a reader who has others to serve while a disk is slow.
class FileSource : public Source {
 public:
  /// Fills the front of `out` with what the kernel has in memory from `offset` on, and waits for nothing. How
  /// many bytes that are: none where there are none, where the file system cannot tell, or where read_at()
  /// would fail.
  virtual std::size_t read_cached(std::uint64_t offset, MutableBytes out) const = 0;
};

/// As open_source(), for such a reader.
Result<std::unique_ptr<FileSource>> open_file(const std::filesystem::path& path);

/// Makes a file of these bytes, durably. It never exists with more rights than `mode` (less what umask
/// takes), and not at all if this fails. kUsage: there is one of that name already; kIo or kNotFound: the
/// system's reason.
Result<void> write_new_file(const std::filesystem::path& path, ByteView bytes, std::filesystem::perms mode);

/// The names in a folder, as they are now, outlive a power cut. An empty path is the current folder.
Result<void> sync_folder(const std::filesystem::path& folder);

/// For the owner alone to read and write: secrets.
inline constexpr std::filesystem::perms kOwnerOnly =
    std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;

}  // namespace skiff
