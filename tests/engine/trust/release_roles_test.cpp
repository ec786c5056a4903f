// The releases of a repository, few and many: in which role they are, who signs it, and that devices find
// them.
#include "trust/release_roles.hpp"

#include <algorithm>

#include "tests/engine/trust/release_repository.hpp"
#include "trust/release_names.hpp"
#include "trust/repository_state.hpp"

namespace skiff {
namespace {

using testing::kNow;
using testing::outcome;

constexpr std::size_t kMany = kMaxReleasesInRole + 12;

class Releases : public testing::Distribution {
 protected:
  [[nodiscard]] RepositoryState state() const { return *RepositoryState::load(folder_); }
  static std::string name(std::size_t number) { return std::to_string(number) + ".img"; }
  static NewRelease release(std::size_t number) {
    return {name(number), {"gw1"}, std::to_string(number), number + 1};
  }
  void add(std::size_t first, std::size_t end) {
    for (; first < end; ++first) {
      ASSERT_EQ(outcome(repository_.add_release(name(first), first + 1, "image " + name(first))), "ok");
    }
  }
  Result<std::vector<SignRequest>> propose(std::size_t number) {
    const std::string image = "image " + name(number);
    return repository_->propose_release(release(number), ViewSource(as_bytes(image)), kNow);
  }
  /// Has the keys of these roles sign each of the requests that know them.
  void sign(std::vector<SignRequest>& requests, const std::vector<std::string>& roles) {
    for (SignRequest& request : requests) {
      for (const Signer* const key : repository_.signers(roles)) {
        const Result<void> outcome = request.sign(*key);
        ASSERT_TRUE(outcome || outcome.error().kind == ErrorKind::kUsage);
      }
    }
  }
  /// Devices find the first `count` releases, in bins or not.
  void check_found(std::size_t count, bool in_bins) {
    auto client = device_.client(fetcher_);
    ASSERT_EQ(outcome(client->refresh()), "ok");
    for (std::size_t number = 0; number < count; ++number) {
      const auto found = client->find("releases/" + name(number));
      ASSERT_TRUE(found && *found) << number;
      EXPECT_TRUE(is_role_or_bin((*found)->role, kReleasesRole));
      EXPECT_EQ((*found)->role != kReleasesRole, in_bins);
    }
  }

