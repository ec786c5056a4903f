// A builder's copy of a repository that is elsewhere: what it takes, and what the repository takes back.
#include <gtest/gtest.h>

#include "skiff/io.hpp"
#include "tests/engine/trust/release_repository.hpp"
#include "trust/file_names.hpp"
#include "trust/release_roles.hpp"

namespace skiff {
namespace {

using testing::kNow;
using testing::outcome;
using testing::ReleaseRepository;
using testing::TemporaryFolder;

namespace fs = std::filesystem;

/// A repository with one release, and a copy of it whose builder holds the key of `releases`.
class Copies : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(there_.add_release("one.img", 1, "image one"));
    ASSERT_EQ(outcome(there_.publish()), "ok");
    ASSERT_EQ(outcome(fetch()), "ok");
  }

  Result<void> fetch() {
    SKIFF_ASSIGN(const Json::Object files, there_->role_files());
    SKIFF_ASSIGN(Repository copy, Repository::copy(folder_.path() / "copy", there_.root(), files));
    copy_.emplace(std::move(copy));
    return {};
  }
  Result<Release> build(const std::string& name, std::uint64_t counter, std::string_view image) {
    return copy_->add_release({name, {"gw1"}, "v", counter}, ViewSource(as_bytes(image)),
                              there_.signers({"releases"}), kNow);
  }
  /// An image as it is when its upload was verified.
  void upload(std::string_view image) {
    fs::create_directories(images());
    ASSERT_TRUE(write_file(images() / sha256(as_bytes(image)).hex(), as_bytes(image)));
  }
  Result<Json::Object> news() {
    SKIFF_ASSIGN(const Json::Object theirs, there_->role_files());
    return copy_->role_files_after(theirs);
  }
  Result<void> bring() {
    SKIFF_ASSIGN(const Json::Object files, news());
    return there_->accept(files, images());
  }
  fs::path images() { return there_.folder() / "incoming" / "images"; }
  std::string newest() {
    std::string names;
    const Json::Object files = *there_->role_files();
    for (const auto& [name, unused] : files) names += name + " ";
    return names;
  }

  ReleaseRepository there_;
  TemporaryFolder folder_;
  std::optional<Repository> copy_;
};

TEST_F(Copies, ListWhatTheRepositoryListsWithoutItsImages) {
  EXPECT_EQ(newest(), "1.deltas.json 1.root.json 1.targets.json 2.releases.json ");
  ASSERT_EQ(copy_->releases()->size(), 1U);
  EXPECT_EQ(copy_->releases()->front().image, testing::image_id("image one"));
  EXPECT_TRUE(news()->empty());
  EXPECT_EQ(outcome(bring()), "ok");  // nothing
}

TEST_F(Copies, BringAReleaseThatWasSignedElsewhere) {
  ASSERT_TRUE(build("two.img", 2, "image two"));
  ASSERT_TRUE(build("three.img", 3, "image three"));
  EXPECT_EQ(news()->size(), 2U);
  upload("image two");
  EXPECT_EQ(outcome(bring()), "not-found");
  EXPECT_EQ(there_->releases()->size(), 1U);
  upload("image three");
  ASSERT_EQ(outcome(bring()), "ok");
  ASSERT_EQ(outcome(there_.publish()), "ok");
  const auto releases = *there_->published_releases();
  ASSERT_EQ(releases.size(), 3U);
  for (const Release& release : releases) {
    EXPECT_TRUE(fs::exists(there_->target_file(release.target, release.image.sha256))) << release.target;
  }
  EXPECT_TRUE(fs::is_empty(images()));
  EXPECT_EQ(outcome(fetch()), "ok");
  EXPECT_TRUE(fs::is_empty(there_.folder() / "incoming" / "images"));
}

