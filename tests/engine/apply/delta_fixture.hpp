// DeltaFixture: a delta with both of its images, for tests that apply it again and again.
#pragma once

#include <gtest/gtest.h>

#include "skiff/applier.hpp"
#include "tests/engine/apply/test_images.hpp"

namespace skiff::testing {

class DeltaFixture : public ::testing::Test {
 protected:
  DeltaFixture(Bytes base, Bytes result, Bytes delta);

  /// An applier that writes to writer_, whatever that holds.
  Applier make_applier();
  /// An applier that writes to a writer_ which holds nothing yet.
  Applier start_over() { return start_over(base_); }
  Applier start_over(const Source& base);

  [[nodiscard]] ByteView head() const { return ByteView(delta_).first(info_.head_length); }
  /// Resumed at any segment, the applier makes the result from there on, and writes nothing before it.
  void expect_resumes_at_every_segment();

  const Bytes base_image_;
  const Bytes result_;
  const Bytes delta_;
  const DeltaInfo info_;
  const ViewSource base_;
  RecordingWriter writer_;
};

}  // namespace skiff::testing
