#include "agent/system/storage.hpp"

namespace skiff::agent {

namespace fs = std::filesystem;

Result<void> replace(Storage& storage, const fs::path& path, ByteView bytes) {
  fs::path beside = path;
  beside += ".new";
  SKIFF_ASSIGN(const std::unique_ptr<DurableFile> file, storage.open(beside, Access::kNew));
  SKIFF_TRY(file->write_at(0, bytes));
  SKIFF_TRY(file->sync());
  SKIFF_TRY(storage.rename(beside, path));
  return storage.sync_folder(path.parent_path());
}

Result<Bytes> read_small(Storage& storage, const fs::path& path, std::uint64_t max_length) {
  SKIFF_ASSIGN(const std::unique_ptr<DurableFile> file, storage.open(path, Access::kRead));
  if (file->size() > max_length) {
    return fail(ErrorKind::kLimit,
                path.string() + " is longer than " + std::to_string(max_length) + " bytes");
  }
  Bytes bytes(static_cast<std::size_t>(file->size()));
  SKIFF_TRY(file->read_at(0, bytes));
  return bytes;
}

}  // namespace skiff::agent
