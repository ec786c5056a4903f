// MemoryStorage: storage that loses power: what was not synced when it is cut may be lost, kept in any part
// and order, or torn.
#pragma once

#include <functional>
#include <limits>
#include <map>
#include <random>
#include <variant>

#include "agent/system/storage.hpp"

namespace skiff::testing {

/// What becomes of changes that were not synced when the power went: of data, and of names in folders.
enum class Fate {
  kLost,
  kKept,
  kSubset,     ///< each is kept or lost
  kTorn,       ///< each sector of 512 bytes of each write is kept or lost
  kReordered,  ///< as kTorn, and writes to one file land in any order
};

/// What a file holds and what its name is are durable apart, as POSIX has it: a file that was synced is lost
/// where its folder was not, and a name that was synced may stand for nothing.
class MemoryStorage final : public agent::Storage {
 public:
  Result<std::unique_ptr<agent::DurableFile>> open(const std::filesystem::path& path,
                                                   agent::Access access) override;
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<void> remove(const std::filesystem::path& path) override;
  Result<void> sync_folder(const std::filesystem::path& folder) override;
  Result<std::vector<std::string>> list(const std::filesystem::path& folder) override;

  /// The power goes in the middle of the n-th change from now (1: the next one): it and every call after it
  /// fails.
  void cut_after(std::uint64_t changes) { left_ = changes; }
  /// Power comes back.
  void power_cycle(Fate fate, unsigned seed = 0);
  [[nodiscard]] bool is_dead() const { return dead_; }
  [[nodiscard]] std::uint64_t changes() const { return changes_; }

  /// This change, a sync as the observer is told of it, does nothing from now on: to prove that a test sees
  /// it. With a slash at the end: all syncs that begin so.
  void elide(const std::string& sync) { elided_ = sync; }
  /// Told of each change in order: "write PATH", "sync PATH", "rename PATH", "sync_folder PATH", ….
  std::function<void(const std::string&)> observer;

  void put(const std::filesystem::path& path, ByteView bytes);
  /// The file as programs see it now; empty if there is none.
  [[nodiscard]] Bytes content(const std::filesystem::path& path) const;
  /// Fails the write or sync of `path` that comes n-th from now, once.
  void fail_once(const std::string& change, unsigned nth) { failing_ = {change, nth}; }

 private:
  friend class MemoryFile;
  struct Write {
    std::uint64_t offset;
    Bytes bytes;
  };
  struct SetLength {
    std::uint64_t length;
  };
  using Change = std::variant<Write, SetLength>;
  struct Content {
    Bytes durable;
    Bytes live;
    std::vector<Change> pending;
  };
  using Names = std::map<std::filesystem::path, std::shared_ptr<Content>>;
  /// Happens as a whole: names that stand for something else from then on, or (null) for nothing.
  using NameChange = std::vector<std::pair<std::filesystem::path, std::shared_ptr<Content>>>;

  /// Counts a change; the error of a power cut, or of fail_once().
  Result<void> step(std::string_view what, const std::filesystem::path& path);
  [[nodiscard]] bool is_elided(const std::string& sync) const {
    return elided_.ends_with('/') ? sync.starts_with(elided_) : sync == elided_;
  }
  Result<void> change_names(std::string_view what, const std::filesystem::path& path, NameChange change);
  static void apply(Bytes& content, const Change& change);
  static void apply(Names& names, const NameChange& change);
  static void settle(Content& content, Fate fate, std::mt19937& random);

  Names live_;
  Names durable_;
  std::vector<NameChange> pending_;
  std::string elided_;
  std::pair<std::string, unsigned> failing_;
  std::uint64_t left_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t changes_ = 0;
  bool dead_ = false;
};

}  // namespace skiff::testing
