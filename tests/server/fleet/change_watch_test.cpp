#include "fleet/change_watch.hpp"

#include <gtest/gtest.h>

namespace skiff::server::test {
namespace {

TEST(ChangeWatch, ReadsAgainWhenItsNumberIsOld) {
  std::uint64_t number = 5;
  int reads = 0;
  ChangeWatch watch([&]() -> Result<std::uint64_t> {
    ++reads;
    return number;
  });
  const ChangeWatch::Clock::time_point start{};
  EXPECT_EQ(watch.last(start), 5U);
  number = 6;
  EXPECT_EQ(watch.last(start + ChangeWatch::kAge - std::chrono::milliseconds(1)), 5U);
  EXPECT_EQ(reads, 1);
  EXPECT_EQ(watch.last(start + ChangeWatch::kAge), 6U);
  EXPECT_EQ(reads, 2);
}

TEST(ChangeWatch, KnowsNothingWhereTheNumberCannotBeRead) {
  bool is_lost = false;
  ChangeWatch watch([&]() -> Result<std::uint64_t> {
    if (is_lost) return fail(ErrorKind::kIo, "gone");
    return 5;
  });
  const ChangeWatch::Clock::time_point start{};
  EXPECT_EQ(watch.last(start), 5U);
  is_lost = true;
  EXPECT_EQ(watch.last(start + ChangeWatch::kAge), std::nullopt);
  is_lost = false;
  EXPECT_EQ(watch.last(start + 2 * ChangeWatch::kAge), 5U);
}

}  // namespace
}  // namespace skiff::server::test
