#include "skiff/repository.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "skiff/block_tree.hpp"
#include "skiff/io.hpp"
#include "tests/engine/trust/release_repository.hpp"
#include "trust/json_limits.hpp"

namespace skiff {
namespace {

using testing::delta_between;
using testing::Distribution;
using testing::image_id;
using testing::kNow;
using testing::outcome;
using testing::ReleaseRepository;
using testing::TemporaryFolder;

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;

std::size_t count_files(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

using Publishing = Distribution;

TEST_F(Publishing, OfANewRepositoryIsReadByAClient) {
  EXPECT_EQ(outcome(device_.refresh(fetcher_)), "ok");
  auto client = device_.client(fetcher_);
  EXPECT_EQ(client->list("releases")->size(), 0U);
  EXPECT_EQ(client->list("deltas")->size(), 0U);
}

TEST_F(Publishing, WhatIsDroppedGoesWhenNothingPublishedListsItAndImagesStay) {
  ASSERT_TRUE(repository_.add_release("a.img", 1, "image one"));
  ASSERT_TRUE(repository_.add_release("b.img", 2, "image two"));
  const auto dropped = repository_.add_delta(delta_between("image one", "image two"));
  const auto kept = repository_.add_delta(delta_between("", "image two"));
  ASSERT_TRUE(dropped && kept);
  ASSERT_TRUE(repository_.publish());
  const auto targets = repository_.folder() / "targets";
  const auto tree = targets / dropped->stored_base->tree_wire_path();
  const std::string names = dropped->target;
  EXPECT_EQ(repository_->remove_unlisted().value(), 0U);
  EXPECT_EQ(outcome(repository_->drop_deltas({names}, repository_.signers({"snapshot"}), kNow)), "signature");
  ASSERT_TRUE(repository_->drop_deltas({names, "deltas/none.skd"}, repository_.online(), kNow));
  EXPECT_EQ(repository_->deltas()->size(), 1U);
  EXPECT_EQ(repository_->remove_unlisted().value(), 0U);  // still published
  ASSERT_TRUE(repository_.publish());
  const auto stray = targets / "deltas" / "left-by-a-crash.skd";
  ASSERT_TRUE(write_file(stray, as_bytes("x")));
  EXPECT_EQ(repository_->remove_unlisted().value(), dropped->length + tree_length(9) + 1);
  for (const auto& gone : {repository_->target_file(names, dropped->sha256), tree, stray}) {
    EXPECT_FALSE(std::filesystem::exists(gone)) << gone;
  }
  EXPECT_EQ(count_files(targets / "releases"), 2U);
  EXPECT_TRUE(std::filesystem::exists(repository_->target_file(kept->target, kept->sha256)));
  EXPECT_EQ(outcome(device_.refresh(fetcher_)), "ok");
  EXPECT_EQ(device_.client(fetcher_)->list("deltas")->size(), 1U);
}

TEST(Repository, IsNotMadeTwice) {
  ReleaseRepository repository;
  const auto keys = testing::key_per_role();
  Repository::Signers signers;
  for (const auto& [role, key] : keys) signers.push_back(key.get());
  EXPECT_EQ(outcome(Repository::init(repository.folder(), testing::roles_of(keys), signers, kNow)), "usage");
}

TEST(Repository, IsNotMadeWithoutTheKeysOfEveryRole) {
  const auto keys = testing::key_per_role();
  for (const auto& [missing, unused] : keys) {
    Repository::Signers signers;
    for (const auto& [role, key] : keys) {
      if (role != missing) signers.push_back(key.get());
    }
    const TemporaryFolder folder;
    EXPECT_EQ(outcome(Repository::init(folder.path(), testing::roles_of(keys), signers, kNow)), "signature")
        << missing;
    EXPECT_EQ(outcome(Repository::open(folder.path())), "not-found") << missing;
  }
}

TEST(Repository, ThresholdsMustBePossible) {
  const auto keys = testing::key_per_role();
  Repository::Signers signers;
  for (const auto& [role, key] : keys) signers.push_back(key.get());
  for (const std::uint32_t threshold : {0U, 2U}) {
    RepositoryRoles roles = testing::roles_of(keys);
    roles.releases.threshold = threshold;
    roles.releases.keys.push_back(roles.releases.keys.front());  // the same key twice is one key
    const TemporaryFolder folder;
    EXPECT_EQ(outcome(Repository::init(folder.path(), roles, signers, kNow)), "usage") << threshold;
  }
}

TEST_F(Publishing, ShowsAReleaseToDevices) {
  const auto release = repository_.add_release("gw1-1.img", 1, "image one", {"gw1", "gw2"});
  ASSERT_TRUE(release) << release.error().message;
  EXPECT_EQ(release->target, "releases/gw1-1.img");
  EXPECT_EQ(release->image, image_id("image one"));
  EXPECT_EQ(repository_->releases()->size(), 1U);
  EXPECT_FALSE(device_.client(fetcher_)->find(release->target)->has_value());
  ASSERT_EQ(outcome(repository_.publish()), "ok");
  const auto found = device_.client(fetcher_)->find(release->target);
  ASSERT_TRUE(found && *found);
  const auto read = read_release(**found);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->hardware, (std::vector<std::string>{"gw1", "gw2"}));
  EXPECT_EQ(read->version, "v1");
  EXPECT_EQ(read->release_counter, 1U);
  EXPECT_EQ(read->image, release->image);
  EXPECT_EQ(read->issued, kNow);
}

TEST(Repository, TargetsAreImmutableFilesByHash) {
  ReleaseRepository repository;
  const auto release = repository.add_release("a.img", 1, "image");
  const auto file = repository->target_file(release->target, release->image.sha256);
  EXPECT_EQ(file, repository.folder() / "targets/releases" / (release->image.sha256.hex() + ".a.img"));
  EXPECT_EQ(as_text(*read_file(file, 100)), "image");
  struct stat status = {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0444U);
  EXPECT_EQ(count_files(repository.folder() / "incoming"), 0U);
}

TEST(Repository, ReleaseNamesAndCountersOnlyMoveOn) {
  ReleaseRepository repository;
  ASSERT_TRUE(repository.add_release("a", 5, "one", {"gw1", "gw2"}));
  EXPECT_EQ(outcome(repository.add_release("a", 6, "two")), "usage");
  EXPECT_EQ(outcome(repository.add_release("b", 5, "two", {"gw1"})), "rollback");
  EXPECT_EQ(outcome(repository.add_release("b", 4, "two", {"gw3", "gw2"})), "rollback");
  EXPECT_EQ(outcome(repository.add_release("b", 1, "two", {"gw3"})), "ok");
  EXPECT_EQ(outcome(repository.add_release("c", 6, "two", {"gw1"})), "ok");
}

TEST(Repository, ReleaseFieldsAreChecked) {
  ReleaseRepository repository;
  const auto add = [&](const NewRelease& release) {
    return outcome(repository->add_release(release, ViewSource({}), repository.signers({"releases"}), kNow));
  };
  EXPECT_EQ(add({"../x", {"gw1"}, "1", 1}), "usage");
  EXPECT_EQ(add({"a/b", {"gw1"}, "1", 1}), "usage");
  EXPECT_EQ(add({"", {"gw1"}, "1", 1}), "usage");
  EXPECT_EQ(add({"a", {}, "1", 1}), "usage");
  EXPECT_EQ(add({"a", {"gw 1"}, "1", 1}), "usage");
  EXPECT_EQ(add({"a", {"gw1"}, "", 1}), "usage");
  EXPECT_EQ(add({"a", {"gw1"}, "1", std::uint64_t{kMaxJsonInteger} + 1}), "usage");
  EXPECT_EQ(add({"a", {"gw1"}, "\xff", 1}), "format") << "not UTF-8: no client could read it";
  EXPECT_EQ(add({"a", {"gw1"}, "1", 1}), "ok");
}

TEST(Repository, RefusesToSignWithoutTheRolesOwnKeys) {
  ReleaseRepository repository;
  EXPECT_EQ(outcome(repository->add_release(
                {"a", {"gw1"}, "1", 1}, ViewSource({}),
                repository.signers({"deltas", "snapshot", "timestamp", "targets"}), kNow)),
            "signature");
  ASSERT_TRUE(repository.add_release("a", 1, "one"));
  EXPECT_EQ(outcome(repository->add_delta(ViewSource(delta_between("", "one")), "",
                                          repository.signers({"releases"}), kNow)),
            "signature");
  EXPECT_EQ(outcome(repository->publish(repository.signers({"snapshot"}), kNow)), "signature");
}

TEST(Repository, DeltaIsOfferedAsItsHeadSays) {
  ReleaseRepository repository;
  ASSERT_TRUE(repository.add_release("a", 1, "one"));
  ASSERT_TRUE(repository.add_release("b", 2, "second"));
  const Bytes delta = delta_between("one", "second");
  const auto offer = repository.add_delta(delta, "1.2.0");
  ASSERT_TRUE(offer) << offer.error().message;
  EXPECT_EQ(offer->target, "deltas/" + image_id("one").sha256.hex().substr(0, 16) + "-" +
                               image_id("second").sha256.hex().substr(0, 16) + ".skd");
  EXPECT_EQ(offer->length, delta.size());
  EXPECT_EQ(offer->sha256, sha256(delta));
  EXPECT_EQ(offer->base, image_id("one"));
  EXPECT_EQ(offer->result, image_id("second"));
  EXPECT_EQ(offer->frames, 2U);
  EXPECT_EQ(offer->frames_root, *frames_root(ViewSource(delta), make_sha256));
  EXPECT_EQ(offer->min_agent, "1.2.0");
  EXPECT_TRUE(std::filesystem::exists(repository.folder() / "targets" / offer->wire_path));
  const auto listed = repository->deltas();
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().wire_path, offer->wire_path);
  EXPECT_EQ(listed->front().decoder_memory, offer->decoder_memory);
  EXPECT_FALSE(listed->front().is_full_image());
}

TEST(Repository, SameDeltaAgainChangesNothingAndABetterOneReplacesIt) {
  ReleaseRepository repository;
  ASSERT_TRUE(repository.add_release("a", 1, "one"));
  ASSERT_TRUE(repository.add_delta(delta_between("", "one")));
  const std::size_t files = count_files(repository.folder() / "metadata");
  const auto again = repository.add_delta(delta_between("", "one"));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->is_full_image());
  EXPECT_EQ(count_files(repository.folder() / "metadata"), files);
  EXPECT_EQ(count_files(repository.folder() / "incoming"), 0U);
  ASSERT_TRUE(repository.add_delta(delta_between("", "one", 7)));
  ASSERT_EQ(repository->deltas()->size(), 1U);
  EXPECT_EQ(repository->deltas()->front().sha256, sha256(delta_between("", "one", 7)));
}

