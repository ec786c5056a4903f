#include "agent/install/stash.hpp"

#include <algorithm>

namespace skiff::agent {

Result<DurableFile*> Stash::file() {
  if (!file_) {
    SKIFF_ASSIGN(file_, storage_.open(path_, Access::kWrite));
  }
  return file_.get();
}

Result<void> Stash::keep(std::uint64_t offset, ByteView bytes, ByteRange range) {
  const std::uint64_t begin = std::max(offset, range.offset);
  const std::uint64_t end = std::min(offset + bytes.size(), range.offset + range.length);
  if (begin >= end) return {};
  SKIFF_ASSIGN(DurableFile* const kept, file());
  SKIFF_TRY(kept->write_at(
      begin, bytes.subspan(static_cast<std::size_t>(begin - offset), static_cast<std::size_t>(end - begin))));
  unsynced_ = true;
  return {};
}

Result<void> Stash::sync() {
  if (!unsynced_) return {};
  SKIFF_TRY(file_->sync());
  if (!named_) SKIFF_TRY(storage_.sync_folder(path_.parent_path()));
  named_ = true;
  unsynced_ = false;
  return {};
}

std::size_t Stash::load(std::uint64_t offset, MutableBytes out) {
  const Result<DurableFile*> kept = file();
  if (!kept || offset >= (*kept)->size()) return 0;
  const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), (*kept)->size() - offset));
  return (*kept)->read_at(offset, out.first(length)) ? length : 0;
}

Result<void> Stash::clear() {
  file_.reset();
  named_ = false;
  unsynced_ = false;
  return storage_.remove(path_);
}

}  // namespace skiff::agent
