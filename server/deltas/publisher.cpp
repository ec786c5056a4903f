#include "deltas/publisher.hpp"

#include "event_log.hpp"

namespace skiff::server {
namespace {

constexpr std::uint64_t kOnlineRoles = 1 << 20;  // bytes: more than a new snapshot and timestamp take

/// The error of a folder that takes no `wanted` bytes is that its disk is full.
tl::unexpected<Error> fail_of_room(const Error& error, const std::filesystem::path& folder,
                                   std::uint64_t wanted) {
  std::error_code unknown;
  const std::filesystem::space_info space = std::filesystem::space(folder, unknown);
  if (error.kind != ErrorKind::kIo || unknown || space.available >= wanted) return tl::unexpected(error);
  log_event(Severity::kError, "publish-failed", {{"error", error.text()}});
  return fail(ErrorKind::kLimit,
              "the repository's disk is full: " + std::to_string(space.available) + " bytes are left");
}

}  // namespace

Result<OnlineKeys> load_online_keys(const std::filesystem::path& folder, std::string_view passphrase) {
  OnlineKeys keys;
  SKIFF_ASSIGN(keys.deltas, load_key(folder / "deltas.key", passphrase));
  SKIFF_ASSIGN(keys.snapshot, load_key(folder / "snapshot.key", passphrase));
  SKIFF_ASSIGN(keys.timestamp, load_key(folder / "timestamp.key", passphrase));
  return keys;
}

Repository::Signers Publisher::signers() const {
  return {keys_.deltas.get(), keys_.snapshot.get(), keys_.timestamp.get()};
}

Result<DeltaOffer> Publisher::add(const Source& delta, std::int64_t now) {
  const std::lock_guard lock(mutex_);
  SKIFF_ASSIGN(Repository repository, Repository::open(repository_));
  SKIFF_ASSIGN(DeltaOffer offer, repository.add_delta(delta, "", signers(), now));
  SKIFF_TRY(repository.publish_deltas(signers(), now));
  return offer;
}

Result<std::uint64_t> Publisher::drop(const std::vector<std::string>& targets, std::int64_t now) {
  const std::lock_guard lock(mutex_);
  SKIFF_ASSIGN(Repository repository, Repository::open(repository_));
  SKIFF_TRY(repository.drop_deltas(targets, signers(), now));
  SKIFF_TRY(repository.publish_deltas(signers(), now));
  return repository.remove_unlisted();
}

Result<void> Publisher::accept(const Json::Object& untrusted_files, const std::filesystem::path& images,
                               std::int64_t now) {
  const std::lock_guard lock(mutex_);
  SKIFF_ASSIGN(Repository repository, Repository::open(repository_));
  Result<void> done = repository.accept(untrusted_files, images);
  if (done) done = repository.publish(signers(), now);
  if (done) return {};
  return fail_of_room(done.error(), repository_, json_text(Json(untrusted_files)).size() + kOnlineRoles);
}

Result<void> Publisher::renew(std::int64_t now) {
  const std::lock_guard lock(mutex_);
  SKIFF_ASSIGN(Repository repository, Repository::open(repository_));
  return repository.renew(signers(), now);
}

}  // namespace skiff::server
