#include "skiff/applier.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/cursor.hpp"
#include "tests/engine/apply/delta_builder.hpp"
#include "tests/engine/apply/test_digest.hpp"
#include "tests/engine/apply/test_images.hpp"

namespace skiff::testing {
namespace {

constexpr BuildPlan kSmallPieces{.window = 1024, .segment = 300};

/// Several frames a segment: 200 KiB that do not compress.
ImagePair long_pair() { return {"long", {}, noise(200'000, 9)}; }

TEST(Applier, MakesTheResultOfEveryClassOfImages) {
  for (const ImagePair& pair : image_pairs()) {
    const Bytes delta = make_delta(pair.base, pair.result, kSmallPieces);
    const ViewSource base(pair.base);
    RecordingWriter writer(pair.result.size());
    Applier applier(base, writer, {}, make_sha256);
    const auto outcome = push_all(applier, delta, delta.size());
    ASSERT_TRUE(outcome) << pair.name << ": " << outcome.error().text();
    EXPECT_EQ(writer.image, pair.result) << pair.name;
    EXPECT_EQ(applier.next_length(), 0u);
    EXPECT_EQ(applier.next_offset(), delta.size());
  }
}

TEST(Applier, MakesTheSameImageFromEverySplit) {
  const ImagePair pair = image_pairs().back();
  const Bytes delta = make_delta(pair.base, pair.result, kSmallPieces);
  const ViewSource base(pair.base);
  for (std::uint64_t step = 1; step <= 200; ++step) {
    RecordingWriter writer(pair.result.size());
    Applier applier(base, writer, {}, make_sha256);
    ASSERT_TRUE(push_all(applier, delta, step)) << step;
    ASSERT_EQ(writer.image, pair.result) << step;
  }
}

TEST(Applier, MakesTheSameImageFromRandomSplits) {
  const ImagePair pair = long_pair();
  const Bytes delta = make_delta(pair.base, pair.result, {.segment = 150'000});
  const ViewSource base(pair.base);
  std::mt19937 random(4);
  for (int round = 0; round < 50; ++round) {
    RecordingWriter writer(pair.result.size());
    Applier applier(base, writer, {}, make_sha256);
    for (std::size_t at = 0; at < delta.size();) {
      // The head runs into the first frame here: a push may end anywhere.
      const std::size_t length = std::min<std::size_t>(delta.size() - at, 1 + random() % 100'000);
      ASSERT_TRUE(applier.push(ByteView(delta).subspan(at, length)));
      at += length;
    }
    ASSERT_TRUE(applier.done());
    ASSERT_EQ(writer.image, pair.result);
  }
}

TEST(Applier, NeverDecodesAByteItHasNotAuthenticated) {
  const ImagePair pair = long_pair();
  const Bytes delta = make_delta(pair.base, pair.result, {.segment = 150'000});
  const ViewSource base(pair.base);
  RecordingWriter writer(pair.result.size());
  Applier applier(base, writer, {}, make_sha256);
  for (const std::uint8_t& byte : delta) {
    ASSERT_TRUE(applier.push({&byte, 1}));
    ASSERT_LE(applier.bytes_decoded(), applier.bytes_authenticated());
    ASSERT_LE(applier.bytes_authenticated(), applier.next_offset());
  }
  EXPECT_EQ(applier.bytes_decoded(), delta.size() - applier.info()->head_length);
}

TEST(Applier, GivesNoByteOfASegmentWithABadFrameToADecoder) {
  const ImagePair pair = long_pair();
  Bytes delta = make_delta(pair.base, pair.result, {.segment = 150'000});
  const ViewSource base(pair.base);
  delta[delta.size() - 1] ^= 1;
  RecordingWriter writer(pair.result.size());
  Applier applier(base, writer, {}, make_sha256);
  const auto outcome = push_all(applier, delta, kFrameSize);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().rule, "F14");
  EXPECT_EQ(outcome.error().kind, ErrorKind::kSignature);
  const SegmentInfo& last = applier.info()->segments.back();
  EXPECT_EQ(applier.bytes_decoded(), last.wire_offset - applier.info()->head_length);
  EXPECT_EQ(writer.done.size(), applier.info()->segments.size() - 2);
}

TEST(Applier, ComparesTheHeadWithTheRootBeforeItReadsIt) {
  const ImagePair pair = image_pairs().back();
  const Bytes delta = make_delta(pair.base, pair.result, kSmallPieces);
  const ViewSource base(pair.base);
  const Sha256 root = frames_root(ViewSource(delta), make_sha256).value();
  RecordingWriter writer(pair.result.size());
  Applier right(base, writer, {.frames_root = root}, make_sha256);
  EXPECT_TRUE(push_all(right, delta, delta.size()));

  // The codec is broken too: were it read, the error would be F6.
  Bytes broken = delta;
  broken[8] = 9;
  Applier wrong(base, writer, {.frames_root = root}, make_sha256);
  const auto outcome = push_all(wrong, broken, broken.size());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::kSignature);
  EXPECT_EQ(wrong.info(), nullptr);
}

TEST(Applier, RefusesADeltaForAnotherImage) {
  const ImagePair pair = image_pairs().back();
  const Bytes delta = make_delta(pair.base, pair.result);
  RecordingWriter writer(pair.result.size());
  const auto error_with = [&](ByteView base_bytes, const ApplyOptions& options) {
    const ViewSource base(base_bytes);
    Applier applier(base, writer, options, make_sha256);
    return push_all(applier, delta, delta.size()).error();
  };
  const ImageId other{.length = 1, .sha256 = {}};
  EXPECT_EQ(error_with(pair.base, {.base = other}).kind, ErrorKind::kMismatch);
  EXPECT_EQ(error_with(pair.base, {.result = other}).kind, ErrorKind::kMismatch);
  EXPECT_EQ(error_with(ByteView(pair.base).first(10), {}).kind, ErrorKind::kMismatch);
  EXPECT_EQ(error_with(Bytes(pair.base.size(), 0xee), {}).rule, "F27");
  EXPECT_EQ(writer.done.size(), 0u);
}

TEST(Applier, RefusesWhatNeedsMoreThanTheDeviceAllows) {
  const ImagePair pair = image_pairs().back();
  const Bytes delta = make_delta(pair.base, pair.result);
  const ViewSource base(pair.base);
  RecordingWriter writer(pair.result.size());
  const DeltaInfo info = read_delta_info(ViewSource(delta)).value();
  const auto outcome_with = [&](const ApplyOptions& options) {
    Applier applier(base, writer, options, make_sha256);
    return push_all(applier, delta, 1);
  };
  EXPECT_TRUE(outcome_with({.max_memory = info.decoder_memory, .max_head = info.head_length}));
  EXPECT_EQ(outcome_with({.max_memory = info.decoder_memory - 1}).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(outcome_with({.max_head = info.head_length - 1}).error().kind, ErrorKind::kLimit);
}

TEST(Applier, RefusesBytesAfterTheLastFrame) {
  for (const ImagePair& pair : image_pairs()) {
    Bytes delta = make_delta(pair.base, pair.result);
    delta.push_back(0);
    const ViewSource base(pair.base);
    RecordingWriter writer(pair.result.size());
    Applier applier(base, writer, {}, make_sha256);
    const auto outcome = applier.push(delta);
    ASSERT_FALSE(outcome) << pair.name;
    EXPECT_EQ(outcome.error().rule, "F13");
  }
}

TEST(Applier, GivesTheFirstErrorForEver) {
  const ImagePair pair = image_pairs().back();
  const Bytes delta = make_delta(pair.base, pair.result);
  const ViewSource base(pair.base);
  RecordingWriter writer(pair.result.size());
  Applier applier(base, writer, {}, make_sha256);
  EXPECT_EQ(applier.push(Bytes(kFrameSize, 1)).error().rule, "F3");
  EXPECT_EQ(applier.push(delta).error().rule, "F3");
  EXPECT_EQ(applier.resume_at(0).error().rule, "F3");
}

TEST(ApplyDelta, ChecksBaseAndResult) {
  const ImagePair pair = image_pairs().back();
  const Bytes delta = make_delta(pair.base, pair.result, kSmallPieces);
  BytesSink sink;
  const auto info = apply_delta(ViewSource(pair.base), ViewSource(delta), sink, {}, make_sha256);
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_EQ(sink.bytes(), pair.result);
  EXPECT_EQ(info->delta_length, delta.size());

  Bytes other_base = pair.base;
  other_base[0] ^= 1;
  BytesSink nothing;
  const auto wrong_base = apply_delta(ViewSource(other_base), ViewSource(delta), nothing, {}, make_sha256);
  EXPECT_EQ(wrong_base.error().kind, ErrorKind::kMismatch);
  EXPECT_TRUE(nothing.bytes().empty());

  CodedDelta coded = code_delta(cut_delta(pair.base, pair.result, {}, kSmallPieces), 3);
  coded.info.result.sha256.bytes[0] ^= 1;
  const Bytes lying = join_delta(coded);
  BytesSink wrong;
  const auto wrong_result = apply_delta(ViewSource(pair.base), ViewSource(lying), wrong, {}, make_sha256);
  EXPECT_EQ(wrong_result.error().kind, ErrorKind::kMismatch);
}

TEST(ApplyDelta, FailsCleanlyAtEveryReadAndWrite) {
  const ImagePair pair = image_pairs().back();
  const Bytes delta_bytes = make_delta(pair.base, pair.result, kSmallPieces);
  const ViewSource base(pair.base);
  const ViewSource delta(delta_bytes);
  std::uint64_t failures = 0;
  for (bool failed = true; failed; ++failures) {
    Countdown countdown(failures);
    const FailingSource failing_base(base, countdown);
    const FailingSource failing_delta(delta, countdown);
    BytesSink sink;
    FailingSink failing_sink(sink, countdown);
    const auto outcome = apply_delta(failing_base, failing_delta, failing_sink, {}, make_sha256);
    failed = countdown.failed();
    ASSERT_EQ(outcome.has_value(), !failed);
    if (failed) {
      ASSERT_EQ(outcome.error().kind, ErrorKind::kIo);
    } else {
      ASSERT_EQ(sink.bytes(), pair.result);
    }
  }
  EXPECT_GT(failures, 20u);
}

}  // namespace
}  // namespace skiff::testing
