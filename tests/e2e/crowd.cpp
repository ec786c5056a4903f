// crowd REPO KEYS COUNT: lists so many deltas more in a repository, between images that nobody has, each a
// link to one delta that is there.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>

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

Result<void> add_crowd(const std::filesystem::path& repo, const std::filesystem::path& keys,
                       std::size_t count) {
  const RepositoryFolder folder(repo);
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
}  // namespace skiff

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::size_t count = 0;
  std::from_chars(argv[3], argv[3] + std::strlen(argv[3]), count);
  const auto added = skiff::add_crowd(argv[1], argv[2], count);
  if (!added) std::fprintf(stderr, "crowd: %s\n", added.error().text().c_str());
  return added ? 0 : 1;
}
