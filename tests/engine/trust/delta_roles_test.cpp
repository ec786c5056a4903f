// The deltas of a repository, few and many: in which role they are, and that devices find them.
#include "trust/delta_roles.hpp"

#include <algorithm>

#include "tests/engine/trust/release_repository.hpp"
#include "trust/release_names.hpp"
#include "trust/repository_state.hpp"

namespace skiff {
namespace {

using testing::kNow;
using testing::outcome;

constexpr std::size_t kNobodys = 10'000;
constexpr std::size_t kReleases = 10;

Sha256 noise(std::string_view kind, std::size_t number) {
  return sha256(as_bytes(std::string(kind) + std::to_string(number)));
}

DeltaOffer offer(std::size_t number) {
  DeltaOffer made;
  made.base = {50'000'000 + number * 4096, noise("base", number)};
  made.result = {60'000'000, noise("result", number % kReleases)};
  made.target = delta_target(made.base, made.result);
  made.length = 100'000 + number * 37;
  made.sha256 = noise("delta", number);
  made.frames_root = noise("frames", number);
  made.frames = 2 + number % 90;
  made.format = kFormatVersion;
  made.decoder_memory = 9'000'000;
  return made;
}

std::vector<DeltaOffer> offers(std::size_t count) {
  std::vector<DeltaOffer> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back(offer(i));
  return made;
}

class Deltas : public testing::Distribution {
 protected:
  [[nodiscard]] RepositoryState state() const { return *RepositoryState::load(folder_); }
  Result<void> add(const std::vector<DeltaOffer>& added) {
    const RepositoryState before = state();
    DeltaRoles roles = before.deltas;
    return roles.add(folder_, added, {before.delta_keys, signers_, kNow});
  }
  Result<void> publish() { return repository_->publish(signers_, kNow); }

