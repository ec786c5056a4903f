#include "trust/rules.hpp"

#include <algorithm>

#include "trust/date.hpp"

namespace skiff::tuf {
namespace {

const KeyRing& ring_of(const Root& root, std::string_view role) { return root.roles.find(role)->second; }

tl::unexpected<Error> older(std::string_view what, std::uint64_t next, std::uint64_t trusted) {
  return fail(ErrorKind::kRollback, std::string(what) + " version " + std::to_string(next) +
                                        " after version " + std::to_string(trusted));
}

bool same_keys(const KeyRing& left, const KeyRing& right) {
  const auto all_in = [](const KeyRing& some, const KeyRing& others) {
    return std::ranges::all_of(some.keys, [&](const auto& entry) {
      return std::ranges::any_of(others.keys,
                                 [&](const auto& other) { return other.second == entry.second; });
    });
  };
  return all_in(left, right) && all_in(right, left);
}

/// Reads the signed part of `envelope` once the signatures hold.
template <typename T>
Result<T> read_verified(const Envelope& envelope, const KeyRing& keys, std::string_view role,
                        Result<T> (*parse)(const Json&)) {
  SKIFF_TRY(envelope.verify(keys, role));
  Result<T> parsed = parse(envelope.signed_part);
  if (!parsed) return fail_with(parsed.error(), role);
  return parsed;
}

Result<Envelope> read_envelope(ByteView untrusted_text, std::string_view role) {
  Result<Envelope> envelope = Envelope::parse(untrusted_text);
  if (!envelope) return fail_with(envelope.error(), role);
  return envelope;
}

}  // namespace

Result<Root> read_first_root(ByteView untrusted_text) {
  SKIFF_ASSIGN(const Envelope envelope, read_envelope(untrusted_text, "root"));
  // Its own keys must be read before they can vouch for it.
  Result<Root> root = parse_root(envelope.signed_part);
  if (!root) return fail_with(root.error(), "root");
  SKIFF_TRY(envelope.verify(ring_of(*root, "root"), "root"));
  return root;
}

Result<Root> read_next_root(const Root& trusted, ByteView untrusted_text) {
  SKIFF_ASSIGN(const Envelope envelope, read_envelope(untrusted_text, "root"));
  SKIFF_ASSIGN(Root next, read_verified(envelope, ring_of(trusted, "root"), "root", parse_root));
  SKIFF_TRY(envelope.verify(ring_of(next, "root"), "root"));
  if (next.header.version <= trusted.header.version) {
    return older("root", next.header.version, trusted.header.version);
  }
  if (next.header.version != trusted.header.version + 1) {
    return fail(ErrorKind::kMismatch, "root version " + std::to_string(next.header.version) +
                                          " does not follow version " +
                                          std::to_string(trusted.header.version));
  }
  return next;
}

bool online_keys_changed(const Root& before, const Root& after) {
  return std::ranges::any_of(std::array{"timestamp", "snapshot"}, [&](std::string_view role) {
    return !same_keys(ring_of(before, role), ring_of(after, role));
  });
}

Result<Timestamp> read_timestamp(const Root& root, ByteView untrusted_text) {
  SKIFF_ASSIGN(const Envelope envelope, read_envelope(untrusted_text, "timestamp"));
  return read_verified(envelope, ring_of(root, "timestamp"), "timestamp", parse_timestamp);
}

Result<Snapshot> read_snapshot(const Root& root, ByteView untrusted_text) {
  SKIFF_ASSIGN(const Envelope envelope, read_envelope(untrusted_text, "snapshot"));
  return read_verified(envelope, ring_of(root, "snapshot"), "snapshot", parse_snapshot);
}

Result<Targets> read_targets(const KeyRing& keys, std::string_view role, ByteView untrusted_text) {
  SKIFF_ASSIGN(const Envelope envelope, read_envelope(untrusted_text, role));
  return read_verified(envelope, keys, role, parse_targets);
}

Result<void> check_advance(const Timestamp& trusted, const Timestamp& next) {
  if (next.header.version < trusted.header.version) {
    return older("timestamp", next.header.version, trusted.header.version);
  }
  if (next.snapshot.version < trusted.snapshot.version) {
    return older("timestamp: snapshot", next.snapshot.version, trusted.snapshot.version);
  }
  return {};
}

Result<void> check_advance(const Snapshot& trusted, const Snapshot& next) {
  if (next.header.version < trusted.header.version) {
    return older("snapshot", next.header.version, trusted.header.version);
  }
  for (const auto& [name, file] : trusted.files) {
    const auto found = next.files.find(name);
    if (found == next.files.end()) return fail(ErrorKind::kRollback, "snapshot no longer lists " + name);
    if (found->second.version < file.version) {
      return older("snapshot: " + name, found->second.version, file.version);
    }
  }
  return {};
}

Result<void> check_version(const Header& header, const FileMeta& listed, std::string_view role) {
  if (header.version == listed.version) return {};
  return fail(ErrorKind::kMismatch, std::string(role) + " version " + std::to_string(header.version) +
                                        " where version " + std::to_string(listed.version) + " is listed");
}

Result<void> check_expiry(const Header& header, std::int64_t now, std::string_view role) {
  if (header.expires > now) return {};
  return fail(ErrorKind::kExpired, std::string(role) + " version " + std::to_string(header.version) +
                                       " expired at " + format_date(header.expires));
}

}  // namespace skiff::tuf
