#include "skiff/repository.hpp"

#include <algorithm>
#include <mutex>
#include <set>

#include "skiff/block_tree.hpp"
#include "trust/file_names.hpp"
#include "trust/release_json.hpp"
#include "trust/release_names.hpp"
#include "trust/release_rules.hpp"
#include "trust/repository_copy.hpp"
#include "trust/repository_folder.hpp"
#include "trust/repository_init.hpp"
#include "trust/repository_intake.hpp"
#include "trust/repository_proposal.hpp"
#include "trust/repository_publish.hpp"
#include "trust/repository_state.hpp"
#include "trust/semantic_version.hpp"

namespace skiff {
namespace {

Release release_of(const NewRelease& added, const StagedFile& image, std::int64_t now) {
  Release release;
  release.target = std::string(kReleasesRole) + "/" + added.name;
  release.hardware = added.hardware;
  release.version = added.version;
  release.release_counter = added.release_counter;
  release.image = {image.length(), image.sha256()};
  release.issued = now;
  return release;
}

/// A release whose image is in the repository, and the parts that list it, to be signed.
struct PlacedRelease {
  Release release;
  std::vector<RolePart> parts;
};

/// Puts a staged image among the targets if the release may follow those of `state`. Needs the folder's lock.
Result<PlacedRelease> place_release(const RepositoryFolder& folder, const RepositoryState& state,
                                    const NewRelease& added, StagedFile staged, std::int64_t now) {
  SKIFF_ASSIGN(const std::vector<Release> present, state.releases.list(folder));
  SKIFF_TRY(check_successor(present, added));
  PlacedRelease placed{.release = release_of(added, staged, now), .parts = {}};
  const Release& release = placed.release;
  SKIFF_TRY(staged.place(folder.target_file(release.target, release.image.sha256)));
  SKIFF_ASSIGN(placed.parts, state.releases.with(folder, {&release, 1}, state.release_keys, now));
  return placed;
}

Result<DeltaOffer> offer_of(const StagedFile& staged, std::string_view min_agent) {
  SKIFF_ASSIGN(const std::unique_ptr<Source> delta, open_source(staged.path()));
  SKIFF_ASSIGN(const DeltaInfo info, read_delta_info(*delta));
  DeltaOffer offer;
  offer.target = delta_target(info.base, info.result);
  offer.length = staged.length();
  offer.sha256 = staged.sha256();
  offer.base = info.base;
  offer.result = info.result;
  SKIFF_ASSIGN(offer.frames_root, frames_root(*delta, make_sha256));
  offer.frames = info.frames.size();
  offer.format = info.format;
  offer.decoder_memory = memory_to_apply(info);
  offer.min_agent = min_agent;
  return offer;
}

/// Puts the block tree of a released base beside its image. Nothing where no release has this image.
Result<std::optional<StoredBase>> store_tree(const RepositoryFolder& folder, const RepositoryState& state,
                                             const ImageId& base) {
  SKIFF_ASSIGN(const std::vector<Release> releases, state.releases.list(folder));
  const auto release = std::ranges::find(releases, base, &Release::image);
  if (release == releases.end()) return std::optional<StoredBase>();
  SKIFF_ASSIGN(const auto image, open_source(folder.target_file(release->target, base.sha256)));
  SKIFF_ASSIGN(StagedTree staged, folder.stage_tree(*image));
  const StoredBase stored{release->target, staged.root, staged.file.sha256()};
  SKIFF_TRY(staged.file.place(folder.path() / "targets" / stored.tree_wire_path()));
  return stored;
}

Result<void> check_is_released(const RepositoryFolder& folder, const RepositoryState& state,
                               const ImageId& image) {
  SKIFF_ASSIGN(const std::vector<Release> releases, state.releases.list(folder));
  if (std::ranges::find(releases, image, &Release::image) != releases.end()) return {};
  return fail(ErrorKind::kMismatch, "the delta ends in no released image: " + image.sha256.hex());
}

/// Signs all parts of `releases` and its bins, none larger than devices will read, and then writes them.
Result<void> write_releases(const RepositoryFolder& folder, const RepositoryState& state,
                            const std::vector<RolePart>& parts, const SignerList& signers) {
  std::vector<SignedRole> signed_roles;
  for (const auto& [role, part] : parts) {
    const auto& bins = state.releases.bins;
    const tuf::KeyRing& keys = role != kReleasesRole && bins ? bins->keys : state.release_keys;
    SKIFF_ASSIGN(signed_roles.emplace_back(), sign_role(part, keys, role, signers));
    const std::size_t length = signed_roles.back().text.size();
    if (length > tuf::Limits().targets) {
      return fail(ErrorKind::kLimit,
                  role + ": its metadata would be " + std::to_string(length) + " bytes long");
    }
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const SignedRole& next = signed_roles[i];
    SKIFF_TRY(folder.write_metadata(tuf::versioned_file_name(parts[i].role, next.header.version), next.text));
  }
  return {};
}

/// The newest deltas, a version further where they age.
Result<DeltaRoles> fresh_deltas(const RepositoryFolder& folder, const RepositoryState& newest,
                                const SignerList& signers, std::int64_t now) {
  DeltaRoles deltas = newest.deltas;
  SKIFF_TRY(deltas.renew(folder, {newest.delta_keys, signers, now}));
  return deltas;
}

}  // namespace

class Repository::Impl {
 public:
  explicit Impl(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] const RepositoryFolder& folder() const { return folder_; }

