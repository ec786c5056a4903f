// ext4 images made by mke2fs (e2fsprogs).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "skiff/bytes.hpp"

namespace skiff::testing {

/// A file system of 4 MiB with these files, by path without a leading slash; always the same for the same
/// files. Nothing if there is no mke2fs here.
std::optional<Bytes> ext4_image(const std::map<std::string, Bytes>& files);

}  // namespace skiff::testing
