// Permits: which release a slot may be armed with, by signed metadata that the warden verifies itself.
#pragma once

#include <functional>

#include "agent/config.hpp"
#include "agent/system/record_pair.hpp"
#include "skiff/release.hpp"

namespace skiff::agent {

/// Seconds since 1970 UTC as the real-time clock has them.
using WallClock = std::function<std::int64_t()>;

/// Kept in warden.state, which is root's alone: trusted metadata in `metadata/`, and in the file `permits`
/// what was permitted and armed, and the floor of release counters. The agent brings metadata and names a
/// release; it decides nothing. Its own folder is neither read nor written.
class Permits {
 public:
  /// Makes what is not there; the first trusted root is warden.root. Configuration and storage outlive it.
  static Result<Permits> open(const Config& config, Storage& storage, WallClock wall);

  /// Refreshes the metadata by what `agent` brings, and asks it for the release: from then on that one, and
  /// no other, may be armed. An error as authorise_release() has them.
  Result<void> permit(std::string_view release, tuf::Fetcher& agent);
  /// Reads the slot back. kMismatch: it is not the image that is permitted, or none is.
  Result<void> check(const std::filesystem::path& slot) const;
  /// The release that is permitted is the one on trial from now on.
  Result<void> note_arming();
  /// No release below the one on trial is permitted any more.
  Result<void> note_commit();

 private:
  struct Record {
    std::optional<ImageId> image;  ///< that is permitted
    std::uint64_t counter = 0;     ///< of the release with it
    std::uint64_t on_trial = 0;    ///< counter of the release that was armed last
    std::uint64_t floor = 0;
    std::int64_t good_time = 0;  ///< when metadata was last fresh, by trusted_time()
  };

  Permits(const Config& config, Storage& storage, WallClock wall, RecordPair file)
      : config_(&config), storage_(&storage), wall_(std::move(wall)), file_(std::move(file)) {}
  static std::string text_of(const Record& record);
  static Result<Record> parse(std::string_view text);
  Result<void> save(Record next);
  [[nodiscard]] std::filesystem::path metadata_dir() const { return config_->warden.state / "metadata"; }

  const Config* config_;
  Storage* storage_;
  WallClock wall_;
  RecordPair file_;
  Record record_;
};

}  // namespace skiff::agent
