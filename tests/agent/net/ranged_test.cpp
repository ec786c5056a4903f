#include "agent/net/ranged.hpp"

#include <gtest/gtest.h>

#include "agent/net/backoff.hpp"
#include "tests/agent/net/liar_server.hpp"

namespace skiff::testing {
namespace {

using agent::BodyUse;
using agent::HttpClient;
using agent::HttpReply;
using agent::RemoteFile;

const std::string kFile = "0123456789abcdefghijklmnopqrstuvwxyz";
const RemoteFile kRemote{"/v1/targets/x", kFile.size(), "\"tag\""};

HttpClient client_of(const std::string& url, std::chrono::seconds stall_timeout = std::chrono::seconds(2)) {
  agent::HttpOptions options;
  options.base_url = url;
  options.allow_plain = true;
  options.stall_timeout = stall_timeout;
  return std::move(*HttpClient::open(options));
}

std::string reply(const std::string& status, const std::string& fields, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\n" + fields + "\r\n" + body;
}
std::string length_field(std::size_t length) { return "Content-Length: " + std::to_string(length) + "\r\n"; }
std::string part(std::size_t first, const std::string& total = "36") {
  return reply("206 Partial Content",
               "ETag: \"tag\"\r\nContent-Range: bytes " + std::to_string(first) + "-35/" + total + "\r\n" +
                   length_field(36 - first),
               kFile.substr(first));
}

struct Fetched {
  std::string bytes;
  agent::RangeOutcome outcome;
};
Fetched fetch_from(const std::string& answer, ByteRange wanted) {
  LiarServer server([&](const std::string&) { return answer; });
  HttpClient client = client_of(server.url());
  Fetched fetched;
  fetched.outcome = agent::fetch_range(client, kRemote, wanted, [&](ByteView piece) -> Result<bool> {
    fetched.bytes += as_text(piece);
    return true;
  });
  return fetched;
}

struct LieCase {
  const char* name;
  std::string answer;
  std::string bytes;               ///< what the range of 26 bytes from 10 on yields
  std::optional<ErrorKind> error;  ///< nullopt: success
};

TEST(Ranged, EveryLieIsUsedOrRefusedAndNoneIsBelieved) {
  const std::string rest = kFile.substr(10);
  const std::string range = "Content-Range: bytes 10-35/36\r\n";
  const LieCase cases[] = {
      {"the range", part(10), rest, {}},
      {"the whole instead of the range", reply("200 OK", length_field(36), kFile), rest, {}},
      {"without ETag", reply("206 P", range + length_field(26), rest), rest, {}},
      {"from elsewhere", part(9), "", ErrorKind::kNetwork},
      {"another total", part(10, "37"), "", ErrorKind::kMismatch},
      {"unknown total", part(10, "*"), "", ErrorKind::kNetwork},
      {"no Content-Range", reply("206 P", length_field(26), rest), "", ErrorKind::kNetwork},
      {"contradiction", reply("206 P", range + length_field(25), rest), "", ErrorKind::kNetwork},
      {"another ETag", reply("206 P", "ETag: \"new\"\r\n" + range + length_field(26), rest), "",
       ErrorKind::kMismatch},
      {"another whole", reply("200 OK", length_field(5), "other"), "", ErrorKind::kMismatch},
      {"whole of unknown length", reply("200 OK", "Connection: close\r\n", kFile), "", ErrorKind::kNetwork},
      {"416", reply("416 R", length_field(0), ""), "", ErrorKind::kMismatch},
      {"404", reply("404 N", length_field(2), "{}"), "", ErrorKind::kNotFound},
      {"503", reply("503 B", "Retry-After: 9\r\n" + length_field(0), ""), "", ErrorKind::kNetwork},
      {"a redirect", reply("302 F", "Location: /elsewhere\r\n" + length_field(0), ""), "",
       ErrorKind::kNetwork},
      {"too short", reply("206 P", range + length_field(26), rest.substr(0, 4)), rest.substr(0, 4),
       ErrorKind::kNetwork},
      {"too long", reply("206 P", range + length_field(26), rest + "more"), rest, {}},
      {"chunked", reply("206 P", range + "Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), "",
       ErrorKind::kNetwork},
      {"gzip", reply("206 P", range + "Content-Encoding: gzip\r\n" + length_field(26), rest), "",
       ErrorKind::kNetwork},
      {"zstd that nobody asked for",
       reply("206 P", range + "Content-Encoding: zstd\r\n" + length_field(26), rest), "",
       ErrorKind::kNetwork},
      {"two lengths", reply("206 P", range + length_field(26) + length_field(26), rest), "",
       ErrorKind::kNetwork},
      {"an empty 206", reply("206 P", range + length_field(0), ""), "", ErrorKind::kNetwork},
      {"an endless header", reply("206 P", "X: " + std::string(20'000, 'x') + "\r\n" + range, rest), "",
       ErrorKind::kNetwork},
      {"HTTP/0.9", "hello", "", ErrorKind::kNetwork},
      {"nothing", "", "", ErrorKind::kNetwork},
  };
  for (const LieCase& c : cases) {
    const Fetched fetched = fetch_from(c.answer, {10, 26});
    EXPECT_EQ(fetched.bytes, c.bytes) << c.name;
    ASSERT_EQ(fetched.outcome.result.has_value(), !c.error) << c.name;
    if (c.error) {
      EXPECT_EQ(fetched.outcome.result.error().kind, *c.error)
          << c.name << fetched.outcome.result.error().text();
    }
  }
}

TEST(Ranged, AsksForTheRangeUnderTheStrongETag) {
  std::string asked;
  LiarServer server([&](const std::string& request) {
    asked = request;
    return part(10);
  });
  HttpClient client = client_of(server.url());
  const agent::RangeConsumer consume = [](ByteView) -> Result<bool> { return true; };
  EXPECT_TRUE(agent::fetch_range(client, kRemote, {10, 26}, consume).result);
  EXPECT_NE(asked.find("\r\nRange: bytes=10-35\r\n"), std::string::npos) << asked;
  EXPECT_NE(asked.find("\r\nIf-Range: \"tag\"\r\n"), std::string::npos) << asked;
}

TEST(Ranged, TheServersWishToBeLeftAloneIsHeard) {
  const std::string busy = reply("503 Busy", "Retry-After: 9\r\n" + length_field(2), "{}");
  EXPECT_EQ(fetch_from(busy, {0, 36}).outcome.retry_after, 9U);
}

TEST(Ranged, AnAnswerThatStopsHalfwayIsAnError) {
  const Fetched fetched = fetch_from(part(10).substr(0, 120), {10, 26});
  EXPECT_EQ(fetched.outcome.result.error().kind, ErrorKind::kNetwork);
}

TEST(Ranged, ALinkThatStallsIsBrokenOffAndWhatCameIsKept) {
  const std::string answer = part(10);
  const std::string started = answer.substr(0, answer.size() - 22);
  LiarServer server([&](const std::string&) { return started; }, true);  // then silent, the connection open
  HttpClient client = client_of(server.url(), std::chrono::seconds(1));
  std::string bytes;
  const auto began = std::chrono::steady_clock::now();
  const agent::RangeOutcome outcome =
      agent::fetch_range(client, kRemote, {10, 26}, [&](ByteView piece) -> Result<bool> {
        bytes += as_text(piece);
        return true;
      });
  ASSERT_FALSE(outcome.result);
  EXPECT_EQ(outcome.result.error().kind, ErrorKind::kNetwork);
  EXPECT_EQ(bytes, "abcd");
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::seconds(1))
      << "it was broken off too early";
}

TEST(ContentRange, OnlyTheOneFormIsRead) {
  EXPECT_EQ(agent::parse_content_range("bytes 1-2/3"), (agent::ContentRange{1, 2, 3}));
  for (const char* odd : {"", "bytes", "bytes 1-2", "bytes 2-1/3", "bytes 1-3/3", "bytes */3", "bytes 1-2/*",
                          "bytes -1-2/3", "items 1-2/3", "bytes 1-2/99999999999999999999", "bytes 1 -2/3"}) {
    EXPECT_EQ(agent::parse_content_range(odd), std::nullopt) << odd;
  }
}

TEST(Backoff, GrowsToItsCapAndDrawsFromTheWholeRange) {
  const agent::Backoff backoff{std::chrono::seconds(30), std::chrono::hours(6)};
  EXPECT_EQ(backoff.ceiling(0), std::chrono::seconds(30));
  EXPECT_EQ(backoff.ceiling(3), std::chrono::seconds(240));
  EXPECT_EQ(backoff.ceiling(10), std::chrono::hours(6));
  EXPECT_EQ(backoff.ceiling(4'000'000'000U), std::chrono::hours(6));
  EXPECT_EQ(backoff.delay(0, 0).count(), 0);
  EXPECT_EQ(backoff.delay(0, 30'000).count(), 30'000);
  EXPECT_EQ(backoff.delay(0, 30'001).count(), 0);
}

}  // namespace
}  // namespace skiff::testing
