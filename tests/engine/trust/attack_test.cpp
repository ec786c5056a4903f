// What an attacker on the way, or with some of the keys, can make a tuf::Client believe: each attack by its
// name.
#include <gtest/gtest.h>

#include "skiff/io.hpp"
#include "tests/engine/trust/model_repository.hpp"

namespace skiff {
namespace {

using testing::Device;
using testing::kNow;
using testing::kYear;
using testing::ModelRepository;
using testing::outcome;

class Attack : public ::testing::Test {
 protected:
  Attack() {
    repository_.add_target("targets", "f", "good");
    repository_.publish({"targets"});
    device_ = std::make_unique<Device>(repository_);
  }
  std::string refresh(std::int64_t now = kNow) { return outcome(device_->refresh(repository_, now)); }

  ModelRepository repository_;
  std::unique_ptr<Device> device_;
};

TEST_F(Attack, MetadataSignedByAnotherKeyIsRefused) {
  for (const char* const role : {"timestamp", "snapshot", "targets"}) {
    ModelRepository repository;
    Device device(repository);
    repository.replace_keys(role);
    repository.write(role);
    EXPECT_EQ(outcome(device.refresh(repository)), "signature") << role;
    EXPECT_EQ(device.trusted_version(role), 0U) << role;
  }
}

TEST_F(Attack, MetadataOfOneRoleSignedByAnotherRoleIsRefused) {
  for (const char* const role : {"timestamp", "snapshot", "targets"}) {
    ModelRepository repository;
    Device device(repository);
    repository.keys(role) = std::move(repository.keys("root"));
    repository.write(role);
    EXPECT_EQ(outcome(device.refresh(repository)), "signature") << role;
  }
}

TEST_F(Attack, MetadataWithoutSignaturesIsRefused) {
  for (const char* const role : {"timestamp", "snapshot", "targets"}) {
    ModelRepository repository;
    Device device(repository);
    repository.keys(role).clear();
    repository.write(role);
    EXPECT_EQ(outcome(device.refresh(repository)), "signature") << role;
  }
}

TEST_F(Attack, FilesOfLengthZeroAreRefused) {
  for (const char* const file : {"timestamp.json", "2.snapshot.json", "2.targets.json", "2.root.json"}) {
    Device device(repository_);
    const std::map<std::string, Bytes> good = repository_.files;
    repository_.files[file].clear();
    EXPECT_EQ(outcome(device.refresh(repository_)), "format") << file;
    repository_.files = good;
  }
}

TEST_F(Attack, MissingFilesAreAnErrorAndNoUpdate) {
  for (const char* const file : {"timestamp.json", "2.snapshot.json", "2.targets.json"}) {
    Device device(repository_);
    const std::map<std::string, Bytes> good = repository_.files;
    repository_.files.erase(file);
    EXPECT_EQ(outcome(device.refresh(repository_)), "not-found") << file;
    repository_.files = good;
  }
}

TEST_F(Attack, OneSignatureIsNotTwo) {
  repository_.add_key("timestamp");
  repository_.trust_keys("timestamp", "root", 2);
  repository_.publish_root();
  repository_.publish();
  EXPECT_EQ(refresh(), "ok");
  repository_.keys("timestamp").pop_back();
  repository_.publish();
  EXPECT_EQ(refresh(), "signature");
}

TEST_F(Attack, OneKeyUnderTwoIdsCountsOnce) {
  const Signer& key = *repository_.keys("timestamp").front();
  const std::string id = key.public_key().key_id();
  repository_.member("root", "keys")["other"] = key.public_key().json();
  repository_.member("root", "roles")["timestamp"] =
      Json::Object{{"keyids", Json::Array{id, "other"}}, {"threshold", 2}};
  repository_.publish_root();
  Json file = *parse_json(repository_.files["timestamp.json"]);
  Json::Array& signatures = *(*file.object())["signatures"].array();
  signatures.push_back(signatures.front());
  (*signatures.back().object())["keyid"] = "other";
  const std::string text = json_text(file);
  repository_.files["timestamp.json"] = Bytes(text.begin(), text.end());
  EXPECT_EQ(refresh(), "signature");
}

TEST_F(Attack, DuplicateKeyIdsInSignaturesFailTheFile) {
  Json file = *parse_json(repository_.files["timestamp.json"]);
  Json::Array& signatures = *(*file.object())["signatures"].array();
  signatures.push_back(signatures.front());
  const std::string text = json_text(file);
  repository_.files["timestamp.json"] = Bytes(text.begin(), text.end());
  EXPECT_EQ(refresh(), "format");
}

TEST_F(Attack, WrongAndUnknownSignaturesBesideAGoodOneDoNoHarm) {
  Json file = *parse_json(repository_.files["timestamp.json"]);
  Json::Array& signatures = *(*file.object())["signatures"].array();
  signatures.push_back(Json::Object{{"keyid", "unknown"}, {"sig", ""}});
  signatures.push_back(
      Json::Object{{"keyid", repository_.keys("root").front()->public_key().key_id()}, {"sig", "zz"}});
  const std::string text = json_text(file);
  repository_.files["timestamp.json"] = Bytes(text.begin(), text.end());
  EXPECT_EQ(refresh(), "ok");
}

TEST_F(Attack, LongerSignatureIsRefused) {
  Json file = *parse_json(repository_.files["timestamp.json"]);
  Json::Object& signature = *(*file.object())["signatures"].array()->front().object();
  signature["sig"] = *signature["sig"].string() + "00";
  const std::string text = json_text(file);
  repository_.files["timestamp.json"] = Bytes(text.begin(), text.end());
  EXPECT_EQ(refresh(), "signature");
}

TEST_F(Attack, RollbackOfTheTimestampIsRefused) {
  const Bytes old = repository_.files["timestamp.json"];
  repository_.publish();
  ASSERT_EQ(refresh(), "ok");
  repository_.files["timestamp.json"] = old;
  EXPECT_EQ(refresh(), "rollback");
  EXPECT_EQ(device_->trusted_version("timestamp"), 3U);
}

TEST_F(Attack, RollbackOfTheSnapshotByTheTimestampKeyIsRefused) {
  repository_.publish();
  ASSERT_EQ(refresh(), "ok");
  repository_.set_version("timestamp", 9);
  repository_.part("timestamp")["meta"] = Json::Object{{"snapshot.json", Json::Object{{"version", 2}}}};
  repository_.write("timestamp");
  EXPECT_EQ(refresh(), "rollback");
}

TEST_F(Attack, RollbackOfTargetsByTheSnapshotAndTimestampKeysIsRefused) {
  ASSERT_EQ(refresh(), "ok");
  repository_.set_version("targets", 1);
  repository_.publish();
  EXPECT_EQ(refresh(), "rollback");
  EXPECT_EQ(device_->trusted_version("snapshot"), 2U);
}

TEST_F(Attack, TargetsThatVanishFromTheSnapshotAreARollback) {
  repository_.delegate("targets", "r", {"r/*"});
  repository_.publish({"targets"});
  ASSERT_EQ(refresh(), "ok");
  repository_.publish();
  repository_.member("snapshot", "meta").erase("r.json");
  repository_.write("snapshot");
  EXPECT_EQ(refresh(), "rollback");
}

TEST_F(Attack, RollbackOfRootIsRefused) {
  repository_.publish_root();
  ASSERT_EQ(refresh(), "ok");
  repository_.files["3.root.json"] = repository_.files["1.root.json"];
  EXPECT_EQ(refresh(), "rollback");
  repository_.files["3.root.json"] = repository_.files["2.root.json"];
  EXPECT_EQ(refresh(), "rollback");
  EXPECT_EQ(device_->trusted_version("root"), 2U);
}

TEST_F(Attack, RootThatSkipsAVersionIsRefused) {
  repository_.publish_root();
  repository_.publish_root();
  repository_.files["2.root.json"] = repository_.files["3.root.json"];
  EXPECT_EQ(refresh(), "mismatch");
}

TEST_F(Attack, RootWithoutTheOldKeysIsRefused) {
  repository_.replace_keys("root");
  repository_.trust_keys("root");
  repository_.publish_root();
  EXPECT_EQ(refresh(), "signature");
}

TEST_F(Attack, RootWithoutTheNewKeysIsRefused) {
  const auto old = std::move(repository_.keys("root"));
  repository_.keys("root").clear();
  repository_.add_key("root");
  repository_.trust_keys("root");
  repository_.keys("root").clear();
  repository_.publish_root({old.front().get()});
  EXPECT_EQ(refresh(), "signature");
}

TEST_F(Attack, RotatedRootSignedByBothIsTrustedAndTheOldKeyIsWorthNothing) {
  const auto old = std::move(repository_.keys("root"));
  repository_.replace_keys("root");
  repository_.trust_keys("root");
  repository_.publish_root({old.front().get()});
  EXPECT_EQ(refresh(), "ok");
  repository_.keys("root").clear();
  repository_.publish_root({old.front().get()});
  EXPECT_EQ(refresh(), "signature");
}

TEST_F(Attack, FreezeEndsWhenTheTimestampExpires) {
  repository_.set_expiry("timestamp", kNow + 100);
  repository_.publish();
  EXPECT_EQ(refresh(kNow), "ok");
  EXPECT_EQ(refresh(kNow + 99), "ok");
  EXPECT_EQ(refresh(kNow + 100), "expired");
}

TEST_F(Attack, ExpiredMetadataOfEachRoleIsRefusedAndNotKept) {
  for (const char* const role : {"root", "timestamp", "snapshot", "targets"}) {
    ModelRepository repository;
    repository.set_expiry(role, kNow);
    repository.write(role);
    Device device(repository);
    EXPECT_EQ(outcome(device.refresh(repository)), "expired") << role;
    EXPECT_EQ(device.trusted_version(role), std::string(role) == "root" ? 1U : 0U) << role;
  }
}

TEST_F(Attack, ExpiredTimestampOnDiskStillStopsARollback) {
  const Bytes old = repository_.files["timestamp.json"];
  repository_.set_expiry("timestamp", kNow + 10);
  repository_.publish();
  ASSERT_EQ(refresh(), "ok");
  repository_.files["timestamp.json"] = old;
  EXPECT_EQ(refresh(kNow + 20), "rollback");
}

TEST_F(Attack, FastForwardIsHealedByRotatingTheKey) {
  for (const char* const role : {"timestamp", "snapshot"}) {
    ModelRepository repository;
    Device device(repository);
    repository.set_version(role, 1'000'000);
    repository.publish();
    ASSERT_EQ(outcome(device.refresh(repository)), "ok");
    repository.set_version("timestamp", 1);
    repository.set_version("snapshot", 1);
    repository.publish();
    EXPECT_EQ(outcome(device.refresh(repository)), "rollback") << role;
    repository.replace_keys(role);
    repository.trust_keys(role);
    repository.publish_root();
    repository.publish();
    EXPECT_EQ(outcome(device.refresh(repository)), "ok") << role;
    EXPECT_EQ(device.trusted_version("snapshot"), 3U) << role;
  }
}

TEST_F(Attack, FastForwardOfTargetsIsHealedByRotatingTheSnapshotKey) {
  repository_.set_version("targets", 1'000'000);
  repository_.publish();
  ASSERT_EQ(refresh(), "ok");
  repository_.set_version("targets", 3);
  repository_.replace_keys("snapshot");
  repository_.trust_keys("snapshot");
  repository_.publish_root();
  repository_.publish();
  EXPECT_EQ(refresh(), "ok");
  EXPECT_EQ(device_->trusted_version("targets"), 3U);
}

TEST_F(Attack, MixAndMatchIsRefused) {
  const Bytes old_targets = repository_.files["2.targets.json"];
  repository_.publish({"targets"});
  repository_.files["3.targets.json"] = old_targets;
  EXPECT_EQ(refresh(), "mismatch");
  Device other(repository_);
  repository_.files["3.snapshot.json"] = repository_.files["2.snapshot.json"];
  EXPECT_EQ(outcome(other.refresh(repository_)), "mismatch");
}

TEST_F(Attack, ListedHashesAndLengthsAreHeld) {
  const Bytes& snapshot = repository_.files["2.snapshot.json"];
  const auto list = [&](const Json& length, const std::string& hash) {
    repository_.part("timestamp")["meta"] = Json::Object{
        {"snapshot.json",
         Json::Object{{"version", 2}, {"length", length}, {"hashes", Json::Object{{"sha256", hash}}}}}};
    repository_.write("timestamp");
    return outcome(Device(repository_).refresh(repository_));
  };
  const std::uint64_t length = snapshot.size();
  const std::string hash = sha256(snapshot).hex();
  EXPECT_EQ(list(length, hash), "ok");
  EXPECT_EQ(list(length, sha256({}).hex()), "mismatch");
  EXPECT_EQ(list(length + 1, hash), "mismatch");
  EXPECT_EQ(list(length - 1, hash), "limit");
  EXPECT_EQ(list(length, ""), "format");
}

/// Serves as many bytes as the client lets it, for one file.
class Endless final : public tuf::Fetcher {
 public:
  Endless(ModelRepository& repository, std::string name, bool obeys)
      : repository_(&repository), name_(std::move(name)), obeys_(obeys) {}
  Result<std::optional<Bytes>> fetch(std::string_view name, std::uint64_t max_length) override {
    if (name != name_) return repository_->fetch(name, max_length);
    asked_ = max_length;
    if (obeys_) return fail(ErrorKind::kLimit, "endless");
    return std::optional<Bytes>(Bytes(max_length + 1, ' '));
  }
  [[nodiscard]] std::uint64_t asked() const { return asked_; }