TEST(Repository, DeltaToAnUnknownImageIsRefused) {
  ReleaseRepository repository;
  EXPECT_EQ(outcome(repository.add_delta(delta_between("one", "two"))), "mismatch");
  EXPECT_EQ(outcome(repository.add_delta({'n', 'o', 'n', 'e'})), "format");
  EXPECT_EQ(count_files(repository.folder() / "targets/deltas"), 0U);
  EXPECT_EQ(count_files(repository.folder() / "incoming"), 0U);
}

TEST(Repository, PublishDoesNothingWhenNothingChangedOrAged) {
  ReleaseRepository repository;
  const auto timestamp = repository.folder() / "metadata/timestamp.json";
  const Bytes before = *read_file(timestamp, 1 << 20);
  const std::size_t files = count_files(repository.folder() / "metadata");
  EXPECT_EQ(outcome(repository->publish({}, kNow + 12 * kHour)), "ok") << "not even keys are needed";
  EXPECT_EQ(*read_file(timestamp, 1 << 20), before);
  EXPECT_EQ(count_files(repository.folder() / "metadata"), files);
}

TEST_F(Publishing, RenewsWhatHasLessThanHalfOfItsLifeLeft) {
  const auto online = repository_.online();
  const auto has = [&](const char* file) {
    return std::filesystem::exists(repository_.folder() / "metadata" / file);
  };
  ASSERT_TRUE(repository_->publish(online, kNow + 12 * kHour + 1));
  EXPECT_FALSE(has("2.snapshot.json"));
  ASSERT_TRUE(repository_->publish(online, kNow + 4 * kDay));
  EXPECT_TRUE(has("2.snapshot.json"));
  EXPECT_TRUE(has("2.deltas.json"));
  for (std::int64_t day = 4; day < 60; ++day) {
    ASSERT_TRUE(repository_->publish(online, kNow + day * kDay));
    ASSERT_EQ(outcome(device_.refresh(fetcher_, kNow + day * kDay + 23 * kHour)), "ok") << day;
  }
}

