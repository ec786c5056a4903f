#include "diff/spool.hpp"

#include <gtest/gtest.h>

#include "tests/engine/apply/test_images.hpp"

namespace skiff {
namespace {

using testing::operator+;

TEST(Spool, GivesBackWhatCameWhereverItWasKept) {
  const Bytes first = testing::noise(1'000, 1);
  const Bytes second = testing::noise(100'000, 2);
  const Bytes third = testing::noise(10, 3);
  for (const std::uint64_t in_memory : {0u, 10u, 1'000u, 50'000u, 101'000u, 1'000'000u}) {
    Spool spool(in_memory);
    for (const Bytes& bytes : {first, second, third}) ASSERT_TRUE(spool.append(bytes));
    BytesSink sink;
    ASSERT_TRUE(spool.copy_to(sink));
    EXPECT_EQ(sink.bytes(), first + second + third) << in_memory;
  }
}

TEST(Spool, HandsTheSinksErrorOn) {
  Spool spool(10);
  ASSERT_TRUE(spool.append(testing::noise(100, 1)));
  BytesSink sink;
  testing::Countdown countdown(0);
  testing::FailingSink failing(sink, countdown);
  EXPECT_FALSE(spool.copy_to(failing));
}

}  // namespace
}  // namespace skiff