  RepositoryFolder folder_{repository_.folder()};
  SignerList signers_ = repository_.online();
};

TEST_F(Deltas, FewAreListedByOneRole) {
  ASSERT_EQ(outcome(add(offers(kMaxDeltasInRole))), "ok");
  EXPECT_FALSE(state().deltas.bins);
  EXPECT_EQ(repository_->deltas()->size(), kMaxDeltasInRole);
}

TEST_F(Deltas, OneTooManyDividesThemAndDevicesFindThemAll) {
  ASSERT_EQ(outcome(add(offers(kMaxDeltasInRole))), "ok");
  ASSERT_EQ(outcome(add({offer(kMaxDeltasInRole)})), "ok");
  EXPECT_EQ(state().deltas.bins->bit_length, 5U);
  ASSERT_EQ(outcome(publish()), "ok");
  auto client = device_.client(fetcher_);
  for (const DeltaOffer& each : offers(kMaxDeltasInRole + 1)) {
    const auto found = client->find(each.target);
    ASSERT_TRUE(found && *found) << each.target;
    EXPECT_TRUE(is_role_or_bin((*found)->role, kDeltasRole));
    EXPECT_EQ(read_delta_offer(**found)->sha256, each.sha256);
  }
  const auto missing = client->find(offer(kNobodys).target);
  ASSERT_TRUE(missing);
  EXPECT_FALSE(*missing);
}

TEST_F(Deltas, AnotherOneChangesOneBin) {
  ASSERT_EQ(outcome(add(offers(100))), "ok");
  const DeltaRoles before = state().deltas;
  ASSERT_EQ(outcome(add({offer(100)})), "ok");
  const DeltaRoles after = state().deltas;
  EXPECT_EQ(after.top.header.version, before.top.header.version);
  std::size_t changed = 0;
  for (const auto& [role, version] : after.versions) {
    if (before.versions.at(role) != version) ++changed;
  }
  EXPECT_EQ(changed, 1U);
}

TEST_F(Deltas, OnlyBinsThatChangedAreReadAgain) {
  ASSERT_EQ(outcome(add(offers(200))), "ok");
  ReadBins<DeltaOffer> known;
  const DeltaRoles before = state().deltas;
  ASSERT_EQ(before.list(folder_, &known)->size(), 200U);
  ASSERT_EQ(outcome(add({offer(1000)})), "ok");
  const DeltaRoles after = state().deltas;
  for (const auto& [role, version] : after.versions) {
    if (before.versions.at(role) != version) continue;
    ASSERT_TRUE(folder_.remove_metadata(after.version_of(role)));
  }
  const auto listed = after.list(folder_, &known);
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->size(), 201U);
  EXPECT_TRUE(std::ranges::is_sorted(*listed, {}, &DeltaOffer::target));
  EXPECT_FALSE(after.list(folder_));
}

TEST_F(Deltas, BinsAreReadAgainWhenTheirKeysAreOthers) {
  ASSERT_EQ(outcome(add(offers(100))), "ok");
  ReadBins<DeltaOffer> known;
  DeltaRoles roles = state().deltas;
  ASSERT_EQ(roles.list(folder_, &known)->size(), 100U);
  const auto key = *generate_ed25519();
  roles.bins->keys = {{{key->public_key().key_id(), key->public_key()}}, 1};
  EXPECT_EQ(outcome(roles.list(folder_, &known)), "signature");
}

TEST_F(Deltas, BinsAreRenewedWithTheirDelegator) {
  ASSERT_EQ(outcome(add(offers(100))), "ok");
  ASSERT_EQ(outcome(repository_->publish(signers_, kNow + 3 * kDay)), "ok");
  EXPECT_EQ(state().deltas.versions.at("deltas-00"), 1U);
  ASSERT_EQ(outcome(repository_->publish(signers_, kNow + 4 * kDay)), "ok");
  for (const auto& [role, version] : state().deltas.versions) EXPECT_EQ(version, 2U) << role;
  EXPECT_EQ(repository_->published_deltas()->size(), 100U);
  EXPECT_TRUE(folder_.read_metadata("1.deltas-00.json"));
  ASSERT_EQ(outcome(repository_->publish(signers_, kNow + 8 * kDay)), "ok");
  EXPECT_FALSE(folder_.read_metadata("1.deltas-00.json"));
  EXPECT_TRUE(folder_.read_metadata("2.deltas-00.json"));
}

TEST_F(Deltas, BinsAreSignedByTheKeysThatTheirDelegatorHasNow) {
  ASSERT_EQ(outcome(add(offers(100))), "ok");
  const RepositoryState before = state();
  const auto key = *generate_ed25519();
  const tuf::KeyRing next{{{key->public_key().key_id(), key->public_key()}}, 1};
  DeltaRoles roles = before.deltas;
  ASSERT_EQ(outcome(roles.renew(folder_, {next, {key.get()}, kNow})), "ok");
  EXPECT_EQ(roles.list(folder_)->size(), 100U);
  EXPECT_EQ(roles.bins->keys.keys, next.keys);
}

TEST_F(Deltas, ADivisionThatWasCutOffOffersNothingThatDevicesDoNotFind) {
  const std::vector<DeltaOffer> many = offers(400);
  ASSERT_EQ(outcome(add(many)), "ok");
  const DeltaRoles before = state().deltas;
  std::vector<DeltaOffer> more = offers(1200);
  ASSERT_EQ(outcome(add(more)), "ok");
  const DeltaRoles after = state().deltas;
  ASSERT_EQ(before.bins->name_of(0).size(), after.bins->name_of(0).size());  // so the names are in use again
  ASSERT_GT(after.bins->bit_length, before.bins->bit_length);
  std::filesystem::remove(folder_.path() / "metadata" /
                          (std::to_string(after.top.header.version) + ".deltas.json"));
  ASSERT_EQ(outcome(publish()), "ok");
  const auto offered = repository_->published_deltas();
  ASSERT_TRUE(offered);
  EXPECT_LT(offered->size(), many.size());
  auto client = device_.client(fetcher_);
  for (std::size_t i = 0; i < offered->size(); i += 8) {
    const auto found = client->find((*offered)[i].target);
    EXPECT_TRUE(found && *found);
  }
  ASSERT_EQ(outcome(add(many)), "ok");
  EXPECT_GE(repository_->deltas()->size(), many.size());
}

}  // namespace
}  // namespace skiff