  RepositoryFolder folder_{repository_.folder()};
};

TEST(RoleName, IsThatOfARoleOrOfOneOfItsBins) {
  EXPECT_TRUE(is_role_or_bin("releases", "releases"));
  EXPECT_TRUE(is_role_or_bin("releases-7f", "releases"));
  for (const char* const other : {"release", "releasess", "deltas", "deltas-00", "", "areleases-00"}) {
    EXPECT_FALSE(is_role_or_bin(other, "releases")) << other;
  }
}

TEST_F(Releases, FewAreListedByOneRole) {
  add(0, kMaxReleasesInRole);
  EXPECT_FALSE(state().releases.bins);
  ASSERT_EQ(outcome(repository_.publish()), "ok");
  check_found(kMaxReleasesInRole, false);
}

TEST_F(Releases, ManyAreListedInBinsWhereDevicesFindThem) {
  add(0, kMany);
  ASSERT_EQ(outcome(repository_.publish()), "ok");
  EXPECT_TRUE(state().releases.bins);
  EXPECT_EQ(repository_->published_releases()->size(), kMany);
  check_found(kMany, true);
}

TEST_F(Releases, OneMoreChangesOneBinAndNothingElse) {
  add(0, kMany);
  const ReleaseRoles before = state().releases;
  add(kMany, kMany + 1);
  const ReleaseRoles after = state().releases;
  EXPECT_EQ(after.top.header.version, before.top.header.version);
  std::size_t changed = 0;
  for (const auto& [role, version] : after.versions) {
    const auto old = before.versions.find(role);
    if (old == before.versions.end() || old->second != version) ++changed;
  }
  EXPECT_EQ(changed, 1U);
}

TEST_F(Releases, KeepTheirRulesInBins) {
  add(0, kMany);
  EXPECT_EQ(outcome(repository_.add_release(name(3), kMany + 1, "another")), "usage");
  EXPECT_EQ(outcome(repository_.add_release("new.img", 5, "another")), "rollback");
}

TEST_F(Releases, OneOfADividedRoleIsOneRequest) {
  add(0, kMany);
  auto requests = propose(kMany);
  ASSERT_TRUE(requests);
  ASSERT_EQ(requests->size(), 1U);
  EXPECT_TRUE(requests->front().role().starts_with("releases-"));
  EXPECT_EQ(outcome(repository_->import(*requests)), "signature");
  sign(*requests, {"releases"});
  ASSERT_EQ(outcome(repository_->import(*requests)), "ok");
  ASSERT_EQ(outcome(repository_.publish()), "ok");
  check_found(kMany + 1, true);
}

TEST_F(Releases, AreDividedByRequestsThatComeInAllOrNone) {
  add(0, kMaxReleasesInRole);
  auto requests = propose(kMaxReleasesInRole);
  ASSERT_TRUE(requests);
  ASSERT_GT(requests->size(), 2U);
  EXPECT_EQ(requests->back().role(), kReleasesRole);
  const auto text = sign_requests_text(*requests);
  auto travelled = parse_sign_requests(as_bytes(text));
  ASSERT_TRUE(travelled);
  EXPECT_EQ(sign_requests_text(*travelled), text);
  std::vector<SignRequest> all_but_one(travelled->begin(), travelled->end() - 1);
  sign(all_but_one, {"releases"});
  all_but_one.push_back(travelled->back());
  EXPECT_EQ(outcome(repository_->import(all_but_one)), "signature");
  EXPECT_TRUE(state().releases.versions.empty());
  sign(*travelled, {"releases"});
  ASSERT_EQ(outcome(repository_->import(*travelled)), "ok");
  ASSERT_EQ(outcome(repository_.publish()), "ok");
  check_found(kMaxReleasesInRole + 1, true);
}

TEST_F(Releases, ADivisionThatWasCutOffIsMadeAgain) {
  add(0, kMaxReleasesInRole);
  auto requests = propose(kMaxReleasesInRole);
  sign(*requests, {"releases"});
  ASSERT_EQ(outcome(repository_->import({requests->front()})), "ok");
  ASSERT_EQ(outcome(repository_.publish()), "ok");
  check_found(kMaxReleasesInRole, false);
  add(kMaxReleasesInRole, kMany);
  ASSERT_EQ(outcome(repository_.publish()), "ok");
  check_found(kMany, true);
}

TEST_F(Releases, AreRenewedWithAllTheirBins) {
  add(0, kMany);
  const ReleaseRoles before = state().releases;
  auto requests = repository_->propose_renewal("releases", kNow + kReleasesLife / 2);
  ASSERT_TRUE(requests);
  EXPECT_EQ(requests->size(), before.versions.size() + 1);
  sign(*requests, {"releases"});
  ASSERT_EQ(outcome(repository_->import(*requests)), "ok");
  const ReleaseRoles after = state().releases;
  for (const auto& [role, version] : after.versions) EXPECT_EQ(version, before.versions.at(role) + 1) << role;
  EXPECT_EQ(after.top.header.version, before.top.header.version + 1);
  EXPECT_EQ(after.list(folder_)->size(), kMany);
}

TEST_F(Releases, KeysThatGoSignNoBinAnyMore) {
  add(0, kMany);
  const auto fresh = *generate_ed25519();
  const std::string old_id = repository_.signers({"releases"}).front()->public_key().key_id();
  auto coming = repository_->propose_keys({"releases", {fresh->public_key()}, {}, {}}, kNow);
  ASSERT_TRUE(coming);
  ASSERT_EQ(coming->size(), 2U);  // targets says it of `releases`, and `releases` of its bins
  sign(*coming, {"targets", "releases"});
  ASSERT_EQ(outcome(repository_->import(*coming)), "ok");
  auto renewal = repository_->propose_renewal("releases", kNow);
  sign(*renewal, {"releases"});
  for (SignRequest& request : *renewal) ASSERT_EQ(outcome(request.sign(*fresh)), "ok");
  ASSERT_EQ(outcome(repository_->import(*renewal)), "ok");

  auto going = repository_->propose_keys({"releases", {}, {old_id}, {}}, kNow);
  ASSERT_TRUE(going);
  sign(*going, {"targets"});
  EXPECT_EQ(outcome(repository_->import(*going)), "signature");
  ASSERT_EQ(outcome(going->back().sign(*fresh)), "ok");
  ASSERT_EQ(outcome(repository_->import(*going)), "ok");
  ASSERT_EQ(outcome(repository_.publish()), "ok");
  check_found(kMany, true);
  EXPECT_EQ(state().releases.bins->keys.keys.size(), 1U);
  EXPECT_EQ(outcome(repository_.add_release("bad.img", 1000, "bad")), "signature");
}

}  // namespace
}  // namespace skiff
