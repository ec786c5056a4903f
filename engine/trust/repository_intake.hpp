// Intake: versions of offline metadata on their way into a repository. They are tried on a copy of its
// metadata first, so that all come in or none.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "skiff/repository.hpp"
#include "trust/repository_state.hpp"

namespace skiff {

/// The role and version of "<version>.<role>.json"; version 0 for any other name.
std::pair<std::string, std::uint64_t> parse_role_file_name(const std::string& name);

/// A copy of the newest metadata that goes away with it.
class MetadataCopy {
 public:
  /// Empty, below the repository.
  static Result<MetadataCopy> create(const RepositoryFolder& of);
  MetadataCopy(MetadataCopy&& other) noexcept;
  MetadataCopy& operator=(MetadataCopy&&) = delete;
  ~MetadataCopy();
  [[nodiscard]] const RepositoryFolder& folder() const { return folder_; }

 private:
  explicit MetadataCopy(std::filesystem::path path) : folder_(std::move(path)) {}
  RepositoryFolder folder_;
  bool is_owner_ = true;
};

/// Needs the lock of the repository for as long as it lives.
class Intake {
 public:
  static Result<Intake> begin(const RepositoryFolder& folder);

  /// kSignature unless the thresholds of the repository's own metadata, and of what was added before, are
  /// met; kMismatch or kFormat if it does not follow the newest version.
  Result<void> add(const SignRequest& request);
  /// Metadata files by name, as role_files() gives them; those that the repository has already are passed
  /// over.
  Result<void> add(const Json::Object& untrusted_files);
  /// Takes all in. Refuses what add_release() would (kUsage, kRollback), and a release whose image is neither
  /// in targets/ nor, by its SHA-256 in hexadecimal, in `images`, from where it is moved (kNotFound); then
  /// nothing is changed.
  Result<void> commit(const std::filesystem::path& images);

 private:
  Intake(const RepositoryFolder& folder, MetadataCopy trial, std::vector<Release> present)
      : folder_(folder), trial_(std::move(trial)), present_(std::move(present)) {}
  Result<void> add_file(const std::string& name, const Json& untrusted_file);
  Result<void> write(const std::string& role, const Json& part, std::string text);
  [[nodiscard]] Result<std::vector<Release>> new_releases() const;

  const RepositoryFolder& folder_;
  MetadataCopy trial_;
  std::vector<Release> present_;
  std::vector<std::pair<std::string, std::string>> files_;  ///< names and texts, in order
};

}  // namespace skiff
