#include "base/parallel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

namespace skiff {
namespace {

TEST(OrderedParallelFor, ConsumesEveryValueOnceAndInOrder) {
  for (const unsigned threads : {1u, 2u, 3u, 8u}) {
    for (const std::size_t count : {0u, 1u, 2u, 100u}) {
      std::vector<std::size_t> seen;
      const auto produce = [](std::size_t i) -> Result<std::size_t> { return i * i; };
      const auto consume = [&](std::size_t i, std::size_t&& value) -> Result<void> {
        EXPECT_EQ(value, i * i);
        seen.push_back(i);
        return {};
      };
      ASSERT_TRUE(ordered_parallel_for<std::size_t>(count, threads, produce, consume));
      ASSERT_EQ(seen.size(), count);
      EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
    }
  }
}

TEST(OrderedParallelFor, GivesTheErrorOfTheLowestIndexThatHasOne) {
  for (const unsigned threads : {1u, 2u, 3u}) {
    std::size_t consumed = 0;
    const auto produce = [](std::size_t i) -> Result<int> {
      if (i >= 7) return fail(ErrorKind::kIo, std::to_string(i));
      return 1;
    };
    const auto consume = [&](std::size_t, int&&) -> Result<void> {
      ++consumed;
      return {};
    };
    const Result<void> outcome = ordered_parallel_for<int>(50, threads, produce, consume);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message, "7");
    EXPECT_EQ(consumed, 7u);
  }
}

TEST(OrderedParallelFor, StopsAtTheConsumersError) {
  for (const unsigned threads : {1u, 2u, 3u}) {
    std::atomic<std::size_t> produced = 0;
    const auto produce = [&](std::size_t) -> Result<int> {
      ++produced;
      return 1;
    };
    const auto consume = [](std::size_t i, int&&) -> Result<void> {
      if (i == 3) return fail(ErrorKind::kCancelled, "enough");
      return {};
    };
    const Result<void> outcome = ordered_parallel_for<int>(1'000, threads, produce, consume);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, ErrorKind::kCancelled);
    EXPECT_LE(produced, 4 + 2 * threads);
  }
}

}  // namespace
}  // namespace skiff
