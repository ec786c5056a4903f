#include "agent/net/http_client.hpp"

#include <gtest/gtest.h>

#include "tests/agent/net/liar_server.hpp"

namespace skiff::testing {
namespace {

using agent::HttpClient;
using agent::HttpOptions;
using agent::HttpRequest;

HttpClient client_of(const std::string& url, const std::string& proxy = "") {
  HttpOptions options;
  options.base_url = url;
  options.proxy = proxy;
  options.allow_plain = true;
  options.stall_timeout = std::chrono::seconds(1);
  return std::move(*HttpClient::open(options));
}

std::string answer(const std::string& body, const std::string& status = "200 OK") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string text_of(HttpClient& client, const std::string& path) {
  const auto fetched = client.fetch({path, "", {}, {}}, 1'000);
  return fetched ? std::string(as_text(fetched->second)) : "error: " + fetched.error().text();
}

TEST(HttpClient, SpeaksNothingButTlsUnlessATestAllowsIt) {
  HttpOptions options;
  options.base_url = "http://127.0.0.1:1";
  EXPECT_EQ(HttpClient::open(options).error().kind, ErrorKind::kUsage);
}

TEST(HttpClient, CountsTheBytesOfItsSocketsAsTheServerDoes) {
  LiarServer server([](const std::string&) { return answer(std::string(50'000, 'x')); }, true);
  HttpClient client = client_of(server.url());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.fetch({"/x", "", {}, {}}, 50'000));
  ASSERT_TRUE(client.fetch({"/x", std::string(5'000, 'y'), {}, {}}, 50'000));
  EXPECT_EQ(server.connections(), 1) << "the connection is kept";
  EXPECT_EQ(client.wire_bytes(), server.wire_bytes());
}

TEST(HttpClient, ABodyOverTheLimitIsBrokenOff) {
  LiarServer server([](const std::string&) { return answer(std::string(100, 'x')); });
  HttpClient client = client_of(server.url());
  EXPECT_EQ(client.fetch({"/x", "", {}, {}}, 99).error().kind, ErrorKind::kLimit);
}

TEST(HttpClient, AConsumerThatHasEnoughEndsTheExchangeWithoutError) {
  LiarServer server([](const std::string&) { return answer(std::string(100, 'x')); }, true);
  HttpClient client = client_of(server.url());
  const auto reply = client.exchange({"/x", "", {}, {}},
                                     [](const agent::HttpReply&, ByteView) -> Result<bool> { return false; });
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(text_of(client, "/y"), std::string(100, 'x')) << "on a new connection";
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, SaysWhatTheServerNeedsAndNoMore) {
  std::string asked;
  LiarServer server(
      [&](const std::string& request) {
        asked = request;
        return answer("");
      },
      true);
  HttpClient client = client_of(server.url() + "/updates/");
  const std::string host = "\r\nHost: " + server.url().substr(7) + "\r\n";
  ASSERT_TRUE(client.fetch({"/x", "", {"Range: bytes=1-2"}, {}}, 0));
  EXPECT_EQ(asked, "GET /updates/x HTTP/1.1" + host + "Range: bytes=1-2\r\n\r\n");
  ASSERT_TRUE(client.fetch({"/x", "{}", {}, {}, true}, 0));
  EXPECT_EQ(asked,
            "POST /updates/x HTTP/1.1" + host +
                "Accept-Encoding: zstd\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
}

TEST(HttpClient, ALineInTheMiddleOfARequestIsRefused) {
  HttpClient client = client_of("http://127.0.0.1:1");
  EXPECT_EQ(client.fetch({"/x\r\nA: b", "", {}, {}}, 0).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(client.fetch({"/x", "", {"A: b\nC: d"}, {}}, 0).error().kind, ErrorKind::kUsage);
}

TEST(HttpClient, AKeptConnectionThatWasClosedMeanwhileIsReplaced) {
  LiarServer server([](const std::string&) { return answer("here"); });  // closes after each
  HttpClient client = client_of(server.url());
  EXPECT_EQ(text_of(client, "/1"), "here");
  EXPECT_EQ(text_of(client, "/2"), "here");
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, AKeptConnectionThatIsClosedInsteadOfAnAnswerIsReplacedOnce) {
  int asked = 0;
  LiarServer server([&](const std::string&) { return ++asked % 2 == 1 ? answer("here") : std::string(); },
                    true);
  HttpClient client = client_of(server.url());
  EXPECT_EQ(text_of(client, "/1"), "here");
  EXPECT_EQ(text_of(client, "/2"), "here");
  EXPECT_EQ(asked, 3);
}

TEST(HttpClient, ANewConnectionThatIsClosedInsteadOfAnAnswerIsAnError) {
  LiarServer server([](const std::string&) { return std::string(); });
  HttpClient client = client_of(server.url());
  EXPECT_EQ(text_of(client, "/x"), "error: " + server.url() + ": no answer");
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, AProxyIsAskedForATunnelOnce) {
  std::string asked;
  LiarServer proxy(
      [&](const std::string& request) {
        asked += request;
        return request.starts_with("CONNECT") ? "HTTP/1.1 200 Connection established\r\n\r\n"
                                              : answer("here");
      },
      true);
  HttpClient client = client_of("http://updates.example", "http://name:word@" + proxy.url().substr(7));
  EXPECT_EQ(text_of(client, "/1"), "here");
  EXPECT_EQ(text_of(client, "/2"), "here");
  EXPECT_EQ(asked,
            "CONNECT updates.example:80 HTTP/1.1\r\nHost: updates.example:80\r\n"
            "Proxy-Authorization: Basic bmFtZTp3b3Jk\r\n\r\n"
            "GET /1 HTTP/1.1\r\nHost: updates.example\r\n\r\n"
            "GET /2 HTTP/1.1\r\nHost: updates.example\r\n\r\n");
}

TEST(HttpClient, AProxyThatRefusesIsNamed) {
  LiarServer proxy([](const std::string&) { return answer("no", "407 Proxy Authentication Required"); });
  HttpClient client = client_of("http://updates.example", proxy.url());
  EXPECT_EQ(text_of(client, "/x"), "error: http://updates.example: the proxy answered with status 407");
}

TEST(HttpClient, AProxyItCannotUseIsRefusedAtOnce) {
  HttpOptions options;
  options.base_url = "https://updates.example";
  for (const char* proxy : {"socks5://proxy.example", "https://proxy.example", "proxy"}) {
    options.proxy = proxy;
    EXPECT_EQ(HttpClient::open(options).error().kind, ErrorKind::kUsage) << proxy;
  }
}

}  // namespace
}  // namespace skiff::testing
