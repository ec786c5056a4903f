// Who else has a claim on a file or device that is about to be overwritten as a slot.
#pragma once

#include <filesystem>

#include "skiff/result.hpp"

namespace skiff::agent {

/// kUsage, naming the claim, where the open file `fd` at `path` is the root file system's device, is mounted,
/// or backs a loop device. A block device is also opened with O_EXCL, by which the kernel refuses what is
/// mounted or in use by the block layer; this catches what O_EXCL does not see and says which it is.
Result<void> refuse_claimed(int fd, const std::filesystem::path& path);

}  // namespace skiff::agent
