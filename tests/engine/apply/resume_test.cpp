#include "tests/engine/apply/delta_builder.hpp"
#include "tests/engine/apply/delta_fixture.hpp"

namespace skiff::testing {
namespace {

class Resume : public DeltaFixture {
 protected:
  Resume() : Resume(image_pairs().back()) {}

 private:
  explicit Resume(const ImagePair& pair)
      : DeltaFixture(pair.base, pair.result,
                     make_delta(pair.base, pair.result, {.window = 1024, .segment = 300})) {}
};

TEST_F(Resume, GoesOnFromEverySegment) { expect_resumes_at_every_segment(); }

TEST_F(Resume, WorksAtEveryByteWhereTheConnectionMayBreak) {
  for (std::size_t cut = info_.head_length; cut < delta_.size(); ++cut) {
    Applier before = start_over();
    ASSERT_TRUE(before.push(ByteView(delta_).first(cut)));
    const std::uint64_t next = writer_.done.empty() ? 0 : writer_.done.back() + 1;
    const auto [kept_head, kept_map] = before.keep();
    ASSERT_EQ(kept_head.length, info_.head_length);

    Applier after = make_applier();
    ASSERT_TRUE(after.push(head()));
    ASSERT_TRUE(after.resume_at(next));
    if (next < info_.segments.size() && !info_.segments[next].is_map) {
      EXPECT_EQ(after.next_offset(), kept_map.offset);
      EXPECT_EQ(after.next_length(), kept_map.length);
      ASSERT_TRUE(after.push(ByteView(delta_).subspan(kept_map.offset, kept_map.length)));
      EXPECT_EQ(after.next_offset(), info_.segments[next].wire_offset);
    }
    ASSERT_TRUE(push_all(after, delta_, 100));
    ASSERT_EQ(writer_.image, result_) << cut;
  }
}

TEST_F(Resume, AsksForEachSegmentOnce) {
  Applier applier = make_applier();
  ASSERT_TRUE(push_all(applier, delta_, 64));
  std::vector<std::uint64_t> data_segments;
  for (std::size_t i = 0; i < info_.segments.size(); ++i) {
    if (!info_.segments[i].is_map) data_segments.push_back(i);
  }
  EXPECT_EQ(writer_.done, data_segments);
}

TEST_F(Resume, SkipsTheMapItHasAtHand) {
  Applier applier = make_applier();
  const SegmentInfo& second = info_.segments[2];
  ASSERT_FALSE(second.is_map);
  ASSERT_TRUE(applier.push(ByteView(delta_).first(second.wire_offset)));
  ASSERT_TRUE(applier.resume_at(1));
  EXPECT_EQ(applier.next_offset(), info_.segments[1].wire_offset);
}

TEST_F(Resume, IsRefusedWhereItMakesNoSense) {
  Applier before_head = make_applier();
  EXPECT_EQ(before_head.resume_at(0).error().kind, ErrorKind::kUsage);
  Applier past_end = make_applier();
  ASSERT_TRUE(past_end.push(head()));
  EXPECT_EQ(past_end.resume_at(info_.segments.size() + 1).error().kind, ErrorKind::kUsage);
  Applier within = make_applier();
  ASSERT_TRUE(within.push(ByteView(delta_).first(info_.head_length + 1)));
  EXPECT_EQ(within.resume_at(0).error().kind, ErrorKind::kUsage);
}

TEST_F(Resume, RefusesBytesPushedPastAJump) {
  Applier applier = make_applier();
  ASSERT_TRUE(applier.push(head()));
  ASSERT_TRUE(applier.resume_at(2));
  const std::uint64_t wanted = applier.next_length();
  EXPECT_EQ(wanted, info_.segments[0].wire_length);
  EXPECT_EQ(applier.push(ByteView(delta_).subspan(applier.next_offset(), wanted + 1)).error().kind,
            ErrorKind::kUsage);
}

TEST_F(Resume, KeepsNothingBeforeTheHeadAndTheHeadAloneAtTheEnd) {
  Applier applier = make_applier();
  EXPECT_EQ(applier.keep().first.length, 0u);
  ASSERT_TRUE(push_all(applier, delta_, delta_.size()));
  EXPECT_EQ(applier.keep().first.length, info_.head_length);
  EXPECT_EQ(applier.keep().second.length, 0u);
}

}  // namespace
}  // namespace skiff::testing
