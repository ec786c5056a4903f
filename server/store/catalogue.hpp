// Catalogue: what the repository on disk has to offer, as published, and its files by the names in URLs.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "skiff/release.hpp"
#include "skiff/repackers.hpp"
#include "skiff/repository.hpp"

namespace skiff::server {

/// A delta as signed metadata offers it, and what its head asks of a device.
struct OfferedDelta {
  DeltaOffer offer;
  Codec codec = Codec::kZstd;
  RepackerVersions repackers{};
};

/// The packed form of a text, made when it is first wanted. Thread-safe.
class PackedForm {
 public:
  /// Null where it could not be made.
  std::shared_ptr<const Source> of(const Source& text);

 private:
  std::once_flag once_;
  std::shared_ptr<const Source> packed_;
};

/// A file that may be served. What may change under its name is kept in memory, with the digest it had then.
struct ServedFile {
  std::filesystem::path path;
  Sha256 sha256;
  std::uint64_t length = 0;
  std::shared_ptr<const Source> in_memory;  ///< null: read from `path`
  bool immutable = true;                    ///< its name changes with its content
  std::shared_ptr<PackedForm> packed;       ///< null: is served only as it is

  /// Its bytes, for as long as they are wanted.
  [[nodiscard]] Result<std::shared_ptr<const Source>> open() const;
};

/// The repository at one moment. Never changes once made.
struct CatalogueView {
  std::vector<Release> releases;
  std::vector<OfferedDelta> deltas;
  std::map<std::string, ServedFile, std::less<>> metadata;  ///< by file name
  std::map<std::string, ServedFile, std::less<>> targets;   ///< by wire path

  /// The image of some release, if this is one.
  [[nodiscard]] const Release* find_image(const Sha256& image) const;
  /// The release of this target name, if there is one.
  [[nodiscard]] const Release* find_release(std::string_view target) const;
  /// The file of such an image in the repository.
  [[nodiscard]] Result<std::shared_ptr<const Source>> open_image(const Release& release) const;
};

/// Thread-safe.
class Catalogue {
 public:
  /// Reads the repository in `folder` for the first time; its errors as Repository::open has them.
  static Result<std::unique_ptr<Catalogue>> open(const std::filesystem::path& folder);

  /// The newest view: reads the repository again if its metadata folder has changed since. Where that fails
  /// the last view stays (a warning is logged), and the next call tries again.
  std::shared_ptr<const CatalogueView> view();

 private:
  /// What is compared to notice a change: builders publish while the server runs.
  struct Stamp {
    std::int64_t folder_changed = 0;     ///< nanoseconds since 1970 UTC
    std::int64_t timestamp_changed = 0;  ///< of timestamp.json
    std::uint64_t timestamp_inode = 0;
    bool operator==(const Stamp&) const = default;
  };

  Catalogue(std::filesystem::path folder, Repository repository)
      : folder_(std::move(folder)), repository_(std::move(repository)) {}
  [[nodiscard]] Result<Stamp> read_stamp() const;
  Result<void> reload();

  std::filesystem::path folder_;
  Repository repository_;  ///< kept open, because it reads only what has changed
  std::mutex mutex_;
  std::shared_ptr<const CatalogueView> view_;
  std::optional<Stamp> stamp_;  ///< none: read again in any case
};

}  // namespace skiff::server
