// read_back: proves that the slot holds the signed image, from the medium and not from memory.
#pragma once

#include "agent/system/storage.hpp"
#include "skiff/delta_info.hpp"

namespace skiff::agent {

/// Syncs the slot, has its cached pages dropped, reads image.length bytes and compares their SHA-256:
/// kMismatch if it is another; kIo and kUsage as the storage gives them.
Result<void> read_back(Storage& storage, const std::filesystem::path& slot, const ImageId& image);

/// SHA-256 of the first `length` bytes of a slot; of all of it where `length` is 0.
Result<ImageId> identify_slot(Storage& storage, const std::filesystem::path& slot, std::uint64_t length);

}  // namespace skiff::agent
