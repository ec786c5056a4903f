#include "deltas/publisher.hpp"

namespace skiff::server {

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
  SKIFF_TRY(repository.accept(untrusted_files, images));
  return repository.publish(signers(), now);
}

Result<void> Publisher::renew(std::int64_t now) {
  const std::lock_guard lock(mutex_);
  SKIFF_ASSIGN(Repository repository, Repository::open(repository_));
  return repository.renew(signers(), now);
}

}  // namespace skiff::server
