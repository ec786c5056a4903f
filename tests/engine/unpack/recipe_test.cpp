#include "unpack/recipe.hpp"

#include <gtest/gtest.h>

namespace skiff::unpack {
namespace {

Level sample_level() {
  Level level;
  level.phase = 12;
  level.methods = {{StreamCodec::kZlib, {9, 8, 0, 15, 0}}, {StreamCodec::kXz, {6, 1 << 17, 0, 1, 1}}};
  level.versions = {7, 8};
  level.base = {{.plain = 96, .packed = 500, .opened = 900, .codec = StreamCodec::kZstd},
                {.plain = 0, .packed = 40, .opened = 100, .codec = StreamCodec::kZlib, .cuts = {3, 98}}};
  level.result = {{.plain = 3, .packed = 50, .opened = 60, .method = 1, .codec = StreamCodec::kXz}};
  return level;
}

/// Of as many levels, which differ.
Recipe levels(std::size_t count) {
  Recipe recipe(count, sample_level());
  for (std::size_t i = 0; i < count; ++i) recipe[i].base[0].plain = i;
  return recipe;
}

TEST(Recipe, ReadsWhatItWrites) {
  for (std::size_t count = 1; count <= kMaxLevels; ++count) {
    const Recipe recipe = levels(count);
    EXPECT_EQ(read_recipe(write_recipe(recipe).value(), features_of(recipe)).value(), recipe);
  }
}

TEST(Recipe, HasAsManyLevelsAsItsFeaturesAllow) {
  for (const auto& [count, features] :
       {std::pair{std::size_t{2}, std::uint64_t{0}}, std::pair{kMaxLevels + 1, kSeveralLevels}}) {
    const auto recipe = read_recipe(write_recipe(levels(count)).value(), features);
    ASSERT_FALSE(recipe);
    EXPECT_EQ(recipe.error().rule, "F28");
  }
}

TEST(Recipe, TakesTheMemoryOfAllItsLevels) {
  EXPECT_EQ(unpack_memory(levels(3)), 3 * unpack_memory(levels(1)));
}

TEST(Recipe, CostsLittleForAThousandBlocks) {
  Level level;
  for (std::uint64_t i = 0; i < 1000; ++i)
    level.base.push_back(
        {.plain = 0, .packed = 20'000 + i * i % 9'973, .opened = 131'072, .codec = StreamCodec::kZlib});
  EXPECT_LT(write_recipe({level}).value().size(), 3'000u);
}

TEST(Recipe, LaysOutContentsAfterPlainBytes) {
  std::vector<Stream> streams = sample_level().base;
  streams[1].cuts.clear();
  const Layout layout = lay_out(streams, 700, 0).value();
  ASSERT_EQ(layout.stretches.size(), 3u);
  EXPECT_EQ(layout.stretches[0].plain, 96u);
  EXPECT_EQ(layout.stretches[0].content_at, 96u);
  EXPECT_EQ(layout.stretches[1].content_at, 1008u);
  EXPECT_EQ(layout.stretches[2].plain_at, 1108u);
  EXPECT_EQ(layout.length, 1108u + 64u);
}

TEST(Recipe, AlignsEveryPieceOfAContent) {
  std::vector<Stream> streams = sample_level().base;
  streams[1].cuts = {10, 17};
  const Layout layout = lay_out(streams, 700, 0).value();
  ASSERT_EQ(layout.stretches.size(), 5u);
  EXPECT_EQ(layout.stretches[1].content_at, 1008u);
  EXPECT_EQ(layout.stretches[2].content_at, 1024u);
  EXPECT_EQ(layout.stretches[2].from, 10u);
  EXPECT_EQ(layout.stretches[3].content_at, 1040u);
  EXPECT_EQ(layout.stretches[3].opened, 83u);
  EXPECT_EQ(layout.length, 1040u + 83u + 64u);
}

TEST(Recipe, PutsPlainBytesInPhase) {
  const Layout layout = lay_out({{.plain = 96, .packed = 500, .opened = 900},
                                 {.plain = 0, .packed = 40, .opened = 100},
                                 {.plain = 5, .packed = 50, .opened = 10}},
                                1000, 8)
                            .value();
  ASSERT_EQ(layout.stretches.size(), 4u);
  EXPECT_EQ(layout.stretches[0].end, 996u);  // nothing plain follows
  EXPECT_EQ(layout.stretches[1].content_at, 1008u);
  EXPECT_EQ(layout.stretches[2].plain_at, 1024u + 256 + 636 % 256 - 256);
  EXPECT_EQ(layout.stretches[3].plain_at % 256, 691u % 256);
  EXPECT_EQ(layout.stretches[2].end, layout.stretches[3].plain_at);
}

TEST(Recipe, RefusesEveryTruncation) {
  for (const std::size_t count : {1, 2}) {
    const Bytes coded = write_recipe(levels(count)).value();
    for (std::size_t length = 0; length < coded.size(); ++length)
      EXPECT_FALSE(read_recipe(ByteView(coded).first(length), features_of(levels(count)))) << length;
  }
}

}  // namespace
}  // namespace skiff::unpack
