#include "entropy/logistic.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace skiff {
namespace {

TEST(Logistic, SquashRisesFromTheLeastToTheGreatestProbability) {
  const LogisticTables& tables = logistic_tables();
  std::uint32_t before = 0;
  for (std::int32_t x = -kStretchLimit; x <= kStretchLimit; ++x) {
    const std::uint32_t p = squash(tables, x);
    ASSERT_GE(p, before) << x;
    before = p;
  }
  EXPECT_EQ(squash(tables, -kStretchLimit), 1u);
  EXPECT_EQ(squash(tables, 0), 32768u);
  EXPECT_EQ(squash(tables, kStretchLimit), 65535u);
}

TEST(Logistic, SquashIsClampedBeyondItsLimits) {
  const LogisticTables& tables = logistic_tables();
  EXPECT_EQ(squash(tables, -1'000'000), 1u);
  EXPECT_EQ(squash(tables, 1'000'000), 65535u);
}

TEST(Logistic, SquashFollowsTheLogisticFunction) {
  const LogisticTables& tables = logistic_tables();
  for (std::int32_t x = -kStretchLimit; x <= kStretchLimit; ++x) {
    const double exact = 65536 / (1 + std::exp(-x / 256.0));
    ASSERT_NEAR(squash(tables, x), exact, 2 + 65536 * 0.001) << x;
  }
}

TEST(Logistic, StretchRisesAndIsOddAboutTheMiddle) {
  const LogisticTables& tables = logistic_tables();
  std::int32_t before = -kStretchLimit;
  for (std::uint32_t p = 0; p < 65536; ++p) {
    const std::int32_t x = stretch(tables, p);
    ASSERT_GE(x, before) << p;
    ASSERT_NEAR(x, -stretch(tables, 65535 - p), 16) << p;
    before = x;
  }
}

TEST(Logistic, StretchUndoesSquash) {
  const LogisticTables& tables = logistic_tables();
  for (std::int32_t x = -kStretchLimit; x <= kStretchLimit; ++x) {
    const std::uint32_t p = squash(tables, x);
    // Evidence is tabled for every 16th probability, and a step of it is worth up to 64.
    ASSERT_NEAR(squash(tables, stretch(tables, p)), p, 8 + 64) << x;
  }
}

TEST(Logistic, StretchIsTheLeastEvidenceThatReachesAProbability) {
  const LogisticTables& tables = logistic_tables();
  for (std::uint32_t step = 0; step < 4096; ++step) {
    const std::uint32_t middle = 16 * step + 8;  // of the probabilities that share it
    const std::int32_t x = stretch(tables, 16 * step);
    EXPECT_GE(squash(tables, x), middle);
    EXPECT_LT(squash(tables, x - 1), middle);
  }
}

}  // namespace
}  // namespace skiff
