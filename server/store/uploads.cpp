#include "store/uploads.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "skiff/files.hpp"
#include "skiff/io.hpp"
#include "skiff/json.hpp"
#include "skiff/trust.hpp"
#include "skiff/tuf.hpp"

namespace skiff::server {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxOrder = 4'096;  // bytes of the file that describes an upload
constexpr std::size_t kMaxName = 128;
constexpr const char* kOrder = ".json";
constexpr const char* kPart = ".part";
constexpr const char* kVerified = "";

tl::unexpected<Error> os_error(std::string_view action, const fs::path& path, int code) {
  const bool is_full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  const ErrorKind kind = code == ENOENT ? ErrorKind::kNotFound : is_full ? ErrorKind::kLimit : ErrorKind::kIo;
  return fail(kind,
              "cannot " + std::string(action) + " " + path.filename().string() + ": " + std::strerror(code));
}

/// An open file with a lock on it that excludes other threads and processes.
class LockedFile {
 public:
  static Result<LockedFile> open(const fs::path& path, int flags) {
    LockedFile opened(::open(path.c_str(), flags | O_CLOEXEC, 0644));
    int outcome = -1;
    do {
      outcome = opened.file_ < 0 ? -1 : ::flock(opened.file_, LOCK_EX);
    } while (outcome != 0 && errno == EINTR && opened.file_ >= 0);
    if (outcome != 0) return os_error("open", path, errno);
    return opened;
  }
  LockedFile(LockedFile&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  LockedFile& operator=(LockedFile&&) = delete;
  ~LockedFile() {
    if (file_ >= 0) ::close(file_);
  }
  [[nodiscard]] int get() const { return file_; }
  [[nodiscard]] std::uint64_t size() const {
    struct stat status = {};
    return ::fstat(file_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  }

 private:
  explicit LockedFile(int file) : file_(file) {}
  int file_;
};

/// All of it, on the disk; otherwise the error, and the file may be longer than it was.
int write_durably(int file, std::uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return ::fdatasync(file) == 0 ? 0 : errno;
}

/// As the repository asks of the names of releases.
bool is_release_name(std::string_view name) {
  const auto is_plain = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kMaxName && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), is_plain);
}

}  // namespace

UploadStore::UploadStore(fs::path repository, UploadLimits limits)
    : repository_(std::move(repository)), folder_(repository_ / "incoming" / "uploads"), limits_(limits) {}

fs::path UploadStore::file(const Sha256& sha256, const char* extension) const {
  return folder_ / (sha256.hex() + extension);
}

Result<Upload> UploadStore::begin(const UploadOrder& order, std::int64_t now) {
  if (!is_release_name(order.name)) {
    return fail(ErrorKind::kUsage, "name must be 1 to 128 of A-Z a-z 0-9 . _ -, as a release is named");
  }
  if (order.length == 0) return fail(ErrorKind::kUsage, "length must be that of an image, not 0");
  if (is_in_repository(order)) return Upload{order, order.length, true, now};
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return os_error("create", folder_, error.value());
  SKIFF_ASSIGN(const LockedFile lock, LockedFile::open(folder_ / "lock", O_RDWR | O_CREAT));
  Result<Upload> present = read(order.sha256);
  if (!present && present.error().kind != ErrorKind::kNotFound) return present;
  if (!present) {
    SKIFF_TRY(check_room(order));
    present = Upload{order, 0, false, now};
    SKIFF_TRY(LockedFile::open(file(order.sha256, kPart), O_RDWR | O_CREAT));
  }
  if (present->order.length != order.length) {
    return fail(ErrorKind::kMismatch,
                "length was announced as " + std::to_string(present->order.length) + " before");
  }
  present->order.name = order.name;
  present->begun = now;
  SKIFF_TRY(write_order(*present));
  return present;
}

Result<void> UploadStore::check_room(const UploadOrder& order) const {
  SKIFF_ASSIGN(const std::vector<Upload> uploads, list());
  std::uint64_t total = 0;
  std::uint64_t own = 0;
  for (const Upload& upload : uploads) {
    total += upload.order.length;
    if (upload.order.user == order.user) own += upload.order.length;
  }
  if (order.length > limits_.total - std::min(total, limits_.total)) {
    return fail(ErrorKind::kLimit, "uploads that no release lists yet would take more than " +
                                       std::to_string(limits_.total) + " bytes in all");
  }
  if (order.length > limits_.per_user - std::min(own, limits_.per_user)) {
    return fail(ErrorKind::kLimit, "uploads of " + order.user +
                                       " that no release lists yet would take more than " +
                                       std::to_string(limits_.per_user) + " bytes");
  }
  std::error_code error;
  const fs::space_info space = fs::space(folder_, error);
  if (!error && space.available < order.length) {
    return fail(ErrorKind::kLimit, "the repository's disk has " + std::to_string(space.available) +
                                       " bytes left, " + std::to_string(order.length) + " are needed");
  }
  return {};
}

bool UploadStore::is_in_repository(const UploadOrder& order) const {
  tuf::Target target;
  target.name = "releases/" + order.name;
  target.hashes["sha256"] = order.sha256.hex();
  std::error_code error;
  return fs::file_size(repository_ / "targets" / target.wire_path(), error) == order.length && !error;
}

