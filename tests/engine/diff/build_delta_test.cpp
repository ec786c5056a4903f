#include <gtest/gtest.h>

#include <random>
#include <set>

#include "skiff/applier.hpp"
#include "skiff/diff.hpp"
#include "tests/engine/apply/test_digest.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/match/match_images.hpp"

namespace skiff {
namespace {

using testing::operator+;

struct Built {
  Bytes delta;
  DiffReport report;
};

Built build(const Bytes& base, const Bytes& result, const DiffOptions& options = {.codec = Codec::kZstd}) {
  BytesSink sink;
  Result<DiffReport> report =
      build_delta(ViewSource(base), ViewSource(result), sink, options, testing::make_sha256);
  EXPECT_TRUE(report) << (report ? "" : report.error().text());
  return {sink.take(), report ? std::move(*report) : DiffReport{}};
}

Bytes applied(const Bytes& base, const Bytes& delta) {
  BytesSink sink;
  ApplyOptions options;
  options.max_memory = std::uint64_t{32} << 20;
  const auto info = apply_delta(ViewSource(base), ViewSource(delta), sink, options, testing::make_sha256);
  EXPECT_TRUE(info) << (info ? "" : info.error().text());
  return sink.take();
}

std::vector<testing::MatchPair> all_pairs() {
  std::vector<testing::MatchPair> pairs = testing::ordinary_pairs();
  for (auto& pair : testing::hostile_pairs(20'000)) pairs.push_back(std::move(pair));
  return pairs;
}

TEST(BuildDelta, RoundTripsEveryClassOfImageInEveryProfile) {
  for (const auto& [name, base, result] : all_pairs()) {
    for (const Profile profile : {Profile::kTiny, Profile::kStandard, Profile::kMax}) {
      const Built built = build(base, result, {.profile = profile});
      EXPECT_EQ(applied(base, built.delta), result) << name;
      EXPECT_EQ(built.report.info.profile, profile);
    }
  }
}

TEST(BuildDelta, RoundTripsEveryTinyLength) {
  const Bytes alphabet = testing::noise(200, 1);
  for (std::size_t base_length = 0; base_length <= 64; base_length += 1 + base_length / 8) {
    for (std::size_t length = 0; length <= 64; ++length) {
      const Bytes base = testing::part(alphabet, 0, base_length);
      const Bytes result = testing::part(alphabet, length / 3, length);
      ASSERT_EQ(applied(base, build(base, result).delta), result) << base_length << " to " << length;
    }
  }
}

TEST(BuildDelta, RoundTripsRandomEdits) {
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    const Bytes base =
        testing::code(2'000 + random() % 4'000, random(), 0) + testing::prose(random() % 9'000, 3);
    Bytes result = base;
    for (int edit = 0; edit < 20; ++edit) {
      const std::size_t at = random() % result.size();
      const std::size_t length = std::min<std::size_t>(random() % 700, result.size() - at);
      const Bytes moved = testing::part(result, random() % (result.size() - length + 1), length);
      result = testing::part(result, 0, at) + (edit % 3 == 0 ? testing::noise(length, random()) : moved) +
               testing::part(result, at + (edit % 2 == 0 ? length : 0),
                             result.size() - at - (edit % 2 == 0 ? length : 0));
    }
    ASSERT_EQ(applied(base, build(base, result).delta), result) << round;
  }
}

TEST(BuildDelta, OfIdenticalImagesIsAFewHundredBytes) {
  const Bytes image = testing::noise(3'000'000, 1);
  EXPECT_LT(build(image, image).delta.size(), 400u);
}

TEST(BuildDelta, OfUnrelatedNoiseIsHardlyLargerThanTheResult) {
  const Bytes result = testing::noise(1'000'000, 2);
  for (const Profile profile : {Profile::kTiny, Profile::kStandard, Profile::kMax}) {
    EXPECT_LT(build(testing::noise(1'000'000, 1), result, {.profile = profile}).delta.size(),
              result.size() + 3'000);
  }
}

TEST(BuildDelta, CostsLittleWhereLittleChanged) {
  const Bytes base = testing::noise(1'000'000, 1);
  const Bytes inserted =
      testing::part(base, 0, 500'001) + testing::noise(100, 2) + testing::part(base, 500'001, 499'999);
  EXPECT_LT(build(base, inserted).delta.size(), 600u);
  EXPECT_LT(build(base, testing::speckled(base, 10'000)).delta.size(), 1'000u);
}

TEST(BuildDelta, GivesTheSameBytesWhateverTheNumberOfThreads) {
  std::vector<testing::MatchPair> pairs = all_pairs();
  pairs.push_back({"many segments", testing::noise(3'000'000, 1),
                   testing::noise(1'500'000, 2) + testing::speckled(testing::noise(3'000'000, 1), 20)});
  for (const auto& [name, base, result] : pairs) {
    const Bytes one = build(base, result, {.threads = 1}).delta;
    for (const unsigned threads : {2u, 3u})
      EXPECT_TRUE(build(base, result, {.threads = threads}).delta == one) << name;
  }
}

TEST(BuildDelta, CutsSegmentsSoThatADeviceCanResume) {
  const Bytes result = testing::noise(2'000'000, 2);
  for (const auto& [profile, least] : {std::pair{Profile::kTiny, 20u}, std::pair{Profile::kStandard, 6u}}) {
    const DeltaInfo info = build({}, result, {.profile = profile}).report.info;
    EXPECT_GE(info.segments.size(), least);
  }
}

TEST(BuildDelta, ReportsWhatInspectionFinds) {
  for (const auto& [name, base, result] : all_pairs()) {
    const Built built = build(base, result);
    const Result<DiffReport> found = inspect_delta(ViewSource(built.delta));
    ASSERT_TRUE(found) << name << ": " << found.error().text();
    const DiffReport& told = built.report;
    EXPECT_EQ(told.info.delta_length, built.delta.size());
    EXPECT_EQ(found->info.delta_length, built.delta.size());
    for (const DiffReport* report : {&told, &*found}) {
      const DeltaBreakdown& bytes = report->bytes;
      EXPECT_EQ(bytes.head + bytes.map + bytes.residue + bytes.literals + bytes.overhead, built.delta.size());
      EXPECT_EQ(report->copied_bytes + report->verbatim_bytes + report->literal_bytes, result.size());
    }
    EXPECT_EQ(found->copies, told.copies);
    EXPECT_EQ(found->bytes.map, told.bytes.map);
    EXPECT_EQ(found->bytes.residue, told.bytes.residue);
    EXPECT_EQ(found->bytes.literals, told.bytes.literals);
    EXPECT_EQ(found->copied_bytes, told.copied_bytes);
    EXPECT_EQ(found->literal_bytes, told.literal_bytes);
  }
}

TEST(BuildDelta, SaysHowFarItIsAndStopsWheneverItIsTold) {
  const Bytes base = testing::prose(200'000, 1);
  const Bytes result = testing::speckled(base, 100);
  std::set<std::string> stages;
  for (int allowed = 0;; ++allowed) {
    int left = allowed;
    DiffOptions options{.codec = Codec::kZstd};
    options.progress = [&](std::string_view stage, double done) {
      EXPECT_GE(done, 0.0);
      EXPECT_LE(done, 1.0);
      stages.insert(std::string(stage));
      return left-- > 0;
    };
    BytesSink sink;
    const auto report =
        build_delta(ViewSource(base), ViewSource(result), sink, options, testing::make_sha256);
    if (report) break;
    EXPECT_EQ(report.error().kind, ErrorKind::kCancelled);
  }
  EXPECT_EQ(stages, (std::set<std::string>{"blocks", "code", "hash", "match", "typing", "write"}));
}

TEST(BuildDelta, HandsOnTheErrorOfWhicheverReadOrWriteFails) {
  const Bytes base = testing::noise(50'000, 1) + testing::prose(20'000, 2);
  const Bytes result = testing::part(base, 9, 60'000) + testing::noise(5'000, 3);
  const ViewSource base_view(base);
  const ViewSource result_view(result);
  std::uint64_t n = 0;
  for (;; ++n) {
    testing::Countdown countdown(n);
    BytesSink sink;
    const testing::FailingSource failing_base(base_view, countdown);
    const testing::FailingSource failing_result(result_view, countdown);
    testing::FailingSink failing_sink(sink, countdown);
    const DiffOptions options{.codec = Codec::kZstd};
    const auto report =
        build_delta(failing_base, failing_result, failing_sink, options, testing::make_sha256);
    if (report) break;
    ASSERT_EQ(report.error().kind, ErrorKind::kIo) << n;
  }
  EXPECT_GT(n, 10u);
}

}  // namespace
}  // namespace skiff
