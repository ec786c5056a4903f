// Streams packed by several threads: the same bytes in the same order, the same errors, as by one.
#include <gtest/gtest.h>

#include "skiff/applier.hpp"
#include "skiff/diff.hpp"
#include "tests/engine/apply/test_digest.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "unpack/packed_writer.hpp"
#include "unpack/stream_codec.hpp"

namespace skiff::testing {
namespace {

using unpack::Method;
using unpack::StreamCodec;

constexpr std::array kThreads = {1U, 2U, 5U};
const Method kZlib{StreamCodec::kZlib, {9, 8, 0, 15, 0}};
const Method kXz{StreamCodec::kXz, {6, 1 << 17, 0, 1, 1}};
const Method kXzInBlocks{StreamCodec::kXz, {0, 1 << 17, 0, 1, 2}};
const Method kZstd{StreamCodec::kZstd, {15, 0, 0, 0, 0}};

Bytes packed_by(const Method& method, const Bytes& content) {
  BytesSink sink;
  EXPECT_TRUE(unpack::pack_stream(method, content, sink));
  return sink.take();
}

/// Streams of all kinds and lengths, one of them in another, after plain bytes of which some are more than
/// may wait.
Bytes image_of(std::size_t version) {
  Bytes image;
  for (std::uint32_t i = 0; i < 20; ++i) {
    const Bytes content = speckled(prose(20'000 + 7'000 * (i % 7), i), 9'000 + 10 * version);
    const Method& method = i % 5 == 3 ? kXz : i % 5 == 4 ? kZstd : i == 10 ? kXzInBlocks : kZlib;
    image = image + noise(i % 6 == 5 ? 400'000 : 3 + 20 * i, i) + packed_by(method, content);
  }
  return image + packed_by(kXz, noise(40, 1) + packed_by(kZlib, speckled(prose(90'000, 8), 9'000 + version)));
}

struct Fixture {
  Bytes base = image_of(0);
  Bytes result = image_of(1);
  Bytes delta;
  Fixture() {
    BytesSink sink;
    EXPECT_TRUE(build_delta(ViewSource(base), ViewSource(result), sink,
                            {.codec = Codec::kZstd, .repackers = all_repackers()}, make_sha256));
    delta = sink.take();
  }
};

const Fixture& fixture() {
  static const Fixture made;
  return made;
}

ApplyOptions with_threads(unsigned threads) {
  return {.max_memory = std::uint64_t{256} << 20, .threads = threads, .repackers = all_repackers()};
}

/// Takes bytes in order, up to a length.
class OrderedWriter final : public ResultWriter {
 public:
  explicit OrderedWriter(std::uint64_t most) : most_(most) {}
  Result<void> write_at(std::uint64_t offset, ByteView bytes) override {
    EXPECT_EQ(offset, image.size());
    if (bytes.size() > most_ - image.size()) return fail(ErrorKind::kIo, "the slot takes no more", "X9");
    image.insert(image.end(), bytes.begin(), bytes.end());
    return {};
  }
  Result<void> segment_done(std::uint64_t segment) override {
    done.emplace_back(segment, image.size());
    return {};
  }

  Bytes image;
  std::vector<std::pair<std::uint64_t, std::size_t>> done;  ///< with how much was written then

 private:
  std::uint64_t most_;
};

Result<void> apply(const Bytes& base, OrderedWriter& writer, const ApplyOptions& options) {
  const ViewSource source(base);
  Applier applier(source, writer, options, make_sha256);
  return push_all(applier, fixture().delta, 10'000);
}

TEST(PackingThreads, MakeTheSameInTheSameOrder) {
  std::vector<std::pair<std::uint64_t, std::size_t>> done;
  for (const unsigned threads : kThreads) {
    OrderedWriter writer(fixture().result.size());
    const Result<void> applied = apply(fixture().base, writer, with_threads(threads));
    ASSERT_TRUE(applied) << applied.error().text();
    EXPECT_EQ(writer.image, fixture().result) << threads;
    if (done.empty()) done = writer.done;
    EXPECT_EQ(writer.done, done) << threads;
    EXPECT_FALSE(done.empty());
  }
}

TEST(PackingThreads, AreDoneWithoutWhereThereIsNoMemoryForThem) {
  const DeltaInfo info = read_delta_info(ViewSource(fixture().delta)).value();
  for (const std::uint64_t spare : {0u, 1u << 10, 300u << 10, 2u << 20, 8u << 20}) {
    ApplyOptions options = with_threads(4);
    options.max_memory = memory_to_apply(info) + spare;
    OrderedWriter writer(fixture().result.size());
    ASSERT_TRUE(apply(fixture().base, writer, options)) << spare;
    EXPECT_EQ(writer.image, fixture().result) << spare;
  }
}

TEST(PackingThreads, FailAsOneWhereTheWriterFails) {
  for (std::size_t most = 0; most < fixture().result.size(); most += fixture().result.size() / 11) {
    std::string expected;
    for (const unsigned threads : kThreads) {
      OrderedWriter writer(most);
      const Result<void> applied = apply(fixture().base, writer, with_threads(threads));
      ASSERT_FALSE(applied);
      if (expected.empty()) expected = applied.error().text();
      EXPECT_EQ(applied.error().text(), expected) << threads;
      EXPECT_TRUE(std::equal(writer.image.begin(), writer.image.end(), fixture().result.begin()));
    }
  }
}

TEST(PackingThreads, FailAsOneOnAnotherBase) {
  for (std::size_t at = 0; at < fixture().base.size(); at += fixture().base.size() / 17) {
    Bytes base = fixture().base;
    base[at] ^= 1;
    std::string expected;
    for (const unsigned threads : kThreads) {
      OrderedWriter writer(fixture().result.size());
      const Result<void> applied = apply(base, writer, with_threads(threads));
      const std::string text = applied ? "none" : applied.error().text();
      if (expected.empty()) expected = text;
      EXPECT_EQ(text, expected) << threads << " threads, byte " << at;
    }
  }
}

/// Streams of one content, of which the recipe says of the last that it is longer or shorter than it is.
Result<void> pack_with_length(const Bytes& content, std::uint64_t claimed, unsigned threads) {
  const Bytes packed = packed_by(kZlib, content);
  unpack::Level level{0, {kZlib}, {deflate_repacker().version()}, {}, {}};
  for (int i = 0; i < 5; ++i) level.result.push_back({0, packed.size(), content.size(), 0, kZlib.codec});
  level.result.back().packed = claimed;
  const std::uint64_t length = 4 * packed.size() + claimed;
  unpack::StreamPool pool(threads, std::uint64_t{64} << 20);
  OrderedWriter writer(length);
  const Repackers repackers = all_repackers();
  SKIFF_ASSIGN(auto packing, unpack::PackedWriter::make(level, length, {repackers, &pool, writer}));
  for (std::uint64_t at = 0; at < packing->opened_length(); at += content.size())
    SKIFF_TRY(packing->write_at(at, content));
  return packing->settle();
}

TEST(PackingThreads, RefuseAStreamOfAnotherLength) {
  const Bytes content = prose(32'000, 5);  // a multiple of 16: no padding between
  const std::uint64_t length = packed_by(kZlib, content).size();
  for (const unsigned threads : kThreads) {
    EXPECT_TRUE(pack_with_length(content, length, threads));
    for (const std::uint64_t claimed : {length - 1, length + 1}) {
      const Result<void> packed = pack_with_length(content, claimed, threads);
      ASSERT_FALSE(packed) << threads;
      EXPECT_EQ(packed.error().rule, "F33");
      EXPECT_EQ(packed.error().message.find("result image at byte " + std::to_string(4 * length)), 0u);
    }
  }
}

unpack::StreamJob job_of(unpack::StreamJob::Kind kind, const Bytes& content) {
  return {kind, {&deflate_repacker(), kZlib, packed_by(kZlib, content).size()}, content.size()};
}

TEST(PackingThreads, EndWithStreamsLeftUnpacked) {
  const Bytes content = prose(300'000, 5);
  const unpack::StreamJob job = job_of(unpack::StreamJob::Kind::kPack, content);
  unpack::StreamPool pool(3, std::uint64_t{64} << 20);
  for (int i = 0; i < 48; ++i) {
    unpack::StreamPool::Task* task = pool.take(job);
    ASSERT_NE(task, nullptr);
    std::copy(content.begin(), content.end(), task->content.span().begin());
    pool.start(*task);
  }
  EXPECT_EQ(pool.take(job), nullptr) << "no more than sixteen times the threads";
}

TEST(PackingThreads, HaveRoomForPackingWhateverIsOpened) {
  constexpr std::uint64_t kRoom = std::uint64_t{16} << 20;
  const Bytes content = prose(300'000, 5);
  unpack::StreamPool pool(2, kRoom);
  std::uint64_t opened = 0;
  while (pool.take(job_of(unpack::StreamJob::Kind::kOpen, content)) != nullptr) opened += content.size();
  EXPECT_GT(opened, kRoom / 8);
  EXPECT_LE(opened, kRoom / 2);
  EXPECT_NE(pool.take(job_of(unpack::StreamJob::Kind::kPack, content)), nullptr);
}

}  // namespace
}  // namespace skiff::testing