Result<UploadProgress> UploadStore::append(const Sha256& sha256, std::uint64_t offset, ByteView piece) {
  const Result<LockedFile> part = LockedFile::open(file(sha256, kPart), O_RDWR);
  SKIFF_ASSIGN(const Upload upload, read(sha256));  // who had the lock may have verified it
  if (upload.is_verified) return UploadProgress{false, upload.offset};
  if (!part) return tl::unexpected<Error>(part.error());
  const std::uint64_t size = part->size();
  if (offset != size) return UploadProgress{false, size};
  if (piece.size() > upload.order.length - std::min(size, upload.order.length)) {
    return fail(ErrorKind::kUsage, "the piece reaches beyond byte " + std::to_string(upload.order.length) +
                                       ", the upload's end");
  }
  if (const int code = write_durably(part->get(), size, piece); code != 0) {
    const bool is_restored = ::ftruncate(part->get(), static_cast<off_t>(size)) == 0;
    return os_error(is_restored ? "write a piece of" : "write, or cut off, a piece of", file(sha256, kPart),
                    code);
  }
  return UploadProgress{true, size + piece.size()};
}

Result<UploadProgress> UploadStore::finish(const Sha256& sha256) {
  const fs::path path = file(sha256, kPart);
  const Result<LockedFile> part = LockedFile::open(path, O_RDWR);
  SKIFF_ASSIGN(const Upload upload, read(sha256));  // who had the lock may have verified it
  if (upload.is_verified) return UploadProgress{true, upload.offset};
  if (!part) return tl::unexpected<Error>(part.error());
  if (part->size() != upload.order.length) return UploadProgress{false, part->size()};
  SKIFF_ASSIGN(const std::unique_ptr<Source> source, open_source(path));
  SKIFF_ASSIGN(const Sha256 found, hash_source(*source, make_sha256));
  if (found != sha256) {
    drop(sha256);
    return fail(ErrorKind::kMismatch, "the bytes that came have the SHA-256 " + found.hex() + ", not " +
                                          sha256.hex() + ": the upload was dropped");
  }
  if (::rename(path.c_str(), file(sha256, kVerified).c_str()) != 0) return os_error("rename", path, errno);
  SKIFF_TRY(sync_folder(folder_));
  return UploadProgress{true, upload.order.length};
}

Result<Upload> UploadStore::read(const Sha256& sha256) const {
  const Result<Bytes> text = read_file(file(sha256, kOrder), kMaxOrder);
  if (!text && text.error().kind == ErrorKind::kNotFound) {
    return fail(ErrorKind::kNotFound, "no upload of " + sha256.hex() + " was begun");
  }
  if (!text) return tl::unexpected<Error>(text.error());
  SKIFF_ASSIGN(const Json json, parse_json(*text));
  Upload upload;
  upload.order.sha256 = sha256;
  SKIFF_ASSIGN(upload.order.name, string_member(json, "name"));
  SKIFF_ASSIGN(upload.order.user, string_member(json, "user"));
  SKIFF_ASSIGN(upload.order.length, unsigned_member(json, "length"));
  SKIFF_ASSIGN(upload.begun, integer_member(json, "begun"));
  std::error_code error;
  upload.offset = fs::file_size(file(sha256, kPart), error);
  upload.is_verified = static_cast<bool>(error);  // what is verified has another name from then on
  if (upload.is_verified) upload.offset = fs::file_size(file(sha256, kVerified), error);
  if (error) return fail(ErrorKind::kNotFound, "no upload of " + sha256.hex() + " was begun");
  return upload;
}

Result<void> UploadStore::write_order(const Upload& upload) const {
  const UploadOrder& order = upload.order;
  const Json json = Json::Object{
      {"name", order.name}, {"user", order.user}, {"length", order.length}, {"begun", upload.begun}};
  return write_file(file(order.sha256, kOrder), as_bytes(json_text(json)));
}

Result<std::set<Sha256>> UploadStore::digests() const {
  std::set<Sha256> digests;
  std::error_code error;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
    const auto sha256 = Sha256::from_hex(entry->path().stem().string());
    if (sha256 && entry->path().extension() == kOrder) digests.insert(*sha256);
  }
  if (error && error != std::errc::no_such_file_or_directory) return os_error("list", folder_, error.value());
  return digests;
}

Result<std::vector<Upload>> UploadStore::list() const {
  SKIFF_ASSIGN(const std::set<Sha256> digests, this->digests());
  std::vector<Upload> uploads;
  for (const Sha256& sha256 : digests) {
    Result<Upload> upload = read(sha256);
    if (!upload && upload.error().kind == ErrorKind::kNotFound) continue;  // moved into targets/
    if (!upload) return tl::unexpected<Error>(upload.error());
    uploads.push_back(*std::move(upload));
  }
  return uploads;
}

Result<std::size_t> UploadStore::expire(std::int64_t now) {
  SKIFF_ASSIGN(const std::set<Sha256> digests, this->digests());
  std::size_t dropped = 0;
  for (const Sha256& sha256 : digests) {
    const Result<Upload> upload = read(sha256);
    const bool is_moved = !upload && upload.error().kind == ErrorKind::kNotFound;
    if (!upload && !is_moved) return tl::unexpected<Error>(upload.error());
    if (!is_moved && upload->begun + limits_.keep.count() > now) continue;
    drop(sha256);
    if (!is_moved) ++dropped;
  }
  return dropped;
}

void UploadStore::drop(const Sha256& sha256) const {
  std::error_code ignored;
  for (const char* const extension : {kOrder, kPart, kVerified}) fs::remove(file(sha256, extension), ignored);
}

}  // namespace skiff::server
