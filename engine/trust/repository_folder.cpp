#include "trust/repository_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "skiff/block_tree.hpp"
#include "skiff/files.hpp"
#include "skiff/trust.hpp"
#include "skiff/tuf.hpp"
#include "trust/file_names.hpp"

namespace skiff {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kCopyBlock = std::uint64_t{1} << 20;
constexpr std::uint64_t kMaxMetadata = std::uint64_t{64} << 20;
constexpr std::size_t kStageNameBytes = 16;

tl::unexpected<Error> os_error(std::string_view action, const fs::path& path) {
  const int code = errno;
  return fail(ErrorKind::kIo,
              "cannot " + std::string(action) + " " + path.string() + ": " + std::strerror(code));
}

/// An open file that holds the writers' lock.
class LockFile {
 public:
  explicit LockFile(int file) : file_(file) {}
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  ~LockFile() {
    if (file_ >= 0) ::close(file_);
  }
  [[nodiscard]] bool wait() const {
    int outcome = 0;
    do {
      outcome = file_ < 0 ? -1 : ::flock(file_, LOCK_EX);
    } while (outcome != 0 && errno == EINTR && file_ >= 0);
    return outcome == 0;
  }

 private:
  int file_;
};

Result<void> copy(const Source& source, Sink& sink) {
  Bytes block(static_cast<std::size_t>(std::min(kCopyBlock, source.size())));
  for (std::uint64_t at = 0; at < source.size(); at += block.size()) {
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), source.size() - at));
    const MutableBytes part = MutableBytes(block).first(length);
    SKIFF_TRY(source.read_at(at, part));
    SKIFF_TRY(sink.write(part));
  }
  return {};
}

/// The version and the rest of "<version>.<rest>"; version 0 for any other name.
std::pair<std::uint64_t, std::string_view> version_in(std::string_view name) {
  std::uint64_t version = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), version);
  const std::string_view after = name.substr(static_cast<std::size_t>(end - name.data()));
  if (error != std::errc() || !after.starts_with('.')) return {};
  return {version, after.substr(1)};
}

}  // namespace

StagedFile::StagedFile(StagedFile&& other) noexcept
    : path_(std::exchange(other.path_, fs::path())), length_(other.length_), sha256_(other.sha256_) {}

StagedFile::~StagedFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<void> StagedFile::place(const fs::path& destination) {
  SKIFF_TRY(RepositoryFolder::place(path_, destination));
  path_.clear();
  return {};
}

Result<void> RepositoryFolder::place(const fs::path& file, const fs::path& destination) {
  if (::chmod(file.c_str(), 0444) != 0) return os_error("protect", file);
  if (::rename(file.c_str(), destination.c_str()) != 0) return os_error("put in place", destination);
  return sync_folder(destination.parent_path());
}

Result<void> RepositoryFolder::create() const {
  for (const char* const folder : {"metadata", "targets/releases", "targets/deltas", "incoming"}) {
    std::error_code error;
    fs::create_directories(path_ / folder, error);
    if (error)
      return fail(ErrorKind::kIo, "cannot create " + (path_ / folder).string() + ": " + error.message());
  }
  return {};
}

Result<std::shared_ptr<void>> RepositoryFolder::lock() const {
  const fs::path file = path_ / "lock";
  const auto lock = std::make_shared<LockFile>(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock->wait()) return os_error("lock", file);
  return lock;
}

Result<std::map<std::string, std::uint64_t, std::less<>>> RepositoryFolder::newest_versions() const {
  std::map<std::string, std::uint64_t, std::less<>> newest;
  std::error_code error;
  for (fs::directory_iterator entry(path_ / "metadata", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const auto [version, rest] = version_in(name);
    if (version == 0) continue;
    std::uint64_t& known = newest[std::string(rest)];
    known = std::max(known, version);
  }
  if (error) return fail(ErrorKind::kNotFound, "no repository in " + path_.string() + ": " + error.message());
  return newest;
}

Result<std::uint64_t> RepositoryFolder::newest_version(std::string_view role) const {
  SKIFF_ASSIGN(const auto versions, newest_versions());
  const auto found = versions.find(tuf::file_name(role));
  return found == versions.end() ? 0 : found->second;
}

Result<Bytes> RepositoryFolder::read_metadata(const std::string& name) const {
  return read_file(path_ / "metadata" / name, kMaxMetadata);
}

Result<void> RepositoryFolder::write_metadata(const std::string& name, ByteView text) const {
  return write_file(path_ / "metadata" / name, text);
}

bool RepositoryFolder::remove_metadata(const std::string& name) const {
  std::error_code error;
  return fs::remove(path_ / "metadata" / name, error);
}

Result<StagedFile> RepositoryFolder::stage(const Source& source) const {
  const fs::path path = new_stage();
  SKIFF_ASSIGN(const std::unique_ptr<FileSink> file, create_file(path));
  HashingSink hashing(file.get(), make_sha256);
  SKIFF_TRY(copy(source, hashing));
  SKIFF_TRY(file->commit());
  return StagedFile(path, source.size(), hashing.finish());
}

Result<StagedTree> RepositoryFolder::stage_tree(const Source& image) const {
  const fs::path path = new_stage();
  SKIFF_ASSIGN(const std::unique_ptr<FileSink> file, create_file(path));
  HashingSink hashing(file.get(), make_sha256);
  SKIFF_ASSIGN(const Sha256 root, write_block_tree(image, hashing));
  SKIFF_TRY(file->commit());
  return StagedTree{StagedFile(path, tree_length(image.size()), hashing.finish()), root};
}

Result<std::uint64_t> RepositoryFolder::remove_targets(
    const std::function<bool(const fs::path&)>& is_waste) const {
  std::uint64_t removed = 0;
  std::error_code error;
  std::vector<fs::path> waste;
  for (fs::recursive_directory_iterator entry(path_ / "targets", error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_regular_file(error) && is_waste(entry->path())) waste.push_back(entry->path());
  }
  for (auto file = waste.begin(); !error && file != waste.end(); ++file) {
    const std::uint64_t length = fs::file_size(*file, error);
    if (!error && fs::remove(*file, error)) removed += length;
  }
  if (error)
    return fail(ErrorKind::kIo, "cannot tidy " + (path_ / "targets").string() + ": " + error.message());
  return removed;
}

fs::path RepositoryFolder::new_stage() const {
  return path_ / "incoming" / to_hex(random_bytes(kStageNameBytes));
}

fs::path RepositoryFolder::target_file(std::string_view target, const Sha256& digest) const {
  tuf::Target named;
  named.name = target;
  named.hashes["sha256"] = digest.hex();
  return path_ / "targets" / named.wire_path();
}

}  // namespace skiff
