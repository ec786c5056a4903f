#include "agent/policy/windows.hpp"

#include <gtest/gtest.h>

#include "agent/system/local_time.hpp"

namespace skiff::agent {
namespace {

constexpr std::uint32_t at(std::uint32_t hours, std::uint32_t minutes = 0) {
  return (hours * 60 + minutes) * 60;
}

Windows windows(std::initializer_list<const char*> texts) {
  std::vector<Window> list;
  for (const char* text : texts) list.push_back(parse_window(text).value());
  return Windows(list);
}

TEST(Windows, NoneIsAlwaysOpen) {
  EXPECT_TRUE(Windows().is_open(at(3)));
  EXPECT_EQ(Windows().wait(at(3), 7), 0U);
}

TEST(Windows, AreOpenFromTheirBeginningToBeforeTheirEnd) {
  const Windows noon = windows({"12:00-13:30"});
  EXPECT_FALSE(noon.is_open(at(12) - 1));
  EXPECT_TRUE(noon.is_open(at(12)));
  EXPECT_TRUE(noon.is_open(at(13, 30) - 1));
  EXPECT_FALSE(noon.is_open(at(13, 30)));
}

TEST(Windows, GoOnAcrossMidnight) {
  const Windows night = windows({"22:00-06:00"});
  for (const std::uint32_t hour : {22U, 23U, 0U, 5U}) EXPECT_TRUE(night.is_open(at(hour))) << hour;
  for (const std::uint32_t hour : {6U, 12U, 21U}) EXPECT_FALSE(night.is_open(at(hour))) << hour;
  EXPECT_TRUE(windows({"00:00-24:00"}).is_open(at(23, 59)));
}

TEST(Windows, AreWaitedForAndEnteredSpreadOverTheirFirstHalf) {
  const Windows two = windows({"22:00-06:00", "12:00-13:00"});
  EXPECT_EQ(two.wait(at(6), 0), at(6));
  EXPECT_EQ(two.wait(at(13), 0), at(9));
  EXPECT_EQ(two.wait(at(11), 1'799), 3'600U + 1'799U);
  EXPECT_EQ(two.wait(at(11), 1'800), 3'600U);
  EXPECT_EQ(windows({"01:00-02:00"}).wait(at(2), 0), at(23)) << "tomorrow's";
}

TEST(Windows, RefuseWhatIsNoWindow) {
  for (const char* text : {"", "22:00", "22:00-22:00", "24:00-01:00", "22:60-23:00", "25:00-26:00",
                           "22:00-24:01", "2:00-3:00", "22:00 23:00", "22:0a-23:00", "22:00-23:00 "}) {
    EXPECT_FALSE(parse_window(text)) << text;
  }
}

TEST(LocalTime, KnowsWhatIsLeftOfTheDayAndOfTheMonth) {
  const LocalTime leap{2028, 2, 28, at(23)};
  EXPECT_EQ(leap.rest_of_day(), at(1));
  EXPECT_EQ(leap.rest_of_month(), at(25));
  const LocalTime last{2026, 12, 31, at(0)};
  EXPECT_EQ(last.rest_of_month(), at(24));
}

}  // namespace
}  // namespace skiff::agent