TEST_F(Copies, ComeInAgainWhereAnAnswerWasLost) {
  ASSERT_TRUE(build("two.img", 2, "image two"));
  upload("image two");
  const Json::Object files = *news();
  ASSERT_EQ(outcome(there_->accept(files, images())), "ok");
  EXPECT_EQ(outcome(there_->accept(files, images())), "ok");
  EXPECT_EQ(there_->releases()->size(), 2U);
}

TEST_F(Copies, AreRefusedWhereTheRepositoryHasMovedOn) {
  ASSERT_TRUE(build("two.img", 2, "image two"));
  upload("image two");
  const Json::Object files = *news();
  ASSERT_TRUE(there_.add_release("other.img", 2, "image of another builder"));
  EXPECT_EQ(outcome(there_->accept(files, images())), "mismatch");
  EXPECT_EQ(outcome(news()), "mismatch");
  EXPECT_EQ(outcome(fetch()), "mismatch");
  EXPECT_EQ(there_->releases()->size(), 2U);
  EXPECT_TRUE(fs::exists(images() / sha256(as_bytes("image two")).hex()));
}

TEST_F(Copies, AreNotFetchedOverWhatIsNotThereYet) {
  ASSERT_TRUE(build("two.img", 2, "image two"));
  EXPECT_EQ(outcome(fetch()), "mismatch");
  EXPECT_EQ(copy_->releases()->size(), 2U);
}

TEST_F(Copies, FollowTheRepositoryWhenTheyAreFetchedAgain) {
  ASSERT_TRUE(there_.add_release("two.img", 2, "image two"));
  ASSERT_EQ(outcome(fetch()), "ok");
  EXPECT_EQ(copy_->releases()->size(), 2U);
}

/// What a thief of an operator's token may try: each change of what is brought, and how it is refused.
TEST_F(Copies, WithoutTheirSignaturesBringNothing) {
  ASSERT_TRUE(build("two.img", 2, "image two"));
  upload("image two");
  const std::string name = "3.releases.json";
  const Json good = news()->at(name);
  const auto changed = [&](const auto& change) {
    Json file = good;
    change(*file.object());
    return outcome(there_->accept({{name, file}}, images()));
  };
  EXPECT_EQ(changed([](Json::Object& file) { file["signatures"] = Json::Array{}; }), "signature");
  EXPECT_EQ(changed([](Json::Object& file) {
              (*(*file["signed"].object())["targets"].object()).erase("releases/one.img");
            }),
            "signature");
  EXPECT_EQ(changed([](Json::Object& file) { (*file["signed"].object())["version"] = 4; }), "format");
  EXPECT_EQ(changed([](Json::Object& file) { file.erase("signed"); }), "format");
  EXPECT_EQ(outcome(there_->accept({{"4.releases.json", good}}, images())), "format");
  for (const char* odd : {"03.releases.json", "3.snapshot.json", "3.deltas.json", "3.releases-..%2Fx.json",
                          "releases.json", "../3.releases.json", "3.releases-/../../x.json"}) {
    EXPECT_EQ(outcome(there_->accept({{odd, good}}, images())), "format") << odd;
  }
  EXPECT_EQ(there_->releases()->size(), 1U);
  EXPECT_EQ(outcome(there_->accept({{name, good}}, images())), "ok");
}

TEST_F(Copies, KeepTheRulesOfReleasesWhoeverSigned) {
  ASSERT_TRUE(build("two.img", 2, "image two"));
  upload("image two");
  ASSERT_EQ(outcome(bring()), "ok");
  // A copy whose builder did not know of release two: its counter comes again.
  TemporaryFolder other;
  Json::Object old = *there_->role_files();
  old.erase("3.releases.json");
  old.emplace("2.releases.json",
              *parse_json(*read_file(there_.folder() / "metadata" / "2.releases.json", 1 << 20)));
  auto copy = Repository::copy(other.path(), there_.root(), old);
  ASSERT_TRUE(copy) << copy.error().text();
  const Repository::Signers signers = there_.signers({"releases"});
  ASSERT_TRUE(copy->add_release({"x.img", {"gw1"}, "v", 2}, ViewSource(as_bytes("x")), signers, kNow));
  ASSERT_TRUE(copy->add_release({"y.img", {"gw1"}, "v", 3}, ViewSource(as_bytes("y")), signers, kNow));
  upload("x");
  upload("y");
  const Json late = copy->role_files()->at("4.releases.json");
  EXPECT_EQ(outcome(there_->accept({{"4.releases.json", late}}, images())), "rollback");
  EXPECT_EQ(there_->releases()->size(), 2U);
}

