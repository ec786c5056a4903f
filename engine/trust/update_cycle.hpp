// UpdateCycle: one pass of the client workflow, from the trusted root to trusted targets (TUF
// specification 5.2 to 5.6).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "trust/metadata_store.hpp"
#include "trust/rules.hpp"

namespace skiff::tuf {

/// What is newly trusted is on disk before anything is decided by it. What is on disk serves only after it
/// was verified again, against whoever vouches for it now.
class UpdateCycle {
 public:
  UpdateCycle(ClientOptions options, Fetcher& fetcher, Root root)
      : options_(std::move(options)),
        store_(options_.metadata_dir, options_.files),
        fetcher_(&fetcher),
        root_(std::move(root)) {}

  UpdateCycle(const UpdateCycle&) = delete;
  UpdateCycle& operator=(const UpdateCycle&) = delete;

  /// Root, timestamp, snapshot and top-level targets, in that order.
  Result<void> refresh();
  [[nodiscard]] bool is_fresh() const { return snapshot_.has_value() && top_ != nullptr; }

  /// The top-level targets; only if is_fresh().
  [[nodiscard]] const Targets& top() const { return *top_; }
  /// A targets role's metadata, verified against the keys that `delegator` gives it. The reference is good
  /// until the next refresh.
  Result<const Targets*> update_targets(std::string_view role, const KeyRing& keys,
                                        const std::string& delegator);
  [[nodiscard]] bool has_consistent_snapshots() const { return root_.consistent_snapshot; }
  [[nodiscard]] const Limits& limits() const { return options_.limits; }

 private:
  Result<void> walk_roots();
  Result<void> update_timestamp();
  Result<void> update_snapshot();
  [[nodiscard]] std::optional<Targets> cached_targets(std::string_view role, const KeyRing& keys,
                                                      const FileMeta& listed) const;

  /// A file that must be there (else kNotFound), and no longer than allowed whatever the fetcher does.
  Result<Bytes> fetch(const std::string& name, std::uint64_t max_length);
  /// The file of a listed version: its length and hashes hold.
  Result<Bytes> fetch_listed(std::string_view role, const FileMeta& listed, std::uint64_t limit);

  ClientOptions options_;
  MetadataStore store_;
  Fetcher* fetcher_;
  Root root_;
  std::optional<Timestamp> timestamp_;
  std::optional<Snapshot> snapshot_;
  const Targets* top_ = nullptr;
  std::map<std::pair<std::string, std::string>, Targets> targets_;  ///< by role and delegator
};

}  // namespace skiff::tuf
