#include "tests/engine/apply/delta_fixture.hpp"

#include "tests/engine/apply/test_digest.hpp"

namespace skiff::testing {

DeltaFixture::DeltaFixture(Bytes base, Bytes result, Bytes delta)
    : base_image_(std::move(base)),
      result_(std::move(result)),
      delta_(std::move(delta)),
      info_(read_delta_info(ViewSource(delta_)).value()),
      base_(base_image_),
      writer_(result_.size()) {}

Applier DeltaFixture::make_applier() { return Applier(base_, writer_, {}, make_sha256); }

Applier DeltaFixture::start_over(const Source& base) {
  writer_ = RecordingWriter(result_.size());
  return Applier(base, writer_, {}, make_sha256);
}

void DeltaFixture::expect_resumes_at_every_segment() {
  for (std::size_t segment = 0; segment <= info_.segments.size(); ++segment) {
    Applier applier = start_over();
    ASSERT_TRUE(applier.push(head()));
    ASSERT_TRUE(applier.resume_at(segment));
    ASSERT_TRUE(push_all(applier, delta_, 7)) << segment;
    const std::uint64_t from =
        segment < info_.segments.size() ? info_.segments[segment].result_offset : result_.size();
    EXPECT_EQ(part(writer_.image, from, result_.size() - from), part(result_, from, result_.size() - from));
    EXPECT_EQ(part(writer_.image, 0, from), Bytes(from, 0)) << "written before the segment";
  }
}

}  // namespace skiff::testing
