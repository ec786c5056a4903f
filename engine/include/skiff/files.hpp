// What files need beside Source and Sink: a mode from their first moment on, and folders that keep their
// names.
#pragma once

#include <filesystem>

#include "skiff/bytes.hpp"
#include "skiff/result.hpp"

namespace skiff {

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
