#include <gtest/gtest.h>

#include <limits>

#include "format/head.hpp"
#include "format/limits.hpp"
#include "skiff/applier.hpp"
#include "tests/engine/apply/counted_heap.hpp"
#include "tests/engine/apply/delta_builder.hpp"
#include "tests/engine/apply/test_digest.hpp"
#include "tests/engine/apply/test_images.hpp"

namespace skiff::testing {
namespace {

/// A delta that uses its limits: a long segment, many copies, and in the header the most that the profile
/// allows.
Bytes greedy_delta(const Bytes& base, const Bytes& result, Profile profile) {
  const BuildPlan plan{.window = result.size(), .segment = result.size() / 2 + 1, .profile = profile};
  CodedDelta coded =
      code_delta(cut_delta(base, result, naive_cover(base, result, plan.window), plan), plan.level);
  coded.info.limits.segment_raw = 0;
  coded.info.limits.segment_raw = memory_limit(profile) - decoder_memory(coded.info.limits);
  return join_delta(coded);
}

class Memory : public ::testing::TestWithParam<Profile> {
 protected:
  const Bytes base_ = noise(120'000, 5) + prose(60'000, 6);
  const Bytes result_ =
      speckled(part(base_, 1000, 100'000), 64) + noise(50'000, 7) + part(base_, 120'000, 50'000);
  const Bytes delta_ = greedy_delta(base_, result_, GetParam());
  const DeltaInfo info_ = read_delta_info(ViewSource(delta_)).value();
};

TEST_P(Memory, StaysWithinWhatTheHeadDeclares) {
  const ViewSource base(base_);
  const ViewSource delta(delta_);
  NullSink sink;
  const ApplyOptions options{.max_memory = memory_limit(GetParam())};
  const std::uint64_t before = heap.live;
  heap.peak = heap.live;
  const auto outcome = apply_delta(base, delta, sink, options, make_uncounted);
  ASSERT_TRUE(outcome) << outcome.error().text();
  const std::uint64_t used = heap.peak - before;
  RecordProperty("used", std::to_string(used));
  EXPECT_EQ(sink.length, result_.size());
  EXPECT_EQ(info_.decoder_memory, memory_limit(GetParam()));
  // The head comes on top: its bytes, and segments and frames made of them.
  ASSERT_LT(info_.head_length, 2048u);
  EXPECT_LE(used, info_.decoder_memory + 4 * info_.head_length);
  EXPECT_GT(used, info_.decoder_memory - kDecoderBase);
}

TEST_P(Memory, IsAllTakenBeforeBytesOfTheResultAreMade) {
  const ViewSource base(base_);
  RecordingWriter writer(result_.size());
  writer.done.reserve(info_.segments.size());
  Applier applier(base, writer, {.max_memory = memory_limit(GetParam())}, make_uncounted);
  const std::uint64_t map_end = info_.segments[1].wire_offset;
  ASSERT_TRUE(applier.push(ByteView(delta_).first(map_end)));
  const std::uint64_t allocations = heap.allocations;
  ASSERT_TRUE(applier.push(ByteView(delta_).subspan(map_end)));
  EXPECT_EQ(heap.allocations, allocations);
  EXPECT_TRUE(applier.done());
  EXPECT_EQ(writer.image, result_);
}

TEST_P(Memory, ThatIsShortIsALimitAndNotTheEndOfTheProcess) {
  const ViewSource base(base_);
  RecordingWriter writer(result_.size());
  std::uint64_t allowed = 0;
  for (;; ++allowed) {
    Applier applier(base, writer, {.max_memory = memory_limit(GetParam())}, make_uncounted);
    heap.nothrow_left = allowed;
    const auto outcome = applier.push(delta_);
    heap.nothrow_left = std::numeric_limits<std::uint64_t>::max();
    if (outcome) break;
    ASSERT_EQ(outcome.error().kind, ErrorKind::kLimit);
  }
  EXPECT_EQ(allowed, 5u);  // frames, block, decoder, streams, map
}

INSTANTIATE_TEST_SUITE_P(Profiles, Memory,
                         ::testing::Values(Profile::kTiny, Profile::kStandard, Profile::kMax),
                         [](const auto& profile) { return std::string(to_string(profile.param)); });

}  // namespace
}  // namespace skiff::testing
