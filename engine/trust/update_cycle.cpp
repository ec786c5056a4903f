#include "trust/update_cycle.hpp"

#include <algorithm>

#include "trust/file_names.hpp"

namespace skiff::tuf {
namespace {

/// What is cached may be unreadable for good reasons (keys changed, a file of an older version of Skiff):
/// then it is as if it were not there. But a disk that cannot be read must not look like a device that never
/// saw an update.
template <typename T>
Result<std::optional<T>> usable(const Result<std::optional<Bytes>>& cached, auto read) {
  if (!cached) {
    if (cached.error().kind == ErrorKind::kLimit) return std::optional<T>();
    return tl::unexpected<Error>(cached.error());
  }
  if (!*cached) return std::optional<T>();
  Result<T> value = read(ByteView(**cached));
  return value ? std::optional<T>(std::move(*value)) : std::optional<T>();
}

}  // namespace

Result<Bytes> UpdateCycle::fetch(const std::string& name, std::uint64_t max_length) {
  SKIFF_ASSIGN(std::optional<Bytes> bytes, fetcher_->fetch(name, max_length));
  if (!bytes) return fail(ErrorKind::kNotFound, "the repository has no " + name);
  if (bytes->size() > max_length) {
    return fail(ErrorKind::kLimit, name + " is longer than " + std::to_string(max_length) + " bytes");
  }
  return std::move(*bytes);
}

Result<Bytes> UpdateCycle::fetch_listed(std::string_view role, const FileMeta& listed, std::uint64_t limit) {
  const std::string name =
      root_.consistent_snapshot ? versioned_file_name(role, listed.version) : file_name(role);
  SKIFF_ASSIGN(Bytes bytes, fetch(name, std::min(limit, listed.length.value_or(limit))));
  SKIFF_TRY(check_file(listed, bytes, name));
  return bytes;
}

Result<void> UpdateCycle::refresh() {
  timestamp_.reset();
  snapshot_.reset();
  top_ = nullptr;
  targets_.clear();
  SKIFF_TRY(walk_roots());
  SKIFF_TRY(check_expiry(root_.header, options_.now, "root"));
  SKIFF_TRY(update_timestamp());
  SKIFF_TRY(update_snapshot());
  SKIFF_ASSIGN(top_, update_targets("targets", root_.roles.find("targets")->second, "root"));
  return {};
}

Result<void> UpdateCycle::walk_roots() {
  // A longer chain than the limit is walked on in the next cycle, from the root persisted here.
  for (std::uint32_t step = 0; step < options_.limits.root_steps; ++step) {
    const std::string name = versioned_file_name("root", root_.header.version + 1);
    const Result<Bytes> bytes = fetch(name, options_.limits.root);
    if (!bytes && bytes.error().kind == ErrorKind::kNotFound) return {};
    if (!bytes) return tl::unexpected<Error>(bytes.error());
    SKIFF_ASSIGN(Root next, read_next_root(root_, *bytes));
    if (online_keys_changed(root_, next)) {
      // Before the root is persisted: cut off in between, the next cycle comes by here again.
      SKIFF_TRY(store_.forget("timestamp"));
      SKIFF_TRY(store_.forget("snapshot"));
    }
    SKIFF_TRY(store_.save("root", *bytes));
    root_ = std::move(next);
  }
  return {};
}

Result<void> UpdateCycle::update_timestamp() {
  const auto read = [&](ByteView bytes) { return read_timestamp(root_, bytes); };
  const auto cached = store_.load("timestamp", options_.limits.timestamp);
  SKIFF_ASSIGN(timestamp_, usable<Timestamp>(cached, read));
  SKIFF_ASSIGN(const Bytes bytes, fetch(file_name("timestamp"), options_.limits.timestamp));
  SKIFF_ASSIGN(Timestamp next, read(bytes));
  if (timestamp_) SKIFF_TRY(check_advance(*timestamp_, next));
  if (!timestamp_ || next.header.version != timestamp_->header.version) {
    SKIFF_TRY(check_expiry(next.header, options_.now, "timestamp"));
    SKIFF_TRY(store_.save("timestamp", bytes));
    timestamp_ = std::move(next);
  }
  return check_expiry(timestamp_->header, options_.now, "timestamp");
}

Result<void> UpdateCycle::update_snapshot() {
  const FileMeta& listed = timestamp_->snapshot;
  const auto read = [&](ByteView bytes) { return read_snapshot(root_, bytes); };
  const auto stored = store_.load("snapshot", options_.limits.snapshot);
  SKIFF_ASSIGN(std::optional<Snapshot> cached, usable<Snapshot>(stored, read));
  if (cached && check_version(cached->header, listed, "snapshot") &&
      check_file(listed, **stored, "snapshot") && check_expiry(cached->header, options_.now, "snapshot")) {
    snapshot_ = std::move(cached);
    return {};
  }
  SKIFF_ASSIGN(const Bytes bytes, fetch_listed("snapshot", listed, options_.limits.snapshot));
  SKIFF_ASSIGN(Snapshot next, read(bytes));
  SKIFF_TRY(check_version(next.header, listed, "snapshot"));
  if (cached) SKIFF_TRY(check_advance(*cached, next));
  SKIFF_TRY(check_expiry(next.header, options_.now, "snapshot"));
  SKIFF_TRY(store_.save("snapshot", bytes));
  snapshot_ = std::move(next);
  return {};
}

std::optional<Targets> UpdateCycle::cached_targets(std::string_view role, const KeyRing& keys,
                                                   const FileMeta& listed) const {
  const auto stored = store_.load(role, options_.limits.targets);
  if (!stored || !*stored || !check_file(listed, **stored, role)) return std::nullopt;
  Result<Targets> cached = read_targets(keys, role, **stored);
  if (!cached || !check_version(cached->header, listed, role) ||
      !check_expiry(cached->header, options_.now, role)) {
    return std::nullopt;
  }
  return std::move(*cached);
}

Result<const Targets*> UpdateCycle::update_targets(std::string_view role, const KeyRing& keys,
                                                   const std::string& delegator) {
  const std::pair<std::string, std::string> place(role, delegator);
  if (const auto known = targets_.find(place); known != targets_.end()) return &known->second;
  const auto listed = snapshot_->files.find(std::string(role) + ".json");
  if (listed == snapshot_->files.end()) {
    return fail(ErrorKind::kNotFound, "the snapshot does not list the role " + std::string(role));
  }
  if (std::optional<Targets> cached = cached_targets(role, keys, listed->second)) {
    return &targets_.emplace(place, std::move(*cached)).first->second;
  }
  SKIFF_ASSIGN(const Bytes bytes, fetch_listed(role, listed->second, options_.limits.targets));
  SKIFF_ASSIGN(Targets next, read_targets(keys, role, bytes));
  SKIFF_TRY(check_version(next.header, listed->second, role));
  SKIFF_TRY(check_expiry(next.header, options_.now, role));
  SKIFF_TRY(store_.save(role, bytes));
  return &targets_.emplace(place, std::move(next)).first->second;
}

}  // namespace skiff::tuf
