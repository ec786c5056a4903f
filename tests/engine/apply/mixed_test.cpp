#include "tests/engine/apply/delta_fixture.hpp"
#include "tests/engine/apply/window_delta.hpp"

namespace skiff::testing {
namespace {

/// A delta of codec 1 of a small program, in several segments.
class MixedDelta : public DeltaFixture {
 protected:
  MixedDelta() : MixedDelta(typed_window(Kind::kA64, 400, 1)) {}

  [[nodiscard]] Result<void> run(ByteView delta, std::uint64_t step) {
    Applier applier = start_over();
    SKIFF_TRY(push_all(applier, delta, step));
    EXPECT_LE(applier.bytes_decoded(), applier.bytes_authenticated());
    return {};
  }

  const CodedDelta coded_;

 private:
  explicit MixedDelta(const TypedWindow& window)
      : MixedDelta(window, code_window_delta(window, Profile::kTiny, 60)) {}
  MixedDelta(const TypedWindow& window, CodedDelta coded)
      : DeltaFixture(window.base, window.result, join_delta(coded)), coded_(std::move(coded)) {}
};

TEST_F(MixedDelta, MakesTheResultHoweverItsBytesAreSplit) {
  ASSERT_GE(info_.segments.size(), 4u);
  for (const std::uint64_t step : {1, 2, 3, 7, 61, 64, 100, 100'000}) {
    const auto outcome = run(delta_, step);
    ASSERT_TRUE(outcome) << outcome.error().text();
    ASSERT_EQ(writer_.image, result_) << step;
  }
  for (std::size_t cut = 0; cut <= delta_.size(); cut += 11) {
    Applier applier = start_over();
    ASSERT_TRUE(applier.push(ByteView(delta_).first(cut)));
    ASSERT_TRUE(applier.push(ByteView(delta_).subspan(cut)));
    ASSERT_EQ(writer_.image, result_) << cut;
  }
}

TEST_F(MixedDelta, NeverDecodesWhatIsNotAuthenticated) {
  Applier applier = start_over();
  for (std::size_t at = 0; at < delta_.size(); ++at) {
    ASSERT_TRUE(applier.push(ByteView(delta_).subspan(at, 1)));
    ASSERT_LE(applier.bytes_decoded(), applier.bytes_authenticated());
  }
  EXPECT_EQ(applier.bytes_decoded(), delta_.size() - info_.head_length);
}

TEST_F(MixedDelta, ResumesFromEverySegment) { expect_resumes_at_every_segment(); }

TEST_F(MixedDelta, RefusesABaseItWasNotMadeFor) {
  // Every literal and every copied byte depends on the base: one that differs in the code is found out.
  Bytes other = base_image_;
  for (std::uint8_t& byte : other) byte = static_cast<std::uint8_t>(byte + 1);
  const ViewSource base(other);
  Applier applier = start_over(base);
  const auto outcome = push_all(applier, delta_, 1000);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::kMismatch);
  EXPECT_EQ(outcome.error().rule, "F27");
  EXPECT_TRUE(writer_.done.empty());
}

TEST_F(MixedDelta, RefusesFlipsInItsFrames) {
  for (std::size_t at = info_.head_length; at < delta_.size(); at += 2) {
    Bytes broken = delta_;
    broken[at] ^= static_cast<std::uint8_t>(1 << at % 8);
    const auto outcome = run(broken, 1000);
    ASSERT_FALSE(outcome) << at;
    ASSERT_EQ(outcome.error().kind, ErrorKind::kSignature) << at;
  }
}

TEST_F(MixedDelta, RefusesFlipsThatWereSignedOrMakesTheSame) {
  std::size_t refused = 0;
  std::size_t flips = 0;
  for (std::size_t segment = 0; segment < coded_.wires.size(); ++segment) {
    for (std::size_t at = 0; at < coded_.wires[segment].size(); ++at, ++flips) {
      CodedDelta broken = coded_;
      broken.wires[segment][at] ^= static_cast<std::uint8_t>(1 << at % 8);
      if (run(join_delta(broken), 10'000)) {
        EXPECT_EQ(writer_.image, result_);
      } else {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, flips * 9 / 10);
}

TEST_F(MixedDelta, IsNotDoneWhereverItIsCutOff) {
  for (std::size_t length = 0; length < delta_.size(); length += 5) {
    Applier applier = start_over();
    ASSERT_TRUE(applier.push(ByteView(delta_).first(length)));
    ASSERT_FALSE(applier.done());
    ASSERT_EQ(applier.next_offset(), length);
  }
}

TEST_F(MixedDelta, RefusesSegmentsLongerThanTheirContent) {
  const auto rule = [&](std::size_t segment, const Bytes& more) {
    CodedDelta longer = coded_;
    longer.wires[segment] = longer.wires[segment] + more;
    longer.info.segments[segment].wire_length += more.size();
    longer.info.limits.segment_wire += more.size();
    const auto outcome = run(join_delta(longer), 10'000);
    return outcome ? "" : outcome.error().rule;
  };
  for (std::size_t segment = 0; segment < coded_.wires.size(); ++segment) {
    EXPECT_EQ(rule(segment, {0}), "F18") << segment;
    EXPECT_EQ(rule(segment, Bytes(9, 1)), "F18") << segment;
  }
}

TEST_F(MixedDelta, HandsOnTheErrorOfWhicheverReadFails) {
  std::uint64_t n = 0;
  for (;; ++n) {
    Countdown countdown(n);
    const FailingSource failing(base_, countdown);
    Applier applier = start_over(failing);
    const auto outcome = push_all(applier, delta_, 10'000);
    if (outcome) break;
    ASSERT_EQ(outcome.error().kind, ErrorKind::kIo) << n;
  }
  EXPECT_GE(n, info_.segments.size() - 1);
}

}  // namespace
}  // namespace skiff::testing