  // What was published when it was read last.
  std::mutex published;
  ReadBins<Release> releases;
  ReadBins<DeltaOffer> deltas;

 private:
  RepositoryFolder folder_;
};

Repository::Repository(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Repository::~Repository() = default;
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;

Result<Repository> Repository::init(const std::filesystem::path& folder, const RepositoryRoles& roles,
                                    const Signers& signers, std::int64_t now) {
  auto impl = std::make_unique<Impl>(folder);
  SKIFF_TRY(impl->folder().create());
  SKIFF_ASSIGN(const std::shared_ptr<void> lock, impl->folder().lock());
  SKIFF_ASSIGN(const std::uint64_t version, impl->folder().newest_version("root"));
  if (version != 0) return fail(ErrorKind::kUsage, folder.string() + " is a repository already");
  SKIFF_TRY(write_first_versions(impl->folder(), roles, signers, now));
  return Repository(std::move(impl));
}

Result<Repository> Repository::open(const std::filesystem::path& folder) {
  auto impl = std::make_unique<Impl>(folder);
  SKIFF_TRY(RepositoryState::load(impl->folder()));
  return Repository(std::move(impl));
}

Result<Release> Repository::add_release(const NewRelease& added, const Source& image, const Signers& signers,
                                        std::int64_t now) {
  SKIFF_TRY(check_fields(added));
  {
    // Asked before the long copy, which needs no lock, and again after it.
    SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(impl_->folder()));
    SKIFF_TRY(check_signers(state.release_keys, kReleasesRole, signers));
    SKIFF_ASSIGN(const std::vector<Release> present, state.releases.list(impl_->folder()));
    SKIFF_TRY(check_successor(present, added));
  }
  SKIFF_ASSIGN(StagedFile staged, impl_->folder().stage(image));
  SKIFF_ASSIGN(const std::shared_ptr<void> lock, impl_->folder().lock());
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(impl_->folder()));
  SKIFF_ASSIGN(const PlacedRelease placed,
               place_release(impl_->folder(), state, added, std::move(staged), now));
  SKIFF_TRY(write_releases(impl_->folder(), state, placed.parts, signers));
  return placed.release;
}

Result<std::vector<SignRequest>> Repository::propose_release(const NewRelease& added, const Source& image,
                                                             std::int64_t now) {
  SKIFF_TRY(check_fields(added));
  SKIFF_ASSIGN(StagedFile staged, impl_->folder().stage(image));
  SKIFF_ASSIGN(const std::shared_ptr<void> lock, impl_->folder().lock());
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(impl_->folder()));
  SKIFF_ASSIGN(PlacedRelease placed, place_release(impl_->folder(), state, added, std::move(staged), now));
  return propose_all(impl_->folder(), std::move(placed.parts));
}

