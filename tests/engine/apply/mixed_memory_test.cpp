#include <gtest/gtest.h>

#include <limits>

#include "codec/model_sizes.hpp"
#include "format/limits.hpp"
#include "skiff/applier.hpp"
#include "tests/engine/apply/counted_heap.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/apply/window_delta.hpp"

namespace skiff::testing {
namespace {

/// What the entries of a map are.
enum class Fill { kCopies, kSpaces, kSpacesWithARange, kTypes };

struct Case {
  Profile profile;
  Fill fill;
  Codec codec = Codec::kContextMixing;
};

constexpr std::uint64_t kSegmentWire = 64 * 1024;
constexpr std::uint64_t kSegmentRaw = 256 * 1024;

/// As many entries as the profile's memory leaves room for.
std::uint64_t most_entries(const Case& test) {
  const std::uint64_t fixed = test.codec == Codec::kZstd
                                  ? decoder_memory({.segment_wire = kSegmentWire, .segment_raw = kSegmentRaw})
                                  : decoder_memory({.segment_wire = kSegmentWire}, model_sizes(test.profile));
  return (memory_limit(test.profile) - fixed) / kMapEntry;
}

/// Two-byte copies, each of which begins in the middle of the one before: no two make one piece of the
/// inverse map.
std::vector<Copy> overlapping_copies(std::uint64_t count) {
  std::vector<Copy> copies(count);
  for (std::uint64_t i = 0; i < count; ++i) copies[i] = {2 * i, i, 2, false};
  return copies;
}

ImageTyping many_spaces(std::uint64_t count, bool with_a_range) {
  ImageTyping typing(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    typing[i].begin = i;
    typing[i].end = i + 1;
    if (with_a_range) typing[i].addresses.push_back({i, 1, i});
  }
  return typing;
}

ImageTyping many_types(std::uint64_t count) {
  ImageTyping typing(1);
  typing[0].end = count;
  for (std::uint64_t i = 0; i < count; ++i)
    typing[0].types.push_back({i, 1, static_cast<Kind>(i % kKinds), 0});
  return typing;
}

TypedWindow greedy_window(const Case& test) {
  const std::uint64_t entries = most_entries(test);
  TypedWindow window;
  window.models = model_sizes(test.profile);
  window.base = noise(300'000, 1);
  window.result = noise(4000, 2);
  switch (test.fill) {
    case Fill::kCopies:
      // One of them is the space without which nothing is translated.
      window.map.copies = overlapping_copies(entries - 1);
      window.map.typing.base = many_spaces(1, false);
      window.result = Bytes(2 * (entries - 1));
      window.base = Bytes(window.base.size());
      break;
    case Fill::kSpaces:
      window.map.typing.base = many_spaces(entries, false);
      break;
    case Fill::kSpacesWithARange:
      window.map.typing.base = many_spaces(entries / 2, true);
      break;
    case Fill::kTypes:
      window.map.typing.base = many_types(entries - 1);
      break;
  }
  return window;
}

CodedDelta greedy_delta(const TypedWindow& window, const Case& test) {
  if (test.codec == Codec::kContextMixing) return code_window_delta(window, test.profile, kSegmentWire - 64);
  const BuildPlan plan{.profile = test.profile, .typing = window.map.typing};
  return code_delta(cut_delta(window.base, window.result, window.map.copies, plan), plan.level);
}

class MapMemoryOf : public ::testing::TestWithParam<Case> {
 protected:
  MapMemoryOf() {
    CodedDelta coded = greedy_delta(window_, GetParam());
    coded.info.limits.window_copies = most_entries(GetParam());
    // What the entries leave over is less than one of them; the rest goes to the wire.
    coded.info.limits.segment_wire = 0;
    coded.info.limits.segment_wire = memory_limit(GetParam().profile) - decoder_memory(coded.info);
    delta_ = join_delta(coded);
    info_ = read_delta_info(ViewSource(delta_)).value();
  }
  [[nodiscard]] ApplyOptions options() const { return {.max_memory = memory_limit(GetParam().profile)}; }

  const TypedWindow window_ = greedy_window(GetParam());
  Bytes delta_;
  DeltaInfo info_;
};

TEST_P(MapMemoryOf, StaysWithinWhatTheHeadDeclares) {
  const ViewSource base(window_.base);
  const ViewSource delta(delta_);
  NullSink sink;
  const std::uint64_t before = heap.live;
  heap.peak = heap.live;
  const auto outcome = apply_delta(base, delta, sink, options(), make_uncounted);
  ASSERT_TRUE(outcome) << outcome.error().text();
  const std::uint64_t used = heap.peak - before;
  RecordProperty("used", std::to_string(used));
  RecordProperty("declared", std::to_string(info_.decoder_memory));
  EXPECT_EQ(sink.length, window_.result.size());
  EXPECT_EQ(info_.decoder_memory, memory_limit(GetParam().profile));
  // The head comes on top: its bytes, and segments and frames made of them.
  EXPECT_LE(used, info_.decoder_memory + 4 * info_.head_length);
}

INSTANTIATE_TEST_SUITE_P(
    Profiles, MapMemoryOf,
    ::testing::Values(Case{Profile::kTiny, Fill::kCopies}, Case{Profile::kTiny, Fill::kSpaces},
                      Case{Profile::kTiny, Fill::kSpacesWithARange}, Case{Profile::kTiny, Fill::kTypes},
                      Case{Profile::kStandard, Fill::kCopies},
                      Case{Profile::kStandard, Fill::kSpacesWithARange}, Case{Profile::kMax, Fill::kCopies},
                      Case{Profile::kTiny, Fill::kCopies, Codec::kZstd},
                      Case{Profile::kTiny, Fill::kSpaces, Codec::kZstd},
                      Case{Profile::kTiny, Fill::kSpacesWithARange, Codec::kZstd},
                      Case{Profile::kTiny, Fill::kTypes, Codec::kZstd},
                      Case{Profile::kStandard, Fill::kCopies, Codec::kZstd}),
    [](const auto& test) {
      return std::string(to_string(test.param.codec)) + std::string(to_string(test.param.profile)) +
             std::to_string(static_cast<int>(test.param.fill));
    });

TEST(MixedMemory, ThatIsShortIsALimitAndNotTheEndOfTheProcess) {
  const TypedWindow window = greedy_window({Profile::kTiny, Fill::kSpaces});
  const Bytes delta = join_delta(code_window_delta(window, Profile::kTiny, kSegmentWire - 64));
  const DeltaInfo info = read_delta_info(ViewSource(delta)).value();
  const ViewSource base(window.base);
  RecordingWriter writer(window.result.size());
  std::uint64_t allowed = 0;
  for (;; ++allowed) {
    Applier applier(base, writer, {}, make_uncounted);
    heap.nothrow_left = allowed;
    const auto outcome = applier.push(ByteView(delta).first(info.head_length));
    heap.nothrow_left = std::numeric_limits<std::uint64_t>::max();
    if (outcome) break;
    ASSERT_EQ(outcome.error().kind, ErrorKind::kLimit);
  }
  EXPECT_EQ(allowed, 2u);  // frames, and all the rest
}

}  // namespace
}  // namespace skiff::testing
