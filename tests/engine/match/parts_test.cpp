#include "match/parts.hpp"

#include <gtest/gtest.h>

#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/match/match_images.hpp"

namespace skiff::match {
namespace {

using testing::operator+;

Residue residue_of(const Bytes& image, const Ranges& ranges) {
  return Residue::read(ViewSource(image), ranges).value();
}

/// Two programs of 3 MiB between data, of which one gap was left out of the residue.
struct Programs {
  Bytes base = testing::noise(1 << 20, 1) + testing::code(500'000, 2, 0) + testing::noise(100'000, 3);
  Bytes result = testing::noise(1'000, 9) + testing::part(base, 0, 1 << 20) + testing::code(500'000, 2, 7) +
                 testing::noise(100'000, 3);
  Part code{{{1 << 20, (1 << 20) + 2'000'000}}, {{1'000 + (1 << 20), 1'000 + (1 << 20) + 2'000'000}}};
  Ranges base_left{{0, 400'000}, {500'000, base.size()}};
  Ranges result_left{{0, result.size()}};
};

TEST(Parts, HaveTheNeighboursThatEachHasAlone) {
  const Programs programs;
  const Residue base = residue_of(programs.base, programs.base_left);
  const Residue result = residue_of(programs.result, programs.result_left);
  const Neighbours found = find_neighbours_apart(base, result, programs.code, {}, 2);

  const std::size_t base_code = (1 << 20) - 100'000;  // in the buffer, which lacks what was left out
  const std::size_t result_code = 1'000 + (1 << 20);
  const Bytes text = testing::part(programs.base, 1 << 20, 2'000'000) +
                     testing::part(programs.result, result_code, 2'000'000);
  // Nothing is known, so home is at the same offset of the image: 1,000 bytes further on in the code.
  OrderRule rule{kCodeDepth, {}};
  for (std::int32_t at = 0; at < 2'000'000; at += kHomeStep)
    rule.homes.push_back(std::min(at + 1'000, 2'000'000));
  const Neighbours alone = find_neighbours(text, 2'000'000, rule, 1);
  for (std::size_t i = 0; i < 2'000'000; ++i) {
    const auto moved = [&](std::int32_t at) {
      return at == Neighbours::kNone ? at : at + static_cast<std::int32_t>(base_code);
    };
    ASSERT_EQ(found.before[result_code + i], moved(alone.before[i])) << i;
    ASSERT_EQ(found.after[result_code + i], moved(alone.after[i])) << i;
  }
  // Data finds itself on both sides of what is missing and of the code.
  EXPECT_TRUE(found.before[1'000] == 0 || found.after[1'000] == 0);
  const auto tail = static_cast<std::int32_t>(base_code + 2'000'000);
  EXPECT_TRUE(found.before[result_code + 2'000'000] == tail || found.after[result_code + 2'000'000] == tail);
}

TEST(Parts, AreMatchedTogetherWhereOneImageHasNone) {
  const Programs programs;
  const Residue base = residue_of(programs.base, programs.base_left);
  const Residue result = residue_of(programs.result, programs.result_left);
  const Neighbours found = find_neighbours_apart(base, result, {programs.code.base, {}}, {}, 1);
  const Bytes text(Bytes(base.bytes().begin(), base.bytes().end()) + programs.result);
  const Neighbours together = find_neighbours(text, base.bytes().size(), {}, 1);
  EXPECT_EQ(found.before, together.before);
  EXPECT_EQ(found.after, together.after);
}

}  // namespace
}  // namespace skiff::match
