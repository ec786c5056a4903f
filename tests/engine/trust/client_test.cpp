// tuf::Client on repositories that are in order: what it asks for, what it keeps, what it finds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "skiff/io.hpp"
#include "tests/engine/trust/model_repository.hpp"

namespace skiff {
namespace {

using testing::Device;
using ::testing::ElementsAre;
using testing::kNow;
using testing::ModelRepository;
using testing::outcome;

/// The role that vouches for a name, "none", or the kind of error.
std::string role_of(Result<tuf::Client> client, std::string_view name) {
  const auto found = client->find(name);
  if (!found) return outcome(found);
  return *found ? (*found)->role : "none";
}

TEST(Client, FirstRefreshAsksForFourFilesAndNoMore) {
  ModelRepository repository;
  Device device(repository);
  EXPECT_TRUE(repository.requests.empty()) << "init makes no request";
  ASSERT_EQ(outcome(device.refresh(repository)), "ok");
  EXPECT_THAT(repository.requests,
              ElementsAre("2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"));
}

TEST(Client, IdleRefreshAsksForTheTimestampAlone) {
  ModelRepository repository;
  Device device(repository);
  ASSERT_TRUE(device.refresh(repository));
  repository.requests.clear();
  ASSERT_TRUE(device.refresh(repository));
  EXPECT_THAT(repository.requests, ElementsAre("2.root.json", "timestamp.json"));
}

TEST(Client, KeepsFilesByteForByte) {
  ModelRepository repository;
  Device device(repository);
  ASSERT_TRUE(device.refresh(repository));
  for (const auto& [kept, served] : std::map<std::string, std::string>{{"root.json", "1.root.json"},
                                                                       {"timestamp.json", "timestamp.json"},
                                                                       {"snapshot.json", "1.snapshot.json"},
                                                                       {"targets.json", "1.targets.json"}}) {
    EXPECT_EQ(read_file(device.folder() / kept, 1 << 20), repository.files.at(served)) << kept;
  }
}

TEST(Client, WithoutConsistentSnapshotsAsksForPlainNames) {
  ModelRepository repository;
  repository.part("root")["consistent_snapshot"] = false;
  repository.publish_root();
  repository.files["snapshot.json"] = repository.files["1.snapshot.json"];
  repository.files["targets.json"] = repository.files["1.targets.json"];
  Device device(repository);
  ASSERT_EQ(outcome(device.refresh(repository)), "ok");
  EXPECT_THAT(repository.requests,
              ElementsAre("2.root.json", "3.root.json", "timestamp.json", "snapshot.json", "targets.json"));
}

TEST(Client, FindRefreshesFirst) {
  ModelRepository repository;
  repository.add_target("targets", "a", "content", Json::Object{{"x", 1}});
  repository.publish({"targets"});
  Device device(repository);
  auto client = device.client(repository);
  ASSERT_TRUE(client);
  const auto target = client->find("a");
  ASSERT_TRUE(target && *target);
  EXPECT_EQ((*target)->length, 7U);
  EXPECT_EQ((*target)->hashes.at("sha256"), sha256(as_bytes("content")).hex());
  EXPECT_EQ((*target)->custom, Json(Json::Object{{"x", 1}}));
  EXPECT_EQ((*target)->role, "targets");
  EXPECT_EQ(role_of(device.client(repository), "b"), "none");
}

TEST(Client, FindAfterAFailedRefreshRefreshesAgain) {
  ModelRepository repository;
  Device device(repository);
  auto client = device.client(repository);
  const Bytes timestamp = std::exchange(repository.files["timestamp.json"], Bytes());
  EXPECT_EQ(outcome(client->refresh()), "format");
  EXPECT_EQ(outcome(client->find("a")), "format");
  repository.files["timestamp.json"] = timestamp;
  EXPECT_EQ(outcome(client->find("a")), "ok");
}

TEST(Client, ServesFromItsDiskWhatIsStillListed) {
  ModelRepository repository;
  repository.delegate("targets", "r", {"r/*"});
  repository.add_target("r", "r/a", "x");
  repository.publish({"targets", "r"});
  Device device(repository);
  EXPECT_EQ(role_of(device.client(repository), "r/a"), "r");
  repository.requests.clear();
  EXPECT_EQ(role_of(device.client(repository), "r/a"), "r");
  EXPECT_THAT(repository.requests, ElementsAre("2.root.json", "timestamp.json"));
}

TEST(Client, DelegationsAreSearchedInPreOrder) {
  ModelRepository repository;
  repository.delegate("targets", "b", {"*"});
  repository.delegate("targets", "c", {"*"});
  repository.delegate("targets", "a", {"*"});
  repository.delegate("b", "b1", {"*"});
  repository.add_target("c", "f", "from c");
  repository.add_target("a", "f", "from a");
  repository.publish({"targets", "a", "b", "c"});
  Device device(repository);
  EXPECT_EQ(role_of(device.client(repository), "f"), "c")
      << "the order of the list counts, not that of the names";
  EXPECT_THAT(repository.requests, ElementsAre("2.root.json", "timestamp.json", "2.snapshot.json",
                                               "2.targets.json", "2.b.json", "1.b1.json", "2.c.json"));
}

TEST(Client, TerminatingDelegationEndsTheSearch) {
  ModelRepository repository;
  repository.delegate("targets", "a", {"x/*"}, true);
  repository.delegate("targets", "b", {"x/*"});
  repository.add_target("b", "x/f", "from b");
  repository.publish({"targets", "b"});
  Device device(repository);
  EXPECT_EQ(role_of(device.client(repository), "x/f"), "none");
}

TEST(Client, TargetsOutsideTheDelegatedPathsAreNotFound) {
  ModelRepository repository;
  repository.delegate("targets", "a", {"a/*"});
  repository.add_target("a", "a/f", "x");
  repository.add_target("a", "b/f", "x");
  repository.add_target("a", "a/b/f", "x");
  repository.publish({"targets", "a"});
  Device device(repository);
  EXPECT_EQ(role_of(device.client(repository), "a/f"), "a");
  EXPECT_EQ(role_of(device.client(repository), "b/f"), "none");
  EXPECT_EQ(role_of(device.client(repository), "a/b/f"), "none");
  auto client = device.client(repository);
  const auto list = client->list("a");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ(list->front().name, "a/f");
}

TEST(Client, ListLeavesOutWhatAnotherRoleVouchesForFirst) {
  ModelRepository repository;
  repository.delegate("targets", "a", {"*"});
  repository.delegate("a", "deep", {"*"});
  repository.add_target("targets", "f", "top");
  repository.add_target("deep", "f", "hidden");
  repository.add_target("deep", "g", "seen");
  repository.publish({"targets", "a", "deep"});
  Device device(repository);
  auto client = device.client(repository);
  const auto list = client->list("deep");
  ASSERT_TRUE(list) << list.error().message;
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ(list->front().name, "g");
  EXPECT_EQ(client->list("targets")->size(), 1U);
  EXPECT_EQ(outcome(client->list("nobody")), "not-found");
}

TEST(Client, DelegationsInACircleEnd) {
  ModelRepository repository;
  repository.delegate("targets", "a", {"*"});
  repository.delegate("a", "b", {"*"});
  repository.delegate("b", "a", {"*"});
  repository.publish({"targets", "a", "b"});
  Device device(repository);
  EXPECT_EQ(role_of(device.client(repository), "f"), "none");
}

TEST(Client, TooManyDelegationsAreALimit) {
  ModelRepository repository;
  std::string from = "targets";
  for (int i = 0; i < 4; ++i) {
    const std::string role = "r" + std::to_string(i);
    repository.delegate(from, role, {"*"});
    from = role;
  }
  repository.publish({"targets", "r0", "r1", "r2", "r3"});
  Device device(repository);
  tuf::Limits limits;
  limits.delegations = 4;
  EXPECT_EQ(role_of(device.client(repository, kNow, limits), "f"), "none");
  limits.delegations = 3;
  EXPECT_EQ(role_of(device.client(repository, kNow, limits), "f"), "limit");
}

TEST(Client, WalksALongChainOfRootsOverSeveralCycles) {
  ModelRepository repository;
  for (int i = 0; i < 10; ++i) repository.publish_root();
  Device device(repository);
  tuf::Limits limits;
  limits.root_steps = 4;
  ASSERT_TRUE(device.client(repository, kNow, limits)->refresh());
  EXPECT_EQ(device.trusted_version("root"), 5U);
  ASSERT_TRUE(device.refresh(repository));
  EXPECT_EQ(device.trusted_version("root"), 11U);
}

TEST(Client, AnExpiredRootIsWalkedOnFrom) {
  ModelRepository repository;
  repository.set_expiry("root", kNow - 1);
  repository.write("root");
  Device device(repository);
  EXPECT_EQ(outcome(device.refresh(repository)), "expired");
  repository.set_expiry("root", kNow + 1);
  repository.publish_root();
  EXPECT_EQ(outcome(device.refresh(repository)), "ok");
}

TEST(Client, InitRefusesWhatCannotBeTheFirstRoot) {
  ModelRepository repository;
  const testing::TemporaryFolder folder;
  EXPECT_EQ(outcome(tuf::Client::init(folder.path() / "m", {})), "format");
  EXPECT_EQ(outcome(tuf::Client::init(folder.path() / "m", repository.files.at("timestamp.json"))), "format");
  repository.replace_keys("root");
  repository.write("root");
  EXPECT_EQ(outcome(tuf::Client::init(folder.path() / "m", repository.root_file())), "signature");
  EXPECT_EQ(outcome(tuf::Client::open({folder.path() / "m", kNow, {}}, repository)), "not-found");
}

TEST(Client, InitNeverReplacesATrustedRoot) {
  ModelRepository repository;
  Device device(repository);
  EXPECT_EQ(outcome(tuf::Client::init(device.folder(), repository.root_file())), "ok");
  EXPECT_EQ(outcome(tuf::Client::init(device.folder(), ModelRepository().root_file())), "usage");
}

TEST(Client, DamagedRootOnDiskIsRefusedWithoutARequest) {
  ModelRepository repository;
  Device device(repository);
  ASSERT_TRUE(write_file(device.folder() / "root.json", {}));
  EXPECT_EQ(outcome(device.client(repository)), "format");
  EXPECT_TRUE(repository.requests.empty());
}

/// Fails one request, as a link that breaks or a device that is cut off between two writes.
class CutOff final : public tuf::Fetcher {
 public:
  CutOff(tuf::Fetcher& next, int requests_left) : next_(&next), left_(requests_left) {}
  Result<std::optional<Bytes>> fetch(std::string_view name, std::uint64_t max_length) override {
    if (left_-- == 0) return fail(ErrorKind::kNetwork, "cut off");
    return next_->fetch(name, max_length);
  }