TEST(Repository, TellsWhatIsPublishedFromWhatWasAdded) {
  ReleaseRepository repository;
  ASSERT_TRUE(repository.add_release("a", 1, "one"));
  ASSERT_TRUE(repository.add_delta(delta_between("", "one")));
  EXPECT_EQ(repository->releases()->size(), 1U);
  EXPECT_EQ(repository->deltas()->size(), 1U);
  EXPECT_EQ(repository->published_releases()->size(), 0U);
  EXPECT_EQ(repository->published_deltas()->size(), 0U);
  ASSERT_TRUE(repository.publish());
  EXPECT_EQ(repository->published_releases()->front().target, "releases/a");
  EXPECT_EQ(repository->published_deltas()->front().target, repository->deltas()->front().target);
}

TEST_F(Publishing, ByRenewalMakesNothingVisibleThatWasAdded) {
  const auto online = repository_.online();
  ASSERT_TRUE(repository_.add_release("a", 1, "one"));
  ASSERT_TRUE(repository_.add_delta(delta_between("", "one")));
  ASSERT_EQ(outcome(repository_->renew(online, kNow + 13 * kHour)), "ok");
  EXPECT_EQ(repository_->published_releases()->size(), 0U);
  EXPECT_EQ(repository_->published_deltas()->size(), 0U);
  EXPECT_EQ(outcome(device_.refresh(fetcher_, kNow + 36 * kHour)), "ok");
  for (std::int64_t day = 2; day < 30; ++day) {
    ASSERT_TRUE(repository_->renew(online, kNow + day * kDay));
    ASSERT_EQ(outcome(device_.refresh(fetcher_, kNow + day * kDay + 23 * kHour)), "ok") << day;
  }
  EXPECT_EQ(repository_->published_releases()->size(), 0U);
  EXPECT_EQ(repository_->releases()->size(), 1U);
}