TEST_F(Copies, BringManyReleasesInTheirBins) {
  for (std::uint64_t counter = 2; counter < 2 + kMaxReleasesInRole; ++counter) {
    const std::string image = "image " + std::to_string(counter);
    ASSERT_TRUE(build(std::to_string(counter) + ".img", counter, image));
    upload(image);
  }
  ASSERT_EQ(outcome(bring()), "ok");
  ASSERT_EQ(outcome(there_.publish()), "ok");
  EXPECT_EQ(there_->published_releases()->size(), 1 + kMaxReleasesInRole);
  TemporaryFolder other;
  const auto again = Repository::copy(other.path(), there_.root(), *there_->role_files());
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->releases()->size(), 1 + kMaxReleasesInRole);
}

TEST_F(Copies, BringNewKeysAndWhatTheySigned) {
  const auto fresh = *generate_ed25519();
  auto requests = copy_->propose_keys({"releases", {fresh->public_key()}, {}, {}}, kNow);
  ASSERT_TRUE(requests);
  for (SignRequest& request : *requests) {
    ASSERT_EQ(outcome(request.sign(*there_.signers({"targets"}).front())), "ok");
  }
  ASSERT_EQ(outcome(copy_->import(*requests)), "ok");
  ASSERT_TRUE(copy_->add_release({"two.img", {"gw1"}, "v", 2}, ViewSource(as_bytes("image two")),
                                 {fresh.get()}, kNow));
  upload("image two");
  EXPECT_EQ(news()->size(), 2U);
  ASSERT_EQ(outcome(bring()), "ok");
  EXPECT_EQ(newest(), "1.deltas.json 1.root.json 2.targets.json 3.releases.json ");
}

TEST_F(Copies, BeginWithARootThatIsTrusted) {
  const Json::Object files = *there_->role_files();
  ReleaseRepository stranger;
  EXPECT_EQ(outcome(Repository::copy(folder_.path() / "none", stranger.root(), files)), "signature");
  EXPECT_EQ(outcome(Repository::copy(folder_.path() / "none", stranger.root(), *stranger->role_files())),
            "ok");
}

TEST_F(Copies, FollowTheRootFromTheOneThatIsTrusted) {
  for (int step = 0; step < 2; ++step) {
    auto requests = there_->propose_renewal("root", kNow);
    ASSERT_TRUE(requests);
    ASSERT_EQ(outcome(requests->front().sign(*there_.signers({"root"}).front())), "ok");
    ASSERT_EQ(outcome(there_->import(*requests)), "ok");
  }
  const Bytes second = *read_file(there_.folder() / "metadata" / "2.root.json", 1 << 20);
  TemporaryFolder other;
  const auto copy = Repository::copy(other.path(), second, *there_->role_files());
  ASSERT_TRUE(copy) << copy.error().text();
  EXPECT_FALSE(fs::exists(other.path() / "metadata" / "1.root.json"));
  EXPECT_TRUE(fs::exists(other.path() / "metadata" / "3.root.json"));
  Json::Object skipped = *there_->role_files();
  skipped["2.root.json"] = skipped["3.root.json"];
  EXPECT_EQ(outcome(Repository::copy(other.path() / "x", there_.root(), skipped)), "mismatch");
  EXPECT_EQ(outcome(fetch()), "ok");
}

}  // namespace
}  // namespace skiff
