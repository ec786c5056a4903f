// MemoryStorage: storage that loses power: what was not synced when it is cut may be lost, kept or torn.
#pragma once

#include <functional>
#include <limits>
#include <map>
#include <random>
#include <variant>

#include "agent/system/storage.hpp"

namespace skiff::testing {

/// What becomes of writes that were not synced when the power went.
enum class Fate { kLost, kKept, kTorn };

class MemoryStorage final : public agent::Storage {
 public:
  Result<std::unique_ptr<agent::DurableFile>> open(const std::filesystem::path& path,
                                                   agent::Access access) override;
  Result<void> replace(const std::filesystem::path& path, ByteView bytes) override;
  Result<void> remove(const std::filesystem::path& path) override;
  Result<std::vector<std::string>> list(const std::filesystem::path& folder) override;

  /// The power goes in the middle of the n-th change from now (1: the next one): it and every call after it
  /// fails.
  void cut_after(std::uint64_t changes) { left_ = changes; }
  /// Power comes back. A torn write keeps each of its 512-byte sectors or not, by `seed`.
  void power_cycle(Fate fate, unsigned seed = 0);
  [[nodiscard]] bool is_dead() const { return dead_; }
  [[nodiscard]] std::uint64_t changes() const { return changes_; }

  /// Syncs of this file do nothing from now on: to prove that a test sees it.
  void elide_sync(const std::filesystem::path& path) { elided_ = path; }
  /// Told of each change in order: "write PATH", "sync PATH", "replace PATH", ….
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
  struct Replace {
    std::optional<Bytes> content;  ///< nullopt: removed
  };
  using Change = std::variant<Write, SetLength, Replace>;
  struct File {
    std::optional<Bytes> durable;
    std::optional<Bytes> live;
    std::vector<Change> pending;
  };

  /// Counts a change; the error of a power cut, or of fail_once().
  Result<void> step(std::string_view what, const std::filesystem::path& path);
  static void apply(std::optional<Bytes>& content, const Change& change);
  void settle(File& file, Fate fate, std::mt19937& random) const;

  std::map<std::filesystem::path, File> files_;
  std::filesystem::path elided_;
  std::pair<std::string, unsigned> failing_;
  std::uint64_t left_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t changes_ = 0;
  bool dead_ = false;
};

}  // namespace skiff::testing