Result<std::vector<SignRequest>> Repository::propose_keys(const KeyChange& change, std::int64_t now) {
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(impl_->folder()));
  SKIFF_ASSIGN(std::vector<RolePart> parts,
               next_parts(impl_->folder(), state, delegator_of(change.role), now));
  SKIFF_ASSIGN(parts.front().part, with_keys(std::move(parts.front().part), change));
  if (change.role == kReleasesRole && state.releases.bins) {
    SKIFF_ASSIGN(const tuf::Targets targets, tuf::parse_targets(parts.front().part));
    SKIFF_ASSIGN(const tuf::KeyRing keys, delegated_keys(targets, kReleasesRole));
    parts.push_back(state.releases.with_keys(keys, now));
  }
  return propose_all(impl_->folder(), std::move(parts));
}

Result<std::vector<SignRequest>> Repository::propose_renewal(const std::string& role, std::int64_t now) {
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(impl_->folder()));
  SKIFF_ASSIGN(std::vector<RolePart> parts, next_parts(impl_->folder(), state, role, now));
  return propose_all(impl_->folder(), std::move(parts));
}

Result<void> Repository::import(const std::vector<SignRequest>& requests) {
  SKIFF_ASSIGN(const std::shared_ptr<void> lock, impl_->folder().lock());
  SKIFF_ASSIGN(Intake intake, Intake::begin(impl_->folder()));
  for (const SignRequest& request : requests) SKIFF_TRY(intake.add(request));
  return intake.commit({});
}

Result<void> Repository::accept(const Json::Object& files, const std::filesystem::path& images) {
  SKIFF_ASSIGN(const std::shared_ptr<void> lock, impl_->folder().lock());
  SKIFF_ASSIGN(Intake intake, Intake::begin(impl_->folder()));
  SKIFF_TRY(intake.add(files));
  return intake.commit(images);
}

Result<Repository> Repository::copy(const std::filesystem::path& folder, ByteView trusted_root,
                                    const Json::Object& untrusted_files) {
  auto impl = std::make_unique<Impl>(folder);
  SKIFF_TRY(impl->folder().create());
  SKIFF_ASSIGN(const std::shared_ptr<void> lock, impl->folder().lock());
  SKIFF_TRY(copy_roles(impl->folder(), trusted_root, untrusted_files));
  return Repository(std::move(impl));
}

Result<Json::Object> Repository::role_files() const { return newest_role_files(impl_->folder()); }

Result<Json::Object> Repository::role_files_after(const Json::Object& theirs) const {
  return skiff::role_files_after(impl_->folder(), theirs);
}

Result<DeltaOffer> Repository::add_delta(const Source& delta, std::string_view min_agent,
                                         const Signers& signers, std::int64_t now) {
  if (!min_agent.empty()) SKIFF_TRY(SemanticVersion::parse(min_agent));
  SKIFF_ASSIGN(StagedFile staged, impl_->folder().stage(delta));
  SKIFF_ASSIGN(DeltaOffer offer, offer_of(staged, min_agent));
  SKIFF_ASSIGN(const std::shared_ptr<void> lock, impl_->folder().lock());
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(impl_->folder()));
  SKIFF_TRY(check_is_released(impl_->folder(), state, offer.result));
  SKIFF_ASSIGN(DeltaRoles deltas, fresh_deltas(impl_->folder(), state, signers, now));
  SKIFF_ASSIGN(const std::optional<DeltaOffer> present, deltas.find(impl_->folder(), offer.target));
  if (present && present->sha256 == offer.sha256) return *present;
  SKIFF_ASSIGN(offer.stored_base, store_tree(impl_->folder(), state, offer.base));
  SKIFF_TRY(staged.place(target_file(offer.target, offer.sha256)));
  SKIFF_TRY(deltas.add(impl_->folder(), std::span(&offer, 1), {state.delta_keys, signers, now}));
  tuf::Target named;
  named.name = offer.target;
  named.hashes["sha256"] = offer.sha256.hex();
  offer.wire_path = named.wire_path();
  return offer;
}

