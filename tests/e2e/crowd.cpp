// crowd REPO KEYS DELTAS RELEASES: lists so many more in a repository, between images that nobody has and for
// hardware that nobody has, each a link to one that is there.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "trust/file_names.hpp"
#include "trust/release_names.hpp"
#include "trust/repository_state.hpp"

namespace skiff {
namespace {

Sha256 noise(std::string_view kind, std::size_t number) {
  return sha256(as_bytes(std::string(kind) + std::to_string(number)));
}

/// As the delta that it links to, but for whatever tells it from others.
DeltaOffer offer_like(const DeltaOffer& present, std::size_t number) {
  DeltaOffer offer = present;
  offer.base = {present.base.length + 4096 * number, noise("base", number)};
  offer.target = delta_target(offer.base, offer.result);
  offer.length += number * 37;
  offer.sha256 = noise("delta", number);
  offer.frames_root = noise("frames", number);
  offer.frames += number % 90;
  return offer;
}

Release release_like(const Release& present, std::size_t number) {
  Release release = present;
  release.target = std::string(kReleasesRole) + "/crowd-" + std::to_string(number) + ".img";
  release.hardware = {"nobodys-" + std::to_string(number)};
  release.image = {present.image.length + 4096 * number, noise("image", number)};
  release.issued += static_cast<std::int64_t>(number * 7);
  return release;
}

Result<void> add_releases(const RepositoryFolder& folder, const std::filesystem::path& keys,
                          std::size_t count) {
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(folder));
  SKIFF_ASSIGN(const std::vector<Release> present, state.releases.list(folder));
  const Release& model = present.front();
  std::vector<Release> releases;
  for (std::size_t number = 0; number < count; ++number) {
    releases.push_back(release_like(model, number));
    std::filesystem::create_hard_link(
        folder.target_file(model.target, model.image.sha256),
        folder.target_file(releases.back().target, releases.back().image.sha256));
  }
  SKIFF_ASSIGN(const std::unique_ptr<Signer> key, load_key(keys / "releases.key", ""));
  SKIFF_ASSIGN(const std::vector<RolePart> parts,
               state.releases.with(folder, releases, state.release_keys, std::time(nullptr)));
  for (const auto& [role, part] : parts) {
    SKIFF_ASSIGN(const SignedRole next, sign_role(part, state.release_keys, role, {key.get()}));
    SKIFF_TRY(folder.write_metadata(tuf::versioned_file_name(role, next.header.version), next.text));
  }
  return {};
}

Result<void> add_deltas(const RepositoryFolder& folder, const std::filesystem::path& keys,
                        std::size_t count) {
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(folder));
  SKIFF_ASSIGN(const std::vector<DeltaOffer> present, state.deltas.list(folder));
  if (present.empty()) return fail(ErrorKind::kNotFound, "no delta to link to");
  const DeltaOffer& model = present.front();
  std::vector<DeltaOffer> offers;
  for (std::size_t number = 0; number < count; ++number) {
    offers.push_back(offer_like(model, number));
    std::filesystem::create_hard_link(folder.target_file(model.target, model.sha256),
                                      folder.target_file(offers.back().target, offers.back().sha256));
  }
  SKIFF_ASSIGN(const std::unique_ptr<Signer> key, load_key(keys / "deltas.key", ""));
  const SignerList signers = {key.get()};
  DeltaRoles deltas = state.deltas;
  return deltas.add(folder, offers,
                    {state.delta_keys, signers, static_cast<std::int64_t>(std::time(nullptr))});
}

}  // namespace

std::size_t count_of(const char* text) {
  std::size_t count = 0;
  std::from_chars(text, text + std::strlen(text), count);
  return count;
}

}  // namespace skiff

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const skiff::RepositoryFolder folder(argv[1]);
  auto added = skiff::add_deltas(folder, argv[2], skiff::count_of(argv[3]));
  if (added) added = skiff::add_releases(folder, argv[2], skiff::count_of(argv[4]));
  if (!added) std::fprintf(stderr, "crowd: %s\n", added.error().text().c_str());
  return added ? 0 : 1;
}
