#include "diff/plan.hpp"

#include <gtest/gtest.h>

#include "format/limits.hpp"

namespace skiff {
namespace {

constexpr PlanLimits kLimits{
    .window_length = 1'000, .window_copies = 4, .segment_raw = 100, .segment_coded = 50};

/// Windows follow one another, hold their copies, and all copies together are the cover again.
void expect_sound(const std::vector<Window>& windows, std::span<const Copy> cover,
                  std::uint64_t result_length) {
  std::uint64_t end = 0;
  std::vector<Copy> rejoined;
  for (const Window& window : windows) {
    EXPECT_EQ(window.begin, end);
    EXPECT_GT(window.end, window.begin);
    EXPECT_LE(window.end - window.begin, kLimits.window_length);
    EXPECT_LE(window.copies.size(), kLimits.window_copies);
    end = window.end;
    for (const Copy& copy : window.copies) {
      EXPECT_GE(copy.result_offset, window.begin);
      EXPECT_LE(copy.result_end(), window.end);
      const bool goes_on = !rejoined.empty() && copy.result_offset == window.begin &&
                           rejoined.back().result_end() == copy.result_offset &&
                           rejoined.back().base_offset + rejoined.back().length == copy.base_offset;
      if (goes_on) {
        rejoined.back().length += copy.length;
      } else {
        rejoined.push_back(copy);
      }
    }
  }
  EXPECT_EQ(end, result_length);
  EXPECT_TRUE(std::equal(rejoined.begin(), rejoined.end(), cover.begin(), cover.end()));
}

Copy copy_of(std::uint64_t result, std::uint64_t base, std::uint64_t length) {
  return {.result_offset = result, .base_offset = base, .length = length, .verbatim = false};
}

TEST(CutWindows, GivesNoneForAnEmptyResultAndFullOnesForLiterals) {
  EXPECT_TRUE(cut_windows({}, 0, kLimits).empty());
  const std::vector<Window> windows = cut_windows({}, 2'500, kLimits);
  EXPECT_EQ(windows.size(), 3u);
  expect_sound(windows, {}, 2'500);
}

TEST(CutWindows, CutsACopyThatCrossesBorders) {
  const std::vector<Copy> cover{copy_of(10, 5'000, 3'000)};
  const std::vector<Window> windows = cut_windows(cover, 3'010, kLimits);
  ASSERT_EQ(windows.size(), 4u);
  EXPECT_EQ(windows[1].copies, (std::vector<Copy>{copy_of(1'000, 5'990, 1'000)}));
  expect_sound(windows, cover, 3'010);
}

TEST(CutWindows, ClosesAWindowWhoseMapIsFull) {
  std::vector<Copy> cover;
  for (std::uint64_t i = 0; i < 50; ++i) cover.push_back(copy_of(i * 20 + 3, 1'000 - i * 20, 15));
  const std::vector<Window> windows = cut_windows(cover, 1'100, kLimits);
  EXPECT_EQ(windows.size(), 13u);
  expect_sound(windows, cover, 1'100);
}

TEST(CutWindows, ClosesAWindowWhoseMapHasNoRoomOnTheWire) {
  PlanLimits tight = kLimits;
  tight.segment_raw = 30;  // two copies of at most 14 bytes
  std::vector<Copy> cover;
  for (std::uint64_t i = 0; i < 10; ++i) cover.push_back(copy_of(i * 20, i * 50, 15));
  const std::vector<Window> windows = cut_windows(cover, 200, tight);
  EXPECT_EQ(windows.size(), 5u);
  expect_sound(windows, cover, 200);
}

TEST(GroupBlocks, FillsSegmentsUpToEitherLimitAndNeverLeavesABlockOut) {
  const std::vector<BlockCost> blocks{{10, 10}, {80, 10},   {20, 10}, {5, 45},
                                      {5, 5},   {500, 500}, {0, 0},   {0, 0}};
  EXPECT_EQ(group_blocks(blocks, kLimits), (std::vector<std::size_t>{2, 1, 2, 1, 2}));
  EXPECT_TRUE(group_blocks({}, kLimits).empty());
}

TEST(PlanLimits, KeepEveryProfileWithinItsMemoryEvenIfNothingCompresses) {
  constexpr std::uint64_t kLengthFields = 7 * 2 * 10;  // varints of seven stored streams
  for (const Profile profile : {Profile::kTiny, Profile::kStandard, Profile::kMax}) {
    const PlanLimits limits = plan_limits(profile);
    const DecoderLimits worst{limits.segment_raw + kLengthFields, limits.segment_raw, limits.window_copies};
    EXPECT_LE(decoder_memory(worst), memory_limit(profile)) << to_string(profile);
  }
}

}  // namespace
}  // namespace skiff
