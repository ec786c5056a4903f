// The planner as a table: what is known, and what the device is told.
#include "fleet/planner.hpp"

#include <gtest/gtest.h>

#include <map>

#include "skiff/trust.hpp"

namespace skiff::server {
namespace {

ImageId image(std::string_view name) { return {name.size(), sha256(as_bytes(name))}; }

Release release(std::string_view name, std::uint64_t counter, std::vector<std::string> hardware = {"gw1"}) {
  Release result;
  result.target = "releases/" + std::string(name);
  result.hardware = std::move(hardware);
  result.release_counter = counter;
  result.image = image(name);
  return result;
}

OfferedDelta offer(const ImageId& base, const ImageId& result, std::uint64_t length) {
  OfferedDelta delta;
  delta.offer.target = "deltas/" + std::to_string(base.length) + "-" + std::to_string(length);
  delta.offer.length = length;
  delta.offer.base = base;
  delta.offer.result = result;
  delta.offer.format = 1;
  delta.offer.decoder_memory = 1'000;
  return delta;
}

const ImageId kOld = image("old");
const ImageId kNew = image("newer");
const ImagePair kPair = {kOld, kNew};
const ImagePair kFullPair = full_image_pair(kNew);
constexpr JobState kFailed = JobState::kAbandoned;
const OfferedDelta kDelta = offer(kOld, kNew, 100);
const OfferedDelta kFull = offer(kFullPair.base, kNew, 500);

CheckIn device(const ImageId& running = kOld, std::uint64_t floor = 1) {
  CheckIn result;
  result.hardware = "gw1";
  result.image = running;
  result.counter_floor = floor;
  result.agent = "0.1.0";
  result.formats = {1};
  result.codecs = {"zstd"};
  result.decoder_memory = 1'000;
  return result;
}

struct PlannerCase {
  const char* name;
  CheckIn device;
  std::vector<OfferedDelta> deltas;
  SettledPairs settled;
  PlanKind kind;
  std::optional<ImagePair> wanted;
  std::uint32_t poll_after = 1'800;
};

CheckIn changed(void (*change)(CheckIn&)) {
  CheckIn result = device();
  change(result);
  return result;
}
OfferedDelta changed(OfferedDelta delta, void (*change)(OfferedDelta&)) {
  change(delta);
  return delta;
}

std::vector<PlannerCase> cases() {
  const auto needs_memory = [](OfferedDelta& d) { d.offer.decoder_memory = 1'001; };
  const auto needs_agent = [](OfferedDelta& d) { d.offer.min_agent = "0.2.0"; };
  const auto needs_codec = [](OfferedDelta& d) { d.codec = Codec::kContextMixing; };
  const auto is_large = [](OfferedDelta& d) { d.offer.length = 500; };
  const auto needs_xz = [](OfferedDelta& d) { d.repackers = {{"deflate", 0}, {"xz", 7}}; };
  const auto has_xz = [](CheckIn& d) { d.repackers = {{"deflate", 1}, {"xz", 7}, {"zstd", 2}}; };
  const auto has_another_xz = [](CheckIn& d) { d.repackers = {{"deflate", 1}, {"xz", 8}}; };
  const auto has_no_xz = [](CheckIn& d) { d.repackers = {{"deflate", 1}}; };
  const OfferedDelta opened = changed(kDelta, needs_xz);
  const auto no_formats = [](CheckIn& d) { d.formats = {2}; };
  const CheckIn elsewhere = changed([](CheckIn& d) { d.hardware = "gw9"; });
  const CheckIn unknown_image = device(image("home-made"));
  return {
      {"runs the newest", device(kNew, 1), {kDelta, kFull}, {}, PlanKind::kNothing, {}},
      {"floor as high as the newest", device(kOld, 2), {kDelta, kFull}, {}, PlanKind::kNothing, {}},
      {"floor above the newest", device(kOld, 9), {kDelta, kFull}, {}, PlanKind::kNothing, {}},
      {"no release for its hardware", elsewhere, {kDelta, kFull}, {}, PlanKind::kNothing, {}},
      {"both there", device(), {kDelta, kFull}, {}, PlanKind::kDelta, {}},
      {"delta alone", device(), {kDelta}, {}, PlanKind::kDelta, {}},
      {"delta as large as full", device(), {changed(kDelta, is_large), kFull}, {}, PlanKind::kFull, {}},
      {"full alone, base known", device(), {kFull}, {}, PlanKind::kWait, kPair, 5},
      {"none, base known", device(), {}, {}, PlanKind::kWait, kPair, 5},
      {"full alone, delta will not come", device(), {kFull}, {{kPair, kFailed}}, PlanKind::kFull, {}},
      {"full alone, delta is not smaller",
       device(),
       {kFull},
       {{kPair, JobState::kNotSmaller}},
       PlanKind::kFull,
       {}},
      {"none, delta will not come", device(), {}, {{kPair, kFailed}}, PlanKind::kWait, kFullPair, 5},
      {"none will come", device(), {}, {{kPair, kFailed}, {kFullPair, kFailed}}, PlanKind::kWait, {}},
      {"base unknown", unknown_image, {kDelta, kFull}, {}, PlanKind::kFull, {}},
      {"base unknown, no full", unknown_image, {kDelta}, {}, PlanKind::kWait, kFullPair, 5},
      {"delta needs more memory", device(), {changed(kDelta, needs_memory), kFull}, {}, PlanKind::kFull, {}},
      {"delta needs a newer agent", device(), {changed(kDelta, needs_agent), kFull}, {}, PlanKind::kFull, {}},
      {"delta needs another codec", device(), {changed(kDelta, needs_codec), kFull}, {}, PlanKind::kFull, {}},
      {"delta opens, device packs", changed(has_xz), {opened, kFull}, {}, PlanKind::kDelta, {}},
      {"delta opens, another version", changed(has_another_xz), {opened, kFull}, {}, PlanKind::kFull, {}},
      {"delta opens, no such library", changed(has_no_xz), {opened, kFull}, {}, PlanKind::kFull, {}},
      {"delta opens, device packs nothing", device(), {opened, kFull}, {}, PlanKind::kFull, {}},
      {"full needs more memory", device(), {kDelta, changed(kFull, needs_memory)}, {}, PlanKind::kDelta, {}},
      {"decodes nothing there is", changed(no_formats), {kDelta, kFull}, {}, PlanKind::kWait, {}},
  };
}

/// Of the first release that is due, with the poll times as they are unless told.
Plan plan_of(const CheckIn& device, const CatalogueView& catalogue, const SettledPairs& settled) {
  const auto due = due_releases(device, catalogue);
  if (!due.empty()) return plan_release(device, catalogue, *due.front(), settled, {});
  Plan nothing;
  nothing.poll_after = PollTimes().idle;
  return nothing;
}

TEST(Planner, EveryNamedCaseIsPlannedAsTheTableSays) {
  for (const PlannerCase& c : cases()) {
    CatalogueView catalogue;
    catalogue.releases = {release("old", 1), release("newer", 2), release("other", 7, {"gw2"})};
    catalogue.deltas = c.deltas;
    const Plan plan = plan_of(c.device, catalogue, c.settled);
    EXPECT_EQ(to_string(plan.kind), to_string(c.kind)) << c.name;
    EXPECT_TRUE(plan.wanted == c.wanted) << c.name;
    EXPECT_EQ(plan.poll_after, c.poll_after) << c.name;
    EXPECT_EQ(plan.release, c.kind == PlanKind::kNothing ? "" : "releases/newer") << c.name;
  }
}

TEST(Planner, SaysWhatToFetchAndWhatAllWouldCost) {
  CatalogueView catalogue;
  catalogue.releases = {release("old", 1), release("newer", 2)};
  catalogue.deltas = {kFull, kDelta};
  const Plan plan = plan_of(device(), catalogue, {});
  EXPECT_EQ(plan.delta, kDelta.offer.target);
  EXPECT_EQ(plan.bytes, 100U);
  EXPECT_EQ(plan.full_bytes, 500U);
}

TEST(Planner, SaysWhyItIsAFullImageOrWillBeOne) {
  const std::map<std::string_view, FullCause> causes = {
      {"delta as large as full", FullCause::kNotSmaller},
      {"full alone, delta is not smaller", FullCause::kNotSmaller},
      {"full alone, delta will not come", FullCause::kDeltaFailed},
      {"none, delta will not come", FullCause::kDeltaFailed},
      {"none will come", FullCause::kDeltaFailed},
      {"base unknown", FullCause::kUnknownBase},
      {"base unknown, no full", FullCause::kUnknownBase},
      {"delta needs more memory", FullCause::kUndecodable},
      {"delta needs a newer agent", FullCause::kUndecodable},
      {"delta needs another codec", FullCause::kUndecodable},
      {"delta opens, another version", FullCause::kUndecodable},
      {"delta opens, no such library", FullCause::kUndecodable},
      {"delta opens, device packs nothing", FullCause::kUndecodable},
      {"decodes nothing there is", FullCause::kUndecodable},
  };
  std::size_t met = 0;
  for (const PlannerCase& c : cases()) {
    CatalogueView catalogue;
    catalogue.releases = {release("old", 1), release("newer", 2)};
    catalogue.deltas = c.deltas;
    const auto wanted = causes.find(c.name);
    met += wanted == causes.end() ? 0 : 1;
    EXPECT_EQ(plan_of(c.device, catalogue, c.settled).full,
              wanted == causes.end() ? FullCause::kNone : wanted->second)
        << c.name;
  }
  EXPECT_EQ(met, causes.size());
}

TEST(NewestRelease, IsTheOneWithTheHighestCounterForTheHardware) {
  const std::vector<Release> releases = {release("a", 3), release("b", 9, {"gw2"}), release("c", 4),
                                         release("d", 1)};
  EXPECT_EQ(newest_release(releases, "gw1")->target, "releases/c");
  EXPECT_EQ(newest_release(releases, "gw3"), nullptr);
}

TEST(IsAtLeast, ComparesTheThreeNumbers) {
  EXPECT_TRUE(is_at_least("0.10.0", "0.9.9"));
  EXPECT_TRUE(is_at_least("1.2.3", "1.2.3"));
  EXPECT_TRUE(is_at_least("1.2.3-rc1", "1.2.3"));
  EXPECT_TRUE(is_at_least("anything", ""));
  EXPECT_FALSE(is_at_least("1.2.2", "1.2.3"));
  EXPECT_FALSE(is_at_least("1.2", "1.2.0"));
  EXPECT_FALSE(is_at_least("x", "0.0.0"));
  EXPECT_FALSE(is_at_least("99999999999.0.0", "0.0.0"));
}

}  // namespace
}  // namespace skiff::server
