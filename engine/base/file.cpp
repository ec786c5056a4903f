// Files and block devices as Source and Sink (POSIX).
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "skiff/files.hpp"
#include "skiff/io.hpp"

namespace skiff {
namespace {

namespace fs = std::filesystem;

/// /dev/null, which reads as an empty image.
const dev_t kNullDevice = makedev(1, 3);

tl::unexpected<Error> os_error(std::string_view action, const fs::path& path) {
  const int code = errno;
  return fail(code == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo,
              "cannot " + std::string(action) + " " + path.string() + ": " + std::strerror(code));
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

static_assert(sizeof(off_t) == sizeof(std::uint64_t), "images may be longer than 2 GiB");

Result<std::uint64_t> size_of(const Descriptor& file, const fs::path& path) {
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return os_error("inspect", path);
  if (S_ISREG(status.st_mode)) return static_cast<std::uint64_t>(status.st_size);
  if (S_ISCHR(status.st_mode) && status.st_rdev == kNullDevice) return 0;
  if (!S_ISBLK(status.st_mode)) {
    return fail(ErrorKind::kUsage, path.string() + " is neither a regular file nor a block device");
  }
  std::uint64_t length = 0;
  if (::ioctl(file.get(), BLKGETSIZE64, &length) != 0) return os_error("measure", path);
  return length;
}

class FileSource final : public Source {
 public:
  FileSource(Descriptor file, fs::path path, std::uint64_t size)
      : file_(std::move(file)), path_(std::move(path)), size_(size) {}

  [[nodiscard]] std::uint64_t size() const override { return size_; }

  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override {
    if (offset > size_ || out.size() > size_ - offset) {
      return fail(ErrorKind::kUsage,
                  "read past the end of " + path_.string() + " at byte " + std::to_string(offset));
    }
    while (!out.empty()) {
      const ssize_t got = ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return os_error("read", path_);
      if (got == 0) {
        return fail(ErrorKind::kIo,
                    path_.string() + " became shorter: nothing at byte " + std::to_string(offset));
      }
      out = out.subspan(static_cast<std::size_t>(got));
      offset += static_cast<std::uint64_t>(got);
    }
    return {};
  }

  std::size_t read_cached(std::uint64_t offset, MutableBytes out) const override {
    const iovec where = {out.data(), out.size()};
    const ssize_t got = ::preadv2(file_.get(), &where, 1, static_cast<off_t>(offset), RWF_NOWAIT);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }

 private:
  Descriptor file_;
  fs::path path_;
  std::uint64_t size_;
};

Result<void> write_all(const Descriptor& file, const fs::path& path, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(file.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return os_error("write", path);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

/// Writes beside the target and renames.
class NewFileSink final : public FileSink {
 public:
  NewFileSink(Descriptor file, fs::path temporary, fs::path path)
      : file_(std::move(file)), temporary_(std::move(temporary)), path_(std::move(path)) {}
  ~NewFileSink() override {
    if (!committed_) ::unlink(temporary_.c_str());
  }
  Result<void> write(ByteView bytes) override { return write_all(file_, path_, bytes); }
  Result<void> commit() override {
    if (::fsync(file_.get()) != 0) return os_error("sync", temporary_);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return os_error("put in place", path_);
    committed_ = true;
    return sync_folder(path_.parent_path());
  }

 private:
  Descriptor file_;
  fs::path temporary_;
  fs::path path_;
  bool committed_ = false;
};

class DeviceSink final : public FileSink {
 public:
  DeviceSink(Descriptor file, fs::path path) : file_(std::move(file)), path_(std::move(path)) {}
  Result<void> write(ByteView bytes) override { return write_all(file_, path_, bytes); }
  Result<void> commit() override {
    if (::fsync(file_.get()) != 0) return os_error("sync", path_);
    return {};
  }

 private:
  Descriptor file_;
  fs::path path_;
};

}  // namespace

Result<std::unique_ptr<Source>> open_source(const fs::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return os_error("open", path);
  SKIFF_ASSIGN(const std::uint64_t size, size_of(file, path));
  return std::make_unique<FileSource>(std::move(file), path, size);
}

Result<std::unique_ptr<FileSink>> create_file(const fs::path& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) == 0 && S_ISBLK(status.st_mode)) {
    Descriptor device(::open(path.c_str(), O_WRONLY | O_EXCL | O_CLOEXEC));
    if (!device.valid()) return os_error("open", path);
    return std::make_unique<DeviceSink>(std::move(device), path);
  }
  std::string temporary = path.string() + ".XXXXXX";
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.valid()) return os_error("create", path);
  if (::fchmod(file.get(), 0644) != 0) return os_error("create", path);
  return std::make_unique<NewFileSink>(std::move(file), temporary, path);
}

Result<Bytes> read_file(const fs::path& path, std::uint64_t max_length) {
  SKIFF_ASSIGN(const std::unique_ptr<Source> source, open_source(path));
  if (source->size() > max_length) {
    return fail(ErrorKind::kLimit, path.string() + " is " + std::to_string(source->size()) +
                                       " bytes long, more than " + std::to_string(max_length));
  }
  Bytes bytes(static_cast<std::size_t>(source->size()));
  SKIFF_TRY(source->read_at(0, bytes));
  return bytes;
}

Result<void> write_file(const fs::path& path, ByteView bytes) {
  SKIFF_ASSIGN(const std::unique_ptr<FileSink> sink, create_file(path));
  SKIFF_TRY(sink->write(bytes));
  return sink->commit();
}

Result<void> write_new_file(const fs::path& path, ByteView bytes, fs::perms mode) {
  const Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, static_cast<mode_t>(mode)));
  if (!file.valid() && errno == EEXIST)
    return fail(ErrorKind::kUsage, "cannot create " + path.string() + ": it exists");
  if (!file.valid()) return os_error("create", path);
  Result<void> written = write_all(file, path, bytes);
  if (written && ::fsync(file.get()) != 0) written = os_error("sync", path);
  if (!written) ::unlink(path.c_str());
  return written;
}

Result<void> sync_folder(const fs::path& folder) {
  const fs::path named = folder.empty() ? fs::path(".") : folder;
  const Descriptor handle(::open(named.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle.valid() || ::fsync(handle.get()) != 0) return os_error("sync", named);
  return {};
}

}  // namespace skiff
