// RepositoryFolder: the files of a repository, how they appear and who may write them.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>

#include "skiff/io.hpp"

namespace skiff {

/// A copy that is on disk but not yet part of the repository; removed unless it is placed.
class StagedFile {
 public:
  StagedFile(std::filesystem::path path, std::uint64_t length, const Sha256& digest)
      : path_(std::move(path)), length_(length), sha256_(digest) {}
  StagedFile(StagedFile&& other) noexcept;
  StagedFile& operator=(StagedFile&&) = delete;
  ~StagedFile();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::uint64_t length() const { return length_; }
  [[nodiscard]] const Sha256& sha256() const { return sha256_; }
  /// Read-only and durable at its place; one that is there already has this hash and is replaced.
  Result<void> place(const std::filesystem::path& destination);

 private:
  std::filesystem::path path_;  ///< empty once placed
  std::uint64_t length_;
  Sha256 sha256_;
};

/// The block tree of an image, see block_tree.hpp.
struct StagedTree {
  StagedFile file;
  Sha256 root;
};

/// Paths, atomic writes and the writers' lock. Thread-safe: it has no state but its path.
class RepositoryFolder {
 public:
  explicit RepositoryFolder(std::filesystem::path path) : path_(std::move(path)) {}

  /// Makes the folders; what is there stays.
  [[nodiscard]] Result<void> create() const;
  /// Waits until no other writer, thread or process, is in; the lock ends with the handle.
  [[nodiscard]] Result<std::shared_ptr<void>> lock() const;

  /// The highest version of every role that has one, by the name of the role's file without its version:
  /// "targets.json".
  [[nodiscard]] Result<std::map<std::string, std::uint64_t, std::less<>>> newest_versions() const;
  /// The highest version of a role that has a file; 0 if none has.
  [[nodiscard]] Result<std::uint64_t> newest_version(std::string_view role) const;
  [[nodiscard]] Result<Bytes> read_metadata(const std::string& name) const;
  [[nodiscard]] Result<void> write_metadata(const std::string& name, ByteView text) const;
  /// Whether it was there and is no more.
  [[nodiscard]] bool remove_metadata(const std::string& name) const;

  /// Copies a source of any length, hashing what it copies.
  [[nodiscard]] Result<StagedFile> stage(const Source& source) const;
  /// Makes the block tree of an image.
  [[nodiscard]] Result<StagedTree> stage_tree(const Source& image) const;
  /// Moves a file of the same file system to its place: read-only and durable, in place of one that is there.
  static Result<void> place(const std::filesystem::path& file, const std::filesystem::path& destination);
  /// Where a target with this hash is, as tuf::Target::wire_path() says.
  [[nodiscard]] std::filesystem::path target_file(std::string_view target, const Sha256& digest) const;
  /// Removes the files in targets/ of which `is_waste` says so; how many bytes they had. Needs the lock.
  [[nodiscard]] Result<std::uint64_t> remove_targets(
      const std::function<bool(const std::filesystem::path&)>& is_waste) const;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  [[nodiscard]] std::filesystem::path new_stage() const;

  std::filesystem::path path_;
};

}  // namespace skiff