Result<void> Repository::drop_deltas(const std::vector<std::string>& targets, const Signers& signers,
                                     std::int64_t now) {
  SKIFF_ASSIGN(const std::shared_ptr<void> lock, impl_->folder().lock());
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(impl_->folder()));
  SKIFF_ASSIGN(DeltaRoles deltas, fresh_deltas(impl_->folder(), state, signers, now));
  return deltas.drop(impl_->folder(), targets, {state.delta_keys, signers, now});
}

Result<std::uint64_t> Repository::remove_unlisted() {
  SKIFF_ASSIGN(const std::shared_ptr<void> lock, impl_->folder().lock());
  std::set<std::filesystem::path> listed;
  for (const auto load : {&RepositoryState::load, &RepositoryState::load_published}) {
    SKIFF_ASSIGN(const RepositoryState state, load(impl_->folder()));
    SKIFF_ASSIGN(const std::vector<DeltaOffer> deltas, state.deltas.list(impl_->folder()));
    for (const DeltaOffer& delta : deltas) {
      listed.insert(target_file(delta.target, delta.sha256));
      if (delta.stored_base) listed.insert(folder() / "targets" / delta.stored_base->tree_wire_path());
    }
  }
  return impl_->folder().remove_targets([&](const std::filesystem::path& file) {
    const bool may_go = file.parent_path().filename() == kDeltasRole || file.extension() == ".tree";
    return may_go && !listed.contains(file);
  });
}

Result<void> Repository::publish(const Signers& signers, std::int64_t now) {
  SKIFF_ASSIGN(const std::shared_ptr<void> lock, impl_->folder().lock());
  SKIFF_ASSIGN(RepositoryState state, RepositoryState::load(impl_->folder()));
  SKIFF_ASSIGN(state.deltas, fresh_deltas(impl_->folder(), state, signers, now));
  return write_publication(impl_->folder(), state, signers, now);
}

Result<void> Repository::publish_deltas(const Signers& signers, std::int64_t now) {
  SKIFF_ASSIGN(const std::shared_ptr<void> lock, impl_->folder().lock());
  SKIFF_ASSIGN(const RepositoryState newest, RepositoryState::load(impl_->folder()));
  SKIFF_ASSIGN(RepositoryState state, RepositoryState::load_published(impl_->folder()));
  SKIFF_ASSIGN(state.deltas, fresh_deltas(impl_->folder(), newest, signers, now));
  return write_publication(impl_->folder(), state, signers, now);
}

Result<void> Repository::renew(const Signers& signers, std::int64_t now) {
  SKIFF_ASSIGN(const std::shared_ptr<void> lock, impl_->folder().lock());
  SKIFF_ASSIGN(RepositoryState state, RepositoryState::load_published(impl_->folder()));
  if (is_ageing(state.deltas.top.header, kDeltasLife, now)) {
    // Whatever was added meanwhile must come along: versions only rise.
    SKIFF_ASSIGN(const RepositoryState newest, RepositoryState::load(impl_->folder()));
    SKIFF_ASSIGN(state.deltas, fresh_deltas(impl_->folder(), newest, signers, now));
  }
  return write_publication(impl_->folder(), state, signers, now);
}

Result<std::vector<Release>> Repository::releases() const {
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(impl_->folder()));
  return state.releases.list(impl_->folder());
}

Result<std::vector<DeltaOffer>> Repository::deltas() const {
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(impl_->folder()));
  return state.deltas.list(impl_->folder());
}

Result<std::vector<Release>> Repository::published_releases() const {
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load_published(impl_->folder()));
  const std::lock_guard lock(impl_->published);
  return state.releases.list(impl_->folder(), &impl_->releases);
}

Result<std::vector<DeltaOffer>> Repository::published_deltas() const {
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load_published(impl_->folder()));
  const std::lock_guard lock(impl_->published);
  return state.deltas.list(impl_->folder(), &impl_->deltas);
}

std::filesystem::path Repository::target_file(std::string_view target, const Sha256& digest) const {
  return impl_->folder().target_file(target, digest);
}

const std::filesystem::path& Repository::folder() const { return impl_->folder().path(); }

}  // namespace skiff
