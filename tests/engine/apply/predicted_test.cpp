#include <gtest/gtest.h>

#include "skiff/applier.hpp"
#include "tests/engine/apply/test_digest.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/apply/window_delta.hpp"

namespace skiff::testing {
namespace {

/// A delta of codec 0 whose copies are predicted; its segments begin and end anywhere in tokens.
class PredictedDelta : public ::testing::TestWithParam<Kind> {
 protected:
  static Bytes delta_of(const TypedWindow& window) {
    const BuildPlan plan{.segment = 333, .profile = Profile::kTiny, .typing = window.map.typing};
    return join_delta(code_delta(cut_delta(window.base, window.result, window.map.copies, plan), plan.level));
  }

  const TypedWindow window_ = typed_window(GetParam(), 4'000, 1);
  const Bytes delta_ = delta_of(window_);
  const DeltaInfo info_ = read_delta_info(ViewSource(delta_)).value();
  const ViewSource base_{window_.base};
};

TEST_P(PredictedDelta, MakesTheResultHoweverItsBytesAreSplit) {
  for (const std::uint64_t step : {1, 7, 61, 100'000}) {
    RecordingWriter writer(window_.result.size());
    Applier applier(base_, writer, {}, make_sha256);
    const auto outcome = push_all(applier, delta_, step);
    ASSERT_TRUE(outcome) << outcome.error().text();
    ASSERT_EQ(writer.image, window_.result) << step;
  }
}

TEST_P(PredictedDelta, ResumesFromEverySegment) {
  for (std::size_t segment = 0; segment < info_.segments.size(); ++segment) {
    RecordingWriter writer(window_.result.size());
    Applier applier(base_, writer, {}, make_sha256);
    ASSERT_TRUE(applier.push(ByteView(delta_).first(info_.head_length)));
    ASSERT_TRUE(applier.resume_at(segment));
    ASSERT_TRUE(push_all(applier, delta_, 1'000)) << segment;
    const std::uint64_t from = info_.segments[segment].result_offset;
    ASSERT_EQ(part(writer.image, from, window_.result.size() - from),
              part(window_.result, from, window_.result.size() - from));
  }
}

TEST_P(PredictedDelta, RefusesABaseItWasNotMadeFor) {
  Bytes other = window_.base;
  for (std::uint8_t& byte : other) byte = static_cast<std::uint8_t>(byte + 1);
  const ViewSource base(other);
  RecordingWriter writer(window_.result.size());
  Applier applier(base, writer, {}, make_sha256);
  const auto outcome = push_all(applier, delta_, 1'000);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().rule, "F27");
}

TEST_P(PredictedDelta, HandsOnTheErrorOfWhicheverReadFails) {
  std::uint64_t n = 0;
  for (;; ++n) {
    Countdown countdown(n);
    const FailingSource failing(base_, countdown);
    RecordingWriter writer(window_.result.size());
    Applier applier(failing, writer, {}, make_sha256);
    const auto outcome = push_all(applier, delta_, 10'000);
    if (outcome) break;
    ASSERT_EQ(outcome.error().kind, ErrorKind::kIo) << n;
  }
  EXPECT_GE(n, 12u);
}

INSTANTIATE_TEST_SUITE_P(Kinds, PredictedDelta, ::testing::ValuesIn(kAllKinds),
                         [](const auto& kind) { return std::to_string(static_cast<int>(kind.param)); });

}  // namespace
}  // namespace skiff::testing
