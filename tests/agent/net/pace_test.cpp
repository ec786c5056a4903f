#include "agent/net/pace.hpp"

#include <gtest/gtest.h>

namespace skiff::testing {
namespace {

using agent::Pace;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Pace::Clock::time_point kStart{};

TEST(Pace, ALinkThatBringsTheLeastIsWaitedFor) {
  Pace pace({.stall = seconds(30), .slowest = 32}, kStart);
  for (int second = 1; second <= 300; ++second) {
    EXPECT_EQ(pace.moved(32, kStart + seconds(second)), milliseconds(0));
    ASSERT_TRUE(pace.patience(kStart + seconds(second))) << second;
  }
}

TEST(Pace, ALinkThatBringsLessIsGivenUpAfterTheSpan) {
  Pace pace({.stall = seconds(30), .slowest = 32}, kStart);
  for (int second = 1; second < 30; ++second) {
    ASSERT_EQ(pace.patience(kStart + seconds(second)).value(), seconds(30 - second));
    pace.moved(31, kStart + seconds(second));
  }
  const auto patience = pace.patience(kStart + seconds(30));
  ASSERT_FALSE(patience);
  EXPECT_EQ(patience.error().kind, ErrorKind::kNetwork);
  EXPECT_EQ(patience.error().message, "too slow: less than 32 bytes a second for 30 seconds");
}

TEST(Pace, WhatCameBeforeASilenceDoesNotMakeItLonger) {
  Pace pace({.stall = seconds(30), .slowest = 32}, kStart);
  pace.moved(1'000'000, kStart + seconds(1));
  EXPECT_TRUE(pace.patience(kStart + seconds(30)));
  EXPECT_FALSE(pace.patience(kStart + seconds(31)));
}

TEST(Pace, TheDeadlineCountsHoweverMuchComes) {
  Pace pace({.deadline = milliseconds(2'500), .stall = seconds(30)}, kStart);
  pace.moved(1'000'000, kStart + seconds(2));
  EXPECT_EQ(pace.patience(kStart + seconds(2)).value(), milliseconds(500));
  const auto patience = pace.patience(kStart + seconds(3));
  ASSERT_FALSE(patience);
  EXPECT_EQ(patience.error().message, "not done in 2.5 seconds");
}

TEST(Pace, ARateIsKeptByPausesThatAreNoSlownessOfTheLink) {
  Pace pace({.stall = seconds(2), .slowest = 32, .rate = 1'000}, kStart);
  Pace::Clock::time_point now = kStart;
  for (int i = 0; i < 20; ++i) {
    const milliseconds pause = pace.moved(5'000, now);
    EXPECT_EQ(pause, seconds(5)) << "longer than the span";
    now += pause;
    ASSERT_TRUE(pace.patience(now));
  }
  EXPECT_EQ(pace.piece(), 1'024U);
  EXPECT_EQ(Pace({}, kStart).piece(), 16'384U);
}

}  // namespace
}  // namespace skiff::testing
