#include "agent/net/reply_parser.hpp"

#include <gtest/gtest.h>

namespace skiff::testing {
namespace {

using agent::HttpReply;
using agent::ReplyParser;

struct Parsed {
  std::string body;
  Result<void> result;
  bool done = false;
  bool may_go_on = false;
  long status = 0;
};

/// The text given in pieces of `step` bytes, and then its end unless the answer was done before.
Parsed parsed(const std::string& text, std::size_t step, const ReplyParser::Options& options = {}) {
  Parsed parsed;
  const agent::BodyConsumer consume = [&](const HttpReply&, ByteView part) -> Result<bool> {
    parsed.body += as_text(part);
    return true;
  };
  ReplyParser parser(options, consume);
  for (std::size_t at = 0; at < text.size() && parsed.result && !parser.is_done(); at += step) {
    parsed.result = parser.take(as_bytes(std::string_view(text).substr(at, step)));
  }
  if (parsed.result && !parser.is_done()) parsed.result = parser.end();
  parsed.done = parser.is_done();
  parsed.may_go_on = parsed.done && parser.may_go_on();
  parsed.status = parser.reply().status;
  return parsed;
}

TEST(ReplyParser, ReadsTheSameInPiecesOfEveryLength) {
  const std::string text =
      "HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 206 Partial Content\r\nETag: \"t\"\r\n"
      "content-length: 10\r\n\r\n0123456789";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    const Parsed answer = parsed(text, step);
    ASSERT_TRUE(answer.result) << step << ": " << answer.result.error().text();
    EXPECT_EQ(answer.body, "0123456789") << step;
    EXPECT_EQ(answer.status, 206) << step;
    EXPECT_TRUE(answer.done && answer.may_go_on) << step;
  }
}

TEST(ReplyParser, ABodyWithoutLengthEndsWithTheConnection) {
  const Parsed answer = parsed("HTTP/1.0 200 OK\r\n\r\nhello", 7);
  EXPECT_TRUE(answer.result);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_FALSE(answer.may_go_on);
}

TEST(ReplyParser, WhatFollowsTheAnswerEndsTheConnection) {
  const Parsed answer = parsed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n", 1'000);
  EXPECT_TRUE(answer.result);
  EXPECT_EQ(answer.body, "{}");
  EXPECT_FALSE(answer.may_go_on);
  EXPECT_FALSE(parsed("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 1'000).may_go_on);
}

TEST(ReplyParser, ATunnelHasNoBodyOfItsOwn) {
  const Parsed answer = parsed("HTTP/1.1 200 OK\r\n\r\n", 5, {.is_tunnel = true});
  EXPECT_TRUE(answer.result && answer.done);
}

TEST(ReplyParser, WhatIsCutShortOrNoHttpIsRefused) {
  const std::string endless(20'000, 'x');
  const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
  std::string interims;
  for (int i = 0; i < 1'000; ++i) interims += interim;
  const std::pair<std::string, std::string> cases[] = {
      {"", "no answer"},
      {"HTTP/1.1 200 OK\r\nContent-Le", "the answer ended early"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "answer refused: partial message"},
      {"hello\r\n\r\n", "answer refused: bad version"},
      {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "answer refused: bad Content-Length"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "answer refused: transfer-encoding is not allowed"},
      {"HTTP/1.1 200 OK\r\nX: " + endless, "answer refused: header limit exceeded"},
      {interims, "answer refused: the header is too long"},
      {"HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\n", "Content-Encoding: nobody asked for it"},
  };
  for (const auto& [text, wanted] : cases) {
    const Parsed answer = parsed(text, 4'096);
    ASSERT_FALSE(answer.result) << text.substr(0, 60);
    EXPECT_EQ(answer.result.error().kind, ErrorKind::kNetwork);
    EXPECT_EQ(answer.result.error().message, wanted) << text.substr(0, 60);
  }
}

}  // namespace
}  // namespace skiff::testing
