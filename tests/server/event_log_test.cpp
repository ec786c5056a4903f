#include "event_log.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include "tests/server/secret_watch.hpp"

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

TEST(EventLog, IsWatchedForSecrets) {
  test::keep_secret("a-word-of-this-test");
  EXPECT_NONFATAL_FAILURE(log_event(Severity::kInfo, "x", {{"a", "the a-word-of-this-test"}}),
                          "a secret is in the log");
  log_event(Severity::kInfo, "x", {{"a", "another word"}});
  EXPECT_NONFATAL_FAILURE(test::keep_secret("another word"), "a secret is in the log");
}

TEST(LogMembers, AreJsonWhateverTheValues) {
  EXPECT_EQ(log_members("x", {{"a", "b \"c\\"}, {"n", std::uint64_t{7}}}),
            R"("event":"x","a":"b \"c\\","n":7)");
  EXPECT_EQ(log_members("x", {{"a", "\r\n\xff"}}), R"("event":"x","a":"\\x0d\\x0a\\xff")");
}

}  // namespace
}  // namespace skiff::server
