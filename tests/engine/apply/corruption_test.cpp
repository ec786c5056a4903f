#include <gtest/gtest.h>

#include <functional>

#include "base/cursor.hpp"
#include "format/head.hpp"
#include "skiff/applier.hpp"
#include "tests/engine/apply/delta_builder.hpp"
#include "tests/engine/apply/test_digest.hpp"
#include "tests/engine/apply/test_images.hpp"

namespace skiff::testing {
namespace {

class Corruption : public ::testing::Test {
 protected:
  const Bytes base_ = noise(300, 1) + prose(400, 2);
  const Bytes result_ = speckled(part(base_, 50, 400), 40) + noise(60, 3) + part(base_, 500, 200);
  const Bytes delta_ = make_delta(base_, result_, {.segment = 350});
  const DeltaInfo info_ = read_delta_info(ViewSource(delta_)).value();

  /// Applies what may be broken: it must be refused, or make the same image. Returns whether it was refused.
  bool refused(ByteView delta, const ApplyOptions& options) {
    BytesSink sink;
    const auto outcome = apply_delta(ViewSource(base_), ViewSource(delta), sink, options, make_sha256);
    if (outcome) {
      EXPECT_EQ(sink.bytes(), result_);
    }
    return !outcome;
  }

  void flip_every_bit(std::size_t begin, std::size_t end,
                      const std::function<void(Bytes&, std::size_t)>& check) {
    for (std::size_t at = begin; at < end; ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        Bytes broken = delta_;
        broken[at] = static_cast<std::uint8_t>(broken[at] ^ 1 << bit);
        check(broken, at);
      }
    }
  }
};

TEST_F(Corruption, OfAnyBitIsRefusedWithTheRoot) {
  const ApplyOptions options{.frames_root = frames_root(ViewSource(delta_), make_sha256).value()};
  flip_every_bit(0, delta_.size(), [&](const Bytes& broken, std::size_t at) {
    ASSERT_TRUE(refused(broken, options)) << "byte " << at;
  });
}

TEST_F(Corruption, OfAnyBitIsRefusedOrHarmlessWithoutTheRoot) {
  flip_every_bit(0, delta_.size(), [&](const Bytes& broken, std::size_t) { refused(broken, {}); });
}

TEST_F(Corruption, ThatWasSignedIsRefusedOrHarmlessInTheDecoder) {
  std::uint64_t refusals = 0;
  flip_every_bit(info_.head_length, delta_.size(), [&](Bytes& broken, std::size_t) {
    CodedDelta coded{.info = info_, .wires = {}};
    for (const SegmentInfo& segment : info_.segments) {
      coded.wires.push_back(part(broken, segment.wire_offset, segment.wire_length));
    }
    refusals += refused(join_delta(coded), {}) ? 1 : 0;
  });
  EXPECT_GT(refusals, (delta_.size() - info_.head_length) * 7);
}

TEST_F(Corruption, TruncationAtEveryLengthIsRefused) {
  for (std::size_t length = 0; length < delta_.size(); ++length) {
    BytesSink sink;
    const auto outcome =
        apply_delta(ViewSource(base_), ViewSource(ByteView(delta_).first(length)), sink, {}, make_sha256);
    ASSERT_FALSE(outcome) << length;
    ASSERT_EQ(outcome.error().rule, "F2") << length;
  }
}

TEST_F(Corruption, TruncationAtEveryLengthLeavesTheApplierUndone) {
  const ViewSource base(base_);
  for (std::size_t length = 0; length < delta_.size(); ++length) {
    RecordingWriter writer(result_.size());
    Applier applier(base, writer, {}, make_sha256);
    ASSERT_TRUE(applier.push(ByteView(delta_).first(length)));
    ASSERT_FALSE(applier.done());
    ASSERT_GT(applier.next_length(), 0u);
    ASSERT_EQ(applier.next_offset(), length);
  }
}

}  // namespace
}  // namespace skiff::testing
