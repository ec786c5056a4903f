#include "http/connection_limit.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace skiff::server {
namespace {

TEST(ConnectionLimit, RefusesBeyondTheTotal) {
  ConnectionLimit limit(2, 2);
  const auto first = limit.acquire("10.0.0.1");
  const auto second = limit.acquire("10.0.0.2");
  EXPECT_EQ(limit.acquire("10.0.0.3"), nullptr);
  EXPECT_EQ(limit.count(), 2U);
}

TEST(ConnectionLimit, RefusesBeyondTheShareOfAnAddress) {
  ConnectionLimit limit(10, 1);
  const auto first = limit.acquire("10.0.0.1");
  EXPECT_EQ(limit.acquire("10.0.0.1"), nullptr);
  EXPECT_NE(limit.acquire("10.0.0.2"), nullptr);
}

TEST(ConnectionLimit, CountsASixtyFourBitPrefixAsOneAddress) {
  ConnectionLimit limit(10, 1);
  const auto first = limit.acquire("2001:db8::1");
  EXPECT_EQ(limit.acquire("2001:db8::ffff:2"), nullptr);
  EXPECT_NE(limit.acquire("2001:db8:0:1::1"), nullptr);
}

TEST(ConnectionLimit, TakesBackWhatIsReturned) {
  ConnectionLimit limit(1, 1);
  limit.acquire("10.0.0.1").reset();
  EXPECT_EQ(limit.count(), 0U);
  EXPECT_NE(limit.acquire("10.0.0.1"), nullptr);
}

TEST(ConnectionLimit, LetsPermitsOutliveIt) {
  auto limit = std::make_unique<ConnectionLimit>(1, 1);
  auto permit = limit->acquire("10.0.0.1");
  limit.reset();
  permit.reset();
  SUCCEED();
}

}  // namespace
}  // namespace skiff::server