 private:
  ModelRepository* repository_;
  std::string name_;
  bool obeys_;
  std::uint64_t asked_ = 0;
};

TEST_F(Attack, EndlessDataIsCutOffAtTheLimit) {
  const tuf::Limits limits;
  for (const auto& [file, limit] : std::map<std::string, std::uint64_t>{{"2.root.json", limits.root},
                                                                        {"timestamp.json", limits.timestamp},
                                                                        {"2.snapshot.json", limits.snapshot},
                                                                        {"2.targets.json", limits.targets}}) {
    for (const bool obeys : {true, false}) {
      Device device(repository_);
      Endless endless(repository_, file, obeys);
      EXPECT_EQ(outcome(device.refresh(endless)), "limit") << file;
      EXPECT_EQ(endless.asked(), limit) << file;
    }
  }
}

TEST_F(Attack, OtherTypeOrSpecificationIsRefused) {
  for (const char* const role : {"timestamp", "snapshot", "targets"}) {
    ModelRepository repository;
    Device device(repository);
    repository.part(role)["_type"] = "root";
    repository.write(role);
    EXPECT_EQ(outcome(device.refresh(repository)), "format") << role;
    repository.part(role)["_type"] = role;
    repository.part(role)["spec_version"] = "2.0.0";
    repository.write(role);
    EXPECT_EQ(outcome(device.refresh(repository)), "unsupported") << role;
  }
}

TEST_F(Attack, UnknownFieldsAreKeptAndCoveredBySignatures) {
  repository_.part("timestamp")["x-unknown"] = Json::Object{{"a", Json::Array{1, nullptr}}};
  repository_.publish();
  EXPECT_EQ(refresh(), "ok");
  Json file = *parse_json(repository_.files["timestamp.json"]);
  (*(*file.object())["signed"].object())["x-unknown"] = 1;
  const std::string text = json_text(file);
  repository_.files["timestamp.json"] = Bytes(text.begin(), text.end());
  EXPECT_EQ(outcome(Device(repository_).refresh(repository_)), "signature");
}

TEST_F(Attack, KeysOfUnknownKindDoNotCostTheFile) {
  repository_.member("root", "keys")["post-quantum"] = Json::Object{
      {"keytype", "ml-dsa"}, {"scheme", "ml-dsa-65"}, {"keyval", Json::Object{{"public", "00"}}}};
  repository_.publish_root();
  EXPECT_EQ(refresh(), "ok");
}

TEST_F(Attack, CachedRoleIsHeldAgainstItsCurrentDelegator) {
  repository_.delegate("targets", "r", {"r/*"});
  repository_.add_target("r", "r/f", "stolen");
  repository_.publish({"targets", "r"});
  ASSERT_TRUE(device_->client(repository_)->find("r/f"));
  repository_.replace_keys(
      "r");  // the key was stolen; the delegator names another, r itself is not signed anew
  repository_.trust_keys("r", "targets");
  repository_.publish({"targets"});
  EXPECT_EQ(outcome(device_->client(repository_)->find("r/f")), "signature");
}

TEST_F(Attack, RoleTrustedThroughOneDelegatorIsNotSoThroughAnother) {
  repository_.delegate("targets", "a", {"a/*"});
  repository_.delegate("targets", "b", {"b/*"});
  repository_.delegate("a", "shared", {"*/*"});
  repository_.add_target("shared", "a/f", "x");
  repository_.add_target("shared", "b/f", "x");
  repository_.publish({"targets", "a", "shared"});
  auto shared_keys = std::move(repository_.keys("shared"));
  repository_.replace_keys("shared");
  repository_.delegate("b", "shared", {"*/*"});  // with a key of b's choice
  repository_.keys("shared") = std::move(shared_keys);
  repository_.publish({"b"});
  auto client = device_->client(repository_);
  const auto through_a = client->find("a/f");
  ASSERT_TRUE(through_a) << through_a.error().message;
  EXPECT_TRUE(through_a->has_value());
  EXPECT_EQ(outcome(client->find("b/f")), "signature");
}

TEST_F(Attack, DelegatedRoleThatTheSnapshotDoesNotListIsRefused) {
  repository_.delegate("targets", "r", {"r/*"});
  repository_.publish({"targets"});
  repository_.member("snapshot", "meta").erase("r.json");
  repository_.write("snapshot");
  EXPECT_EQ(outcome(device_->client(repository_)->find("r/f")), "not-found");
}

TEST_F(Attack, DamagedCacheIsFetchedAgain) {
  ASSERT_EQ(refresh(), "ok");
  for (const char* const file : {"timestamp.json", "snapshot.json", "targets.json"}) {
    ASSERT_TRUE(write_file(device_->folder() / file, as_bytes("{}")));
    EXPECT_EQ(refresh(), "ok") << file;
  }
}

TEST_F(Attack, SameVersionWithOtherContentIsNotTaken) {
  ASSERT_EQ(refresh(), "ok");
  const Bytes before = *read_file(device_->folder() / "timestamp.json", 1 << 20);
  repository_.set_expiry("timestamp", kNow + 2 * kYear);
  repository_.write("timestamp");
  EXPECT_EQ(refresh(), "ok");
  EXPECT_EQ(*read_file(device_->folder() / "timestamp.json", 1 << 20), before);
}

}  // namespace
}  // namespace skiff