 private:
  tuf::Fetcher* next_;
  int left_;
};

TEST(Client, CutOffAtAnyRequestGoesOnInTheNextCycle) {
  for (int requests = 0;; ++requests) {
    ModelRepository repository;
    Device device(repository);
    repository.set_version("snapshot", 1'000'000);  // an attacker's, healed by the rotation
    repository.publish();
    ASSERT_TRUE(device.refresh(repository));
    repository.set_version("snapshot", 2);
    repository.replace_keys("snapshot");
    repository.trust_keys("snapshot");
    repository.publish_root();
    repository.publish_root();
    repository.delegate("targets", "r", {"r/*"});
    repository.add_target("r", "r/f", "x");
    repository.publish({"targets", "r"});
    CutOff cut_off(repository, requests);
    const std::string cut = role_of(device.client(cut_off), "r/f");
    EXPECT_EQ(role_of(device.client(repository), "r/f"), "r") << "after " << requests << " requests";
    if (cut == "r") {
      EXPECT_EQ(requests, 7) << "two roots and the end of them, then timestamp, snapshot, targets and r";
      return;
    }
    EXPECT_EQ(cut, "network");
  }
}

TEST(Client, RoleNamesAreQuotedInRequestsAndOnDisk) {
  ModelRepository repository;
  for (const char* const role : {"?", "#", "/x", "../x"}) {
    repository.delegate("targets", role, {std::string(role) + "*"});
  }
  repository.publish({"targets"});
  Device device(repository);
  auto client = device.client(repository);
  for (const char* const role : {"?", "#", "/x", "../x"}) EXPECT_TRUE(client->list(role)) << role;
  for (const char* const file : {"%3F.json", "%23.json", "%2Fx.json", "..%2Fx.json"}) {
    EXPECT_TRUE(std::filesystem::exists(device.folder() / file)) << file;
    EXPECT_NE(std::ranges::find(repository.requests, "1." + std::string(file)), repository.requests.end())
        << file;
  }
}

}  // namespace
}  // namespace skiff
