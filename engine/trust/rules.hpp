// The rules by which metadata becomes trusted (TUF specification 5.3 to 5.6), as functions that touch
// nothing.
#pragma once

#include "trust/metadata.hpp"

namespace skiff::tuf {

/// A root that is signed by its own threshold; its date does not matter (5.2).
Result<Root> read_first_root(ByteView untrusted_text);
/// The successor of a trusted root: signed by both thresholds, exactly one version further (5.3.4, 5.3.5).
Result<Root> read_next_root(const Root& trusted, ByteView untrusted_text);
/// Whether timestamp or snapshot have other keys than before: then what the old keys signed is forgotten,
/// which is how a repository recovers from versions that an attacker drove up (5.3.11).
bool online_keys_changed(const Root& before, const Root& after);

/// Metadata with a good signature of the role it is for; versions and dates are not looked at.
Result<Timestamp> read_timestamp(const Root& root, ByteView untrusted_text);
Result<Snapshot> read_snapshot(const Root& root, ByteView untrusted_text);
Result<Targets> read_targets(const KeyRing& keys, std::string_view role, ByteView untrusted_text);

/// kRollback if `next` is older than what was trusted, or takes back what that vouched for (5.4.3, 5.5.5).
Result<void> check_advance(const Timestamp& trusted, const Timestamp& next);
Result<void> check_advance(const Snapshot& trusted, const Snapshot& next);
/// kMismatch unless the version is the one listed (5.5.4, 5.6.4).
Result<void> check_version(const Header& header, const FileMeta& listed, std::string_view role);
/// kExpired unless the date of expiry lies after `now`.
Result<void> check_expiry(const Header& header, std::int64_t now, std::string_view role);

}  // namespace skiff::tuf
