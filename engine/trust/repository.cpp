#include "skiff/repository.hpp"

#include <algorithm>

#include "trust/file_names.hpp"
#include "trust/json_limits.hpp"
#include "trust/release_json.hpp"
#include "trust/release_names.hpp"
#include "trust/repository_folder.hpp"
#include "trust/repository_init.hpp"
#include "trust/repository_proposal.hpp"
#include "trust/repository_publish.hpp"
#include "trust/repository_state.hpp"
#include "trust/semantic_version.hpp"

namespace skiff {
namespace {

constexpr std::size_t kMaxVersionLength = 64;

Result<void> check_fields(const NewRelease& release) {
  if (!is_plain_name(release.name)) return fail(ErrorKind::kUsage, "name: not a plain file name");
  if (release.hardware.empty()) return fail(ErrorKind::kUsage, "hardware: no ids");
  if (!std::ranges::all_of(release.hardware, is_plain_name)) {
    return fail(ErrorKind::kUsage, "hardware: an id is not a plain name");
  }
  if (release.version.empty() || release.version.size() > kMaxVersionLength) {
    return fail(ErrorKind::kUsage, "version: empty or longer than " + std::to_string(kMaxVersionLength));
  }
  if (release.release_counter > std::uint64_t{kMaxJsonInteger}) {
    return fail(ErrorKind::kUsage, "release_counter: beyond 2^53-1");
  }
  return {};
}

bool share_hardware(const Release& release, const NewRelease& added) {
  return std::ranges::any_of(added.hardware, [&](const std::string& id) {
    return std::ranges::find(release.hardware, id) != release.hardware.end();
  });
}

Result<void> check_successor(const RepositoryState& state, const NewRelease& added) {
  SKIFF_ASSIGN(const std::vector<Release> releases, state.release_list());
  for (const Release& release : releases) {
    if (release.target == std::string(kReleasesRole) + "/" + added.name) {
      return fail(ErrorKind::kUsage, "name: " + release.target + " exists");
    }
    if (share_hardware(release, added) && release.release_counter >= added.release_counter) {
      return fail(ErrorKind::kRollback, "release_counter: " + std::to_string(added.release_counter) +
                                            " does not rise above that of " + release.target + ", " +
                                            std::to_string(release.release_counter));
    }
  }
  return {};
}

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

/// A release whose image is in the repository, and the part of `releases` that lists it, to be signed.
struct PlacedRelease {
  Release release;
  Json part;
};

/// Puts a staged image among the targets if the release may follow those of `state`. Needs the folder's lock.
Result<PlacedRelease> place_release(const RepositoryFolder& folder, const RepositoryState& state,
                                    const NewRelease& added, StagedFile staged, std::int64_t now) {
  SKIFF_TRY(check_successor(state, added));
  PlacedRelease placed{.release = release_of(added, staged, now), .part = {}};
  const Release& release = placed.release;
  SKIFF_TRY(staged.place(folder.target_file(release.target, release.image.sha256)));
  placed.part = with_target(state.releases, release.target, target_entry(release), now + kReleasesLife);
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

Result<void> check_is_released(const RepositoryState& state, const ImageId& image) {
  SKIFF_ASSIGN(const std::vector<Release> releases, state.release_list());
  if (std::ranges::find(releases, image, &Release::image) != releases.end()) return {};
  return fail(ErrorKind::kMismatch, "the delta ends in no released image: " + image.sha256.hex());
}

/// Signs and writes the next version of `releases`, no larger than devices will read.
Result<void> write_releases(const RepositoryFolder& folder, const Json& part, const tuf::KeyRing& keys,
                            const SignerList& signers) {
  SKIFF_ASSIGN(const SignedRole next, sign_role(part, keys, kReleasesRole, signers));
  if (next.text.size() > tuf::Limits().targets) {
    return fail(ErrorKind::kLimit,
                "releases: its metadata would be " + std::to_string(next.text.size()) + " bytes long");
  }
  return folder.write_metadata(tuf::versioned_file_name(kReleasesRole, next.header.version), next.text);
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

 private:
  RepositoryFolder folder_;
};

namespace {

/// What is signed elsewhere has to keep the rules of add_release(), too.
Result<void> check_imported(const RepositoryFolder& folder, const RepositoryState& state, const Json& part) {
  SKIFF_ASSIGN(const tuf::Targets next, tuf::parse_targets(part));
  SKIFF_ASSIGN(const std::vector<Release> present, state.release_list());
  for (const auto& [name, target] : next.targets) {
    SKIFF_ASSIGN(const Release release, read_release(target));
    if (std::ranges::find(present, name, &Release::target) != present.end()) continue;
    const NewRelease added{name.substr(kReleasesRole.size() + 1), release.hardware, release.version,
                           release.release_counter};
    SKIFF_TRY(check_fields(added));
    SKIFF_TRY(check_successor(state, added));
    std::error_code error;
    if (!std::filesystem::exists(folder.target_file(name, release.image.sha256), error)) {
      return fail(ErrorKind::kNotFound, "the image of " + name + " is not in the repository");
    }
  }
  return {};
}

}  // namespace

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
    SKIFF_TRY(check_successor(state, added));
  }
  SKIFF_ASSIGN(StagedFile staged, impl_->folder().stage(image));
  SKIFF_ASSIGN(const std::shared_ptr<void> lock, impl_->folder().lock());
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(impl_->folder()));
  SKIFF_ASSIGN(const PlacedRelease placed,
               place_release(impl_->folder(), state, added, std::move(staged), now));
  SKIFF_TRY(write_releases(impl_->folder(), placed.part, state.release_keys, signers));
  return placed.release;
}

