// Which deltas a fleet has a use for.
#include "deltas/demand.hpp"

#include <gtest/gtest.h>

#include "fleet/planner.hpp"
#include "skiff/trust.hpp"
#include "store/unused_deltas.hpp"
#include "tests/server/store/database_fixture.hpp"

namespace skiff::server::test {
namespace {

ImageId image(std::string_view name) { return {name.size(), sha256(as_bytes(name))}; }

void add_release(CatalogueView& view, std::string_view name, std::uint64_t counter,
                 std::vector<std::string> hardware = {"gw1"}) {
  Release release;
  release.target = "releases/" + std::string(name);
  release.hardware = std::move(hardware);
  release.release_counter = counter;
  release.image = image(name);
  view.releases.push_back(std::move(release));
}

void add_delta(CatalogueView& view, const ImagePair& pair, std::uint64_t length, const std::string& name) {
  OfferedDelta delta;
  delta.offer.target = name;
  delta.offer.length = length;
  delta.offer.base = pair.base;
  delta.offer.result = pair.result;
  view.deltas.push_back(delta);
}

CatalogueView three_releases() {
  CatalogueView view;
  add_release(view, "one", 1);
  add_release(view, "two", 2);
  add_release(view, "three", 3);
  return view;
}

const ImagePair kFullThree = full_image_pair(image("three"));
const ImagePair kTwoThree = {image("two"), image("three")};
const ImagePair kOneThree = {image("one"), image("three")};
const ImagePair kOneTwo = {image("one"), image("two")};
const std::vector<ImageCount> kFleet = {{"gw1", image("one"), 7},
                                        {"gw1", image("two"), 20},
                                        {"gw1", image("three"), 5},
                                        {"gw9", image("two"), 99}};
using Pairs = std::map<ImagePair, std::uint64_t>;

TEST(Demand, IsForTheNewestReleaseFromEveryImageThatItsDevicesRun) {
  EXPECT_EQ(demand_of(three_releases(), kFleet, {}),
            (Pairs{{kFullThree, 32}, {kTwoThree, 20}, {kOneThree, 7}}));
  EXPECT_EQ(demand_of(three_releases(), {}, {}), (Pairs{{kFullThree, 0}}));
  EXPECT_TRUE(demand_of({}, kFleet, {}).empty());
}

TEST(Demand, IsAlsoForReleasesOfDeploymentsAndTheNewestWithoutOne) {
  const ImagePair full_two = full_image_pair(image("two"));
  const DeployedReleases only_newest = {{"releases/three"}, {"releases/three"}};
  const auto free = demand_of(three_releases(), kFleet, only_newest);
  EXPECT_TRUE(free.contains(kOneTwo) && free.contains(full_two) && free.contains(kTwoThree));
  const DeployedReleases all = {{"releases/one", "releases/two", "releases/three"}, {"releases/two"}};
  EXPECT_EQ(demand_of(three_releases(), kFleet, all),
            (Pairs{{kFullThree, 32}, {kTwoThree, 20}, {kOneThree, 7}, {full_two, 32}, {kOneTwo, 7}}));
}

TEST(Demand, CountsDevicesOfEveryHardwareOfARelease) {
  CatalogueView view;
  add_release(view, "two", 2, {"gw1", "gw9"});
  add_release(view, "three", 3, {"gw1", "gw9"});
  EXPECT_EQ(demand_of(view, kFleet, {}).at(kTwoThree), 119U);
}

TEST(Demand, OfDeltasThatNobodyWouldFetchEachIsUnused) {
  CatalogueView view = three_releases();
  add_delta(view, kFullThree, 100, "full");
  add_delta(view, kTwoThree, 99, "small");
  add_delta(view, kOneThree, 100, "not smaller than the full image");
  add_delta(view, kOneTwo, 10, "to a release that is not the newest");
  add_delta(view, {image("zero"), image("three")}, 10, "from an image of nobody here");
  const auto demand = demand_of(view, kFleet, {});
  EXPECT_EQ(unused_deltas(view, demand), (std::set<std::string>{"not smaller than the full image",
                                                                "to a release that is not the newest"}));
  const auto fewer = demand_of(view, {{"gw1", image("one"), 7}}, {});
  EXPECT_TRUE(unused_deltas(view, fewer).contains("small"));
}

class DemandTest : public StoreTest {};

TEST_F(DemandTest, FullImagesAreMadeFirstThenDeltasOfWhatMostDevicesRunAndADevicesBeforeAll) {
  JobStore jobs(*database_);
  CatalogueView view = three_releases();
  const auto demand = demand_of(view, kFleet, {});
  EXPECT_EQ(queue_demand(view, demand, jobs, 5).value(), 3U);
  EXPECT_EQ(queue_demand(view, demand, jobs, 6).value(), 3U);
  ASSERT_TRUE(jobs.enqueue(kOneTwo, kDevicePriority, 7));
  std::vector<ImagePair> order;
  while (const auto job = jobs.claim("w", 10).value()) {
    order.push_back(job->pair);
    ASSERT_TRUE(jobs.finish(*job, JobState::kDone, 1, 10));
  }
  EXPECT_EQ(order, (std::vector{kOneTwo, kFullThree, kTwoThree, kOneThree}));
}

TEST_F(DemandTest, WhatIsThereOrCannotBeMadeOrWasNotSmallerIsNotQueued) {
  JobStore jobs(*database_);
  CatalogueView view = three_releases();
  add_delta(view, kFullThree, 100, "full");
  std::vector<ImageCount> fleet = kFleet;
  fleet.push_back({"gw1", image("home-made"), 1'000});
  ASSERT_TRUE(jobs.enqueue(kTwoThree, kBackgroundPriority, 1));
  ASSERT_TRUE(jobs.finish(jobs.claim("w", 1).value().value(), JobState::kNotSmaller, 5, 1));
  EXPECT_EQ(queue_demand(view, demand_of(view, fleet, {}), jobs, 5).value(), 1U);
  EXPECT_EQ(jobs.claim("w", 10).value().value().pair, kOneThree);
}

TEST_F(DemandTest, ADeltaIsDroppedWhenItWasUnusedWithoutABreak) {
  UnusedDeltas unused(*database_);
  EXPECT_TRUE(unused.note({"a", "b"}, 100, 1'000).value().empty());
  EXPECT_TRUE(unused.note({"a"}, 100, 1'050).value().empty());
  EXPECT_TRUE(unused.note({"a", "b"}, 100, 1'099).value().empty());
  EXPECT_EQ(unused.note({"a", "b"}, 100, 1'100).value(), std::vector<std::string>{"a"});
  EXPECT_EQ(unused.note({"b"}, 100, 1'199).value(), std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace skiff::server::test
