#include "event_log.hpp"

#include <gtest/gtest.h>

namespace skiff::server {
namespace {

TEST(LogValue, LeavesPlainTextBare) { EXPECT_EQ(log_value("gw1-2.0/x"), "gw1-2.0/x"); }

TEST(LogValue, QuotesWhatCouldLookLikeAnotherKey) {
  EXPECT_EQ(log_value("a b"), "\"a b\"");
  EXPECT_EQ(log_value("a=b"), "\"a=b\"");
  EXPECT_EQ(log_value(""), "\"\"");
  EXPECT_EQ(log_value("a\"b\\"), "\"a\\\"b\\\\\"");
}

TEST(LogValue, NeverEndsALine) {
  EXPECT_EQ(log_value("a\r\nevent=x"), "\"a\\x0d\\x0aevent=x\"");
  EXPECT_EQ(log_value("\x1b[2J\xff"), "\"\\x1b[2J\\xff\"");
}

TEST(LogValue, CutsWhatIsTooLong) { EXPECT_EQ(log_value(std::string(10'000, 'a')).size(), 512U); }

TEST(LogMembers, AreJsonWhateverTheValues) {
  EXPECT_EQ(log_members("x", {{"a", "b \"c\\"}, {"n", std::uint64_t{7}}}),
            R"("event":"x","a":"b \"c\\","n":7)");
  EXPECT_EQ(log_members("x", {{"a", "\r\n\xff"}}), R"("event":"x","a":"\\x0d\\x0a\\xff")");
}

}  // namespace
}  // namespace skiff::server