TEST(Repository, PublishingDeltasLeavesAnUnfinishedReleaseAlone) {
  ReleaseRepository repository;
  const auto online = repository.online();
  ASSERT_TRUE(repository.add_release("a", 1, "one"));
  ASSERT_TRUE(repository->publish(online, kNow));
  ASSERT_TRUE(repository.add_release("b", 2, "two"));
  ASSERT_TRUE(repository.add_delta(delta_between("", "one")));
  ASSERT_EQ(outcome(repository->publish_deltas(online, kNow)), "ok");
  EXPECT_EQ(repository->published_deltas()->size(), 1U);
  EXPECT_EQ(repository->published_releases()->size(), 1U);
  ASSERT_TRUE(repository->publish(online, kNow));
  EXPECT_EQ(repository->published_releases()->size(), 2U);
}

TEST(Repository, WhatSomebodyElseSlippedInIsNotExtended) {
  ReleaseRepository repository;
  const auto file = repository.folder() / "metadata/1.releases.json";
  Json forged = *parse_json(*read_file(file, 1 << 20));
  (*(*forged.object())["signed"].object())["version"] = 2;
  ASSERT_TRUE(write_file(repository.folder() / "metadata/2.releases.json", as_bytes(json_text(forged))));
  EXPECT_EQ(outcome(repository.add_release("a", 1, "one")), "signature");
  EXPECT_EQ(outcome(Repository::open(repository.folder())), "signature");
}

TEST(Repository, OpenNeedsARepository) {
  const TemporaryFolder folder;
  EXPECT_EQ(outcome(Repository::open(folder.path())), "not-found");
  EXPECT_EQ(outcome(Repository::open(folder.path() / "absent")), "not-found");
}

TEST(Repository, WritersInSeveralThreadsLoseNothing) {
  ReleaseRepository repository;
  constexpr int kWriters = 4;
  std::vector<std::thread> writers;
  std::vector<std::string> outcomes(kWriters);
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&repository, &outcomes, i] {
      const std::string name = "r" + std::to_string(i);
      outcomes[static_cast<std::size_t>(i)] = outcome(repository.add_release(name, 1, name, {name}));
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(outcomes, std::vector<std::string>(kWriters, "ok"));
  EXPECT_EQ(repository->releases()->size(), std::size_t{kWriters});
}

TEST(Repository, ImageThatCannotBeReadLeavesNothing) {
  class Failing final : public Source {
   public:
    [[nodiscard]] std::uint64_t size() const override { return std::uint64_t{3} << 20; }
    Result<void> read_at(std::uint64_t offset, MutableBytes) const override {
      return offset == 0 ? Result<void>{} : fail(ErrorKind::kIo, "unreadable");
    }
  };
  ReleaseRepository repository;
  EXPECT_EQ(outcome(repository->add_release({"a", {"gw1"}, "1", 1}, Failing(), repository.signers(), kNow)),
            "io");
  EXPECT_EQ(count_files(repository.folder() / "incoming"), 0U);
  EXPECT_EQ(repository->releases()->size(), 0U);
}

}  // namespace
}  // namespace skiff
