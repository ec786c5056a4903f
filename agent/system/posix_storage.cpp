#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>

#include "agent/system/posix_file.hpp"
#include "agent/system/slot_claims.hpp"

namespace skiff::agent {
namespace {

namespace fs = std::filesystem;

class PosixFile final : public DurableFile {
 public:
  PosixFile(Descriptor file, fs::path path, std::uint64_t size, bool is_device)
      : file_(std::move(file)), path_(std::move(path)), size_(size), is_device_(is_device) {}

  [[nodiscard]] std::uint64_t size() const override { return size_; }

  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override {
    if (offset > size_ || out.size() > size_ - offset) {
      return fail(ErrorKind::kUsage, "read past the end of " + path_.string());
    }
    while (!out.empty()) {
      const ssize_t got = ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return os_error("read", path_);
      if (got == 0) return fail(ErrorKind::kIo, path_.string() + " became shorter");
      out = out.subspan(static_cast<std::size_t>(got));
      offset += static_cast<std::uint64_t>(got);
    }
    return {};
  }

  Result<void> write_at(std::uint64_t offset, ByteView bytes) override {
    while (!bytes.empty()) {
      const ssize_t put = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return os_error("write", path_);
      bytes = bytes.subspan(static_cast<std::size_t>(put));
      offset += static_cast<std::uint64_t>(put);
    }
    size_ = std::max(size_, offset);
    return {};
  }

  Result<void> sync() override {
    if (::fdatasync(file_.get()) != 0) return os_error("sync", path_);
    return {};
  }

  Result<void> drop_cache() override {
    // BLKFLSBUF also empties the device's own buffers in the kernel; it needs a right that a read-back can do
    // without, so a refusal is no error.
    if (is_device_) (void)::ioctl(file_.get(), BLKFLSBUF, 0);
    const int code = ::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_DONTNEED);
    if (code != 0) return os_error("drop the cache of", path_, code);
    return {};
  }

  Result<void> set_length(std::uint64_t length) override {
    if (is_device_) {
      if (length <= size_) return {};
      return fail(ErrorKind::kLimit, path_.string() + " is " + std::to_string(size_) +
                                         " bytes long, less than " + std::to_string(length));
    }
    if (::ftruncate(file_.get(), static_cast<off_t>(length)) != 0) return os_error("resize", path_);
    const int code = length == 0 ? 0 : ::posix_fallocate(file_.get(), 0, static_cast<off_t>(length));
    if (code != 0) return os_error("reserve space for", path_, code);
    size_ = length;
    return {};
  }

 private:
  Descriptor file_;
  fs::path path_;
  std::uint64_t size_;
  bool is_device_;
};

int open_flags(Access access, bool is_device) {
  switch (access) {
    case Access::kRead:
      return O_RDONLY | O_CLOEXEC;
    case Access::kWrite:
      return O_RDWR | O_CREAT | O_CLOEXEC;
    case Access::kNew:
      return O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC;
    case Access::kSlot:
      return O_RDWR | O_CLOEXEC | (is_device ? O_EXCL : 0);
  }
  return O_RDONLY | O_CLOEXEC;
}

Result<void> claim(const Descriptor& file, const fs::path& path) {
  SKIFF_TRY(refuse_claimed(file.get(), path));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorKind::kUsage, path.string() + " is locked by another program");
  }
  return {};
}

}  // namespace

Result<Descriptor> open_descriptor(const fs::path& path, Access access) {
  struct stat status = {};
  const bool is_device = ::stat(path.c_str(), &status) == 0 && S_ISBLK(status.st_mode);
  Descriptor file(::open(path.c_str(), open_flags(access, is_device), 0600));
  if (!file.valid() && errno == EBUSY) return fail(ErrorKind::kUsage, path.string() + " is in use");
  if (!file.valid()) return os_error("open", path);
  if (access == Access::kSlot) SKIFF_TRY(claim(file, path));
  return file;
}

Result<std::unique_ptr<DurableFile>> file_of(Descriptor file, const fs::path& path) {
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return os_error("inspect", path);
  const bool is_device = S_ISBLK(status.st_mode);
  auto size = static_cast<std::uint64_t>(status.st_size);
  if (is_device && ::ioctl(file.get(), BLKGETSIZE64, &size) != 0) return os_error("measure", path);
  return std::make_unique<PosixFile>(std::move(file), path, size, is_device);
}

Result<std::unique_ptr<DurableFile>> PosixStorage::open(const fs::path& path, Access access) {
  SKIFF_ASSIGN(Descriptor file, open_descriptor(path, access));
  return file_of(std::move(file), path);
}

Result<void> PosixStorage::rename(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return os_error("put in place", to);
  return {};
}

Result<void> PosixStorage::sync_folder(const fs::path& folder) {
  const Descriptor handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle.valid() || ::fsync(handle.get()) != 0) return os_error("sync", folder);
  return {};
}

Result<void> PosixStorage::remove(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return os_error("remove", path);
  return {};
}

Result<std::vector<std::string>> PosixStorage::list(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code code;
  fs::directory_iterator entries(folder, code);
  if (code == std::errc::no_such_file_or_directory) return names;
  if (code) return os_error("list", folder, code.value());
  for (const fs::directory_entry& entry : entries) {
    if (entry.is_regular_file(code)) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace skiff::agent
