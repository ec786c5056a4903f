// What applying an opened delta takes, with all that libraries allocate, against what the delta declares.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>

#include "skiff/applier.hpp"
#include "skiff/diff.hpp"
#include "tests/engine/apply/test_digest.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "unpack/stream_codec.hpp"

namespace {

std::atomic<std::int64_t> live = 0;
std::atomic<std::int64_t> peak = 0;

void* counted(void* block) {
  if (block == nullptr) return block;
  const std::int64_t now = live += static_cast<std::int64_t>(::malloc_usable_size(block));
  for (std::int64_t most = peak; now > most && !peak.compare_exchange_weak(most, now);) {
  }
  return block;
}

void uncounted(void* block) {
  if (block != nullptr) live -= static_cast<std::int64_t>(::malloc_usable_size(block));
}

}  // namespace

// glibc's, under the names by which it lets itself be replaced.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void __libc_free(void*);
void* malloc(std::size_t size) { return counted(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) { return counted(__libc_calloc(count, size)); }
void* realloc(void* block, std::size_t size) {
  uncounted(block);
  return counted(__libc_realloc(block, size));
}
void free(void* block) {
  uncounted(block);
  __libc_free(block);
}
}

namespace skiff::testing {
namespace {

using unpack::Method;
using unpack::StreamCodec;

class NullSink final : public Sink {
 public:
  Result<void> write(ByteView) override { return {}; }
};

Bytes packed(const Method& method, const Bytes& content) {
  BytesSink sink;
  EXPECT_TRUE(unpack::pack_stream(method, content, sink));
  return sink.take();
}

/// Several streams by one method around one another, or beside one another.
struct Streams {
  const char* name;
  std::vector<Method> methods;  ///< the innermost first
  std::size_t length;           ///< of what each holds
  std::size_t count;
};

void PrintTo(const Streams& streams, std::ostream* out) { *out << streams.name; }

Bytes image_of(const Streams& streams, std::uint32_t version) {
  Bytes image = noise(100, 1);
  for (std::uint32_t i = 0; i < streams.count; ++i) {
    Bytes content = speckled(prose(streams.length, i), 5'000 + 7 * version);
    for (const Method& method : streams.methods)
      content = noise(40, i) + packed(method, content) + noise(20, i + version);
    image = image + content;
  }
  return image;
}

class OpenedMemory : public ::testing::TestWithParam<Streams> {};

/// Bytes that applying the delta took at most; 0 if it fails.
std::uint64_t used_by(const Bytes& base, const Bytes& delta, const ApplyOptions& options) {
  NullSink none;
  const std::int64_t before = live;
  peak = before;
  const bool applied =
      apply_delta(ViewSource(base), ViewSource(delta), none, options, make_sha256).has_value();
  return applied ? static_cast<std::uint64_t>(peak - before) : 0;
}

TEST_P(OpenedMemory, StaysWithinWhatTheHeadDeclares) {
  const Bytes base = image_of(GetParam(), 0);
  const Bytes result = image_of(GetParam(), 1);
  BytesSink sink;
  ASSERT_TRUE(build_delta(ViewSource(base), ViewSource(result), sink,
                          {.codec = Codec::kZstd, .repackers = all_repackers()}, make_sha256));
  const Bytes delta = sink.take();
  const DeltaInfo info = read_delta_info(ViewSource(delta)).value();
  ASSERT_TRUE(info.opening);
  constexpr std::uint64_t kDigests = 64 << 10;  ///< the caller's: hash states, and options as they are copied
  const std::uint64_t beside = 4 * info.head_length + kDigests;
  ApplyOptions options{.max_memory = std::uint64_t{4} << 30, .repackers = all_repackers()};
  const std::uint64_t used = used_by(base, delta, options);
  RecordProperty("used", std::to_string(used));
  RecordProperty("declared", std::to_string(memory_to_apply(info)));
  EXPECT_GT(used, 0u);
  EXPECT_LE(used, memory_to_apply(info) + beside);
  options.threads = 4;
  options.max_memory = memory_to_apply(info) + (std::uint64_t{8} << 20);
  const std::uint64_t by_threads = used_by(base, delta, options);
  EXPECT_GT(by_threads, 0u);
  EXPECT_LE(by_threads, options.max_memory + beside);
}

const Method kZlib{StreamCodec::kZlib, {6, 8, 0, 15, 0}};
const Method kXz{StreamCodec::kXz, {6, 8 << 20, 0, 1, 0}};

INSTANTIATE_TEST_SUITE_P(
    Of, OpenedMemory,
    ::testing::Values(
        Streams{"zlib", {kZlib}, 3'000'000, 2}, Streams{"xz", {kXz}, 1'000'000, 2},
        Streams{"xzOfSmallContent", {{StreamCodec::kXz, {6, 64 << 20, 0, 1, 0}}}, 200'000, 2},
        Streams{"xzInBlocks", {{StreamCodec::kXz, {0, 1 << 18, 0, 1, 2}}}, 3'000'000, 1},
        Streams{"zstd", {{StreamCodec::kZstd, {19, 0, 0, 0, 0}}}, 1'000'000, 2},
        Streams{"zstdInPieces", {{StreamCodec::kZstd, {3, 1, 1, 0, 0}}}, 1'000'000, 2},
        Streams{"zstdInPiecesOfLongChains", {{StreamCodec::kZstd, {19, 1, 1, 0, 0}}}, 300'000, 2},
        Streams{"zstdInJobs", {{StreamCodec::kZstd, {3, 1, 2, 0, 0}}}, 12'000'000, 1},
        Streams{"zstdInJobsOfLongChains", {{StreamCodec::kZstd, {15, 1, 3, 0, 0}}}, 2'500'000, 1},
        Streams{"zstdInOneJob", {{StreamCodec::kZstd, {21, 1, 2, 0, 0}}}, 2'500'000, 1},
        Streams{"manySmall", {kZlib}, 3'000, 800}, Streams{"nested", {kZlib, kXz}, 600'000, 2},
        Streams{"nestedDeeply", {kZlib, kXz, kZlib, kXz}, 600'000, 2}),
    [](const auto& streams) { return std::string(streams.param.name); });

}  // namespace
}  // namespace skiff::testing
