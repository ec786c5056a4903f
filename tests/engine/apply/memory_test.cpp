// A binary of its own: it replaces operator new to count what the applier takes.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>

#include "format/head.hpp"
#include "skiff/applier.hpp"
#include "tests/engine/apply/delta_builder.hpp"
#include "tests/engine/apply/test_digest.hpp"
#include "tests/engine/apply/test_images.hpp"

namespace {

struct Heap {
  bool counting = true;
  std::uint64_t live = 0;
  std::uint64_t peak = 0;
  std::uint64_t allocations = 0;
  std::uint64_t nothrow_left = std::numeric_limits<std::uint64_t>::max();  ///< those that may still succeed
};
Heap heap;

void* counted(std::size_t size) {
  void* memory = std::malloc(size);
  if (!memory) std::abort();
  if (!heap.counting) return memory;
  ++heap.allocations;
  heap.live += malloc_usable_size(memory);
  heap.peak = std::max(heap.peak, heap.live);
  return memory;
}

void* counted_or_null(std::size_t size) {
  if (heap.nothrow_left == 0) return nullptr;
  --heap.nothrow_left;
  return counted(size);
}

void forget(void* memory) {
  if (heap.counting) heap.live -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted_or_null(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted_or_null(size); }
void operator delete(void* memory) noexcept { forget(memory); }
void operator delete[](void* memory) noexcept { forget(memory); }
void operator delete(void* memory, std::size_t) noexcept { forget(memory); }
void operator delete[](void* memory, std::size_t) noexcept { forget(memory); }

namespace skiff::testing {
namespace {

/// While it lives, nothing is counted.
class Uncounted {
 public:
  Uncounted() { heap.counting = false; }
  ~Uncounted() { heap.counting = true; }
};

/// A hasher outside the counted heap: digests are the caller's, not the decoder's.
class UncountedSha256 final : public Hasher {
 public:
  UncountedSha256() {
    const Uncounted pause;
    hasher_ = make_sha256();
  }
  ~UncountedSha256() override {
    const Uncounted pause;
    hasher_.reset();
  }
  static void* operator new(std::size_t size) { return std::malloc(size); }
  static void operator delete(void* memory) { std::free(memory); }
  void update(ByteView bytes) override { hasher_->update(bytes); }
  Sha256 finish() override { return hasher_->finish(); }

 private:
  std::unique_ptr<Hasher> hasher_;
};

std::unique_ptr<Hasher> make_uncounted() { return std::make_unique<UncountedSha256>(); }

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

/// Writes nowhere: the test's own memory must not count.
class NullSink final : public Sink {
 public:
  Result<void> write(ByteView bytes) override {
    length += bytes.size();
    return {};
  }
  std::uint64_t length = 0;
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

TEST_P(Memory, IsAllTakenWhenTheHeadIsRead) {
  const ViewSource base(base_);
  RecordingWriter writer(result_.size());
  writer.done.reserve(info_.segments.size());
  Applier applier(base, writer, {.max_memory = memory_limit(GetParam())}, make_uncounted);
  ASSERT_TRUE(applier.push(ByteView(delta_).first(info_.head_length)));
  const std::uint64_t allocations = heap.allocations;
  ASSERT_TRUE(applier.push(ByteView(delta_).subspan(info_.head_length)));
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
