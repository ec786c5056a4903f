// LinkAccount: what the link has carried in this day or month, and why it is not used now; kept over
// restarts.
#pragma once

#include <filesystem>
#include <string>

#include "agent/policy/link_policy.hpp"
#include "agent/system/local_time.hpp"
#include "agent/system/record_pair.hpp"

namespace skiff::agent {

/// The text of the record, `{"bytes":N,"held":"…","period":"2026-11-26"}`.
struct LinkUse {
  std::string period;       ///< "2026-11-26" or "2026-11", local; empty: no clock was set yet
  std::uint64_t bytes = 0;  ///< of all sockets, both ways
  std::string held;         ///< why the device holds its link back, as it was last asked; empty: it does not
  bool operator==(const LinkUse&) const = default;
};

Json link_use_json(const LinkUse& use);

class LinkAccount {
 public:
  /// The use on disk; that of nothing where there is none or it cannot be read.
  static Result<LinkAccount> open(Storage& storage, const std::filesystem::path& state_dir);

  /// Begins a new account where the period is another.
  void see(const LocalTime& now, LinkPolicy::Period period);
  /// On disk there is always as much as was spent, or more: a power cut loses no byte of it. While a file is
  /// fetched, `ahead` bytes more are put down at a time, so that the medium is spared.
  Result<void> spend(std::uint64_t bytes, std::uint64_t ahead);
  /// Puts down exactly what was spent, and why the link is held back.
  Result<void> settle(std::string held);

  [[nodiscard]] const LinkUse& use() const { return use_; }

 private:
  explicit LinkAccount(RecordPair record) : record_(std::move(record)) {}
  Result<void> write(const LinkUse& use);

  RecordPair record_;
  LinkUse use_;
  LinkUse written_;
};

}  // namespace skiff::agent