Result<SignRequest> Repository::propose_release(const NewRelease& added, const Source& image,
                                                std::int64_t now) {
  SKIFF_TRY(check_fields(added));
  SKIFF_ASSIGN(StagedFile staged, impl_->folder().stage(image));
  SKIFF_ASSIGN(const std::shared_ptr<void> lock, impl_->folder().lock());
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(impl_->folder()));
  SKIFF_ASSIGN(PlacedRelease placed, place_release(impl_->folder(), state, added, std::move(staged), now));
  return propose(impl_->folder(), std::string(kReleasesRole), std::move(placed.part));
}

Result<SignRequest> Repository::propose_keys(const KeyChange& change, std::int64_t now) {
  const std::string role = delegator_of(change.role);
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(impl_->folder()));
  SKIFF_ASSIGN(Json part, next_part(impl_->folder(), state, role, now));
  SKIFF_ASSIGN(part, with_keys(std::move(part), change));
  return propose(impl_->folder(), role, std::move(part));
}

Result<SignRequest> Repository::propose_renewal(const std::string& role, std::int64_t now) {
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(impl_->folder()));
  SKIFF_ASSIGN(Json part, next_part(impl_->folder(), state, role, now));
  return propose(impl_->folder(), role, std::move(part));
}

Result<void> Repository::import(const SignRequest& request) {
  SKIFF_ASSIGN(const std::shared_ptr<void> lock, impl_->folder().lock());
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(impl_->folder()));
  SKIFF_ASSIGN(const std::string text, finish(impl_->folder(), request));
  if (request.role() == kReleasesRole) SKIFF_TRY(check_imported(impl_->folder(), state, request.next()));
  SKIFF_ASSIGN(const std::uint64_t version, unsigned_member(request.next(), "version"));
  return impl_->folder().write_metadata(tuf::versioned_file_name(request.role(), version), as_bytes(text));
}

Result<DeltaOffer> Repository::add_delta(const Source& delta, std::string_view min_agent,
                                         const Signers& signers, std::int64_t now) {
  if (!min_agent.empty()) SKIFF_TRY(SemanticVersion::parse(min_agent));
  SKIFF_ASSIGN(StagedFile staged, impl_->folder().stage(delta));
  SKIFF_ASSIGN(DeltaOffer offer, offer_of(staged, min_agent));
  SKIFF_ASSIGN(const std::shared_ptr<void> lock, impl_->folder().lock());
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(impl_->folder()));
  SKIFF_TRY(check_is_released(state, offer.result));
  SKIFF_ASSIGN(DeltaRoles deltas, fresh_deltas(impl_->folder(), state, signers, now));
  SKIFF_ASSIGN(const std::optional<DeltaOffer> present, deltas.find(impl_->folder(), offer.target));
  if (present && present->sha256 == offer.sha256) return *present;
  SKIFF_TRY(staged.place(target_file(offer.target, offer.sha256)));
  SKIFF_TRY(deltas.add(impl_->folder(), std::span(&offer, 1), {state.delta_keys, signers, now}));
  tuf::Target named;
  named.name = offer.target;
  named.hashes["sha256"] = offer.sha256.hex();
  offer.wire_path = named.wire_path();
  return offer;
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
  return state.release_list();
}

Result<std::vector<DeltaOffer>> Repository::deltas() const {
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(impl_->folder()));
  return state.deltas.list(impl_->folder());
}

Result<std::vector<Release>> Repository::published_releases() const {
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load_published(impl_->folder()));
  return state.release_list();
}

Result<std::vector<DeltaOffer>> Repository::published_deltas() const {
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load_published(impl_->folder()));
  return state.deltas.list(impl_->folder());
}

std::filesystem::path Repository::target_file(std::string_view target, const Sha256& digest) const {
  return impl_->folder().target_file(target, digest);
}

const std::filesystem::path& Repository::folder() const { return impl_->folder().path(); }

}  // namespace skiff
