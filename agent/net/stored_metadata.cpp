#include "agent/net/stored_metadata.hpp"

namespace skiff::agent {

Result<Bytes> StoredMetadata::read(const std::filesystem::path& file, std::uint64_t max_length) const {
  return read_small(storage_, file, max_length);
}

Result<void> StoredMetadata::replace(const std::filesystem::path& file, ByteView bytes) {
  return agent::replace(storage_, file, bytes);
}

Result<void> StoredMetadata::remove(const std::filesystem::path& file) { return storage_.remove(file); }

}  // namespace skiff::agent
