// The server on loopback: mutual TLS, hostile requests, deadlines, limits, downloads and the ledger.
#include "http/server.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "http/range.hpp"
#include "tests/server/fleet_files.hpp"

namespace skiff::server::test {
namespace {

constexpr std::size_t kFileLength = 1'000'000;

Bytes make_content() {
  Bytes content(kFileLength);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  return content;
}
const Bytes kContent = make_content();

/// More than any buffer on the way holds, and than can be sent in a second.
class EndlessZeros final : public Source {
 public:
  static constexpr std::uint64_t kLength = std::uint64_t{1} << 40;
  [[nodiscard]] std::uint64_t size() const override { return kLength; }
  Result<void> read_at(std::uint64_t, MutableBytes out) const override {
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    return {};
  }
};

/// A server with a few routes of its own, and a record of what it was told.
class HttpServerTest : public ::testing::Test {
 protected:
  void start(HttpLimits limits = {}) {
    HttpOptions options;
    options.limits = limits;
    options.tls = fleet_.server();
    HttpService service{Router(routes()), [this](const Peer& peer) { return admit(peer); },
                        [this](const Peer& peer, WireBytes bytes) { account(peer, bytes); }};
    auto server = HttpServer::create(options, std::move(service));
    ASSERT_TRUE(server) << server.error().text();
    server_ = *std::move(server);
    server_->start();
  }

  std::vector<Route> routes() {
    const auto file = [](const Request& request) {
      return representation_response(
          request, {std::make_shared<ViewSource>(kContent), "\"e\"", "application/octet-stream", "no-cache"});
    };
    const auto echo = [this](const Request& request) {
      ++handled_;
      return json_response(200, "\"" + request.body + "\"");
    };
    const auto fail_always = [](const Request&) -> Response { throw std::length_error("odd"); };
    const auto zeros = [](const Request& request) {
      return representation_response(
          request, {std::make_shared<EndlessZeros>(), "\"z\"", "application/octet-stream", "no-cache"});
    };
    return {{{"GET"}, "/zeros", 0, true, zeros},
            {{"GET", "HEAD"}, "/file/", 0, true, file},
            {{"POST"}, "/echo", 100, true, echo},
            {{"GET"}, "/throw", 0, true, fail_always},
            {{"GET"}, "/open", 0, false, [](const Request&) { return json_response(200, "1"); }}};
  }

  std::optional<Response> admit(const Peer& peer) {
    if (rejected_ && peer.serial == "d1") return error_response(ApiError::kRejected, "no");
    return std::nullopt;
  }

  void account(const Peer& peer, WireBytes bytes) {
    const std::lock_guard lock(mutex_);
    ledger_[*peer.serial].received += bytes.received;
    ledger_[*peer.serial].sent += bytes.sent;
  }

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  [[nodiscard]] unsigned status_of(const std::string& request) const {
    TlsClient client(port(), fleet_.device("d1"));
    const auto answer = client.ask(request);
    return answer ? answer->status : 0;
  }
  /// The server still answers as it should.
  [[nodiscard]] bool is_well() const { return status_of(get("/file/x", "Range: bytes=0-0\r\n")) == 206; }

  FleetFiles fleet_;
  std::atomic<bool> rejected_ = false;
  std::atomic<int> handled_ = 0;
  std::mutex mutex_;
  std::map<std::string, WireBytes> ledger_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, ServesAFileWholeAndInParts) {
  start();
  TlsClient client(port(), fleet_.device("d1"));
  const auto whole = client.ask(get("/file/x"));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->status, 200U);
  EXPECT_EQ(whole->body, as_text(kContent));
  const auto part = client.ask(get("/file/x", "Range: bytes=999990-\r\nIf-Range: \"e\"\r\n"));
  ASSERT_TRUE(part);
  EXPECT_EQ(part->status, 206U);
  EXPECT_EQ(part->body, as_text(kContent).substr(999'990));
  EXPECT_EQ(part->fields.at("content-range"), "bytes 999990-999999/1000000");
}

TEST_F(HttpServerTest, AnswersAHeadWithoutABodyAndGoesOn) {
  start();
  TlsClient client(port(), fleet_.device("d1"));
  const auto answer = client.ask(head("/file/x"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->fields.at("content-length"), "1000000");
  EXPECT_EQ(client.ask(get("/open"))->body, "1");
}

TEST_F(HttpServerTest, AnswersNotModifiedWithoutABody) {
  start();
  TlsClient client(port(), fleet_.device("d1"));
  EXPECT_EQ(client.ask(get("/file/x", "If-None-Match: \"e\"\r\n"))->status, 304U);
  EXPECT_EQ(client.ask(get("/open"))->status, 200U);
}

TEST_F(HttpServerTest, ReadsABodyThatComesInPieces) {
  start();
  TlsClient client(port(), fleet_.device("d1"));
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nab"));
  ASSERT_TRUE(client.send("cd"));
  ASSERT_TRUE(client.send("ef"));
  EXPECT_EQ(client.receive()->body, "\"abcdef\"");
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  TlsClient client(port(), fleet_.device("d1"));
  ASSERT_TRUE(client.send(post("/echo", "one") + post("/echo", "two") + get("/open")));
  EXPECT_EQ(client.receive()->body, "\"one\"");
  EXPECT_EQ(client.receive()->body, "\"two\"");
  EXPECT_EQ(client.receive()->body, "1");
}

TEST_F(HttpServerTest, EndsTheConnectionWhereTheClientAsksForIt) {
  start();
  TlsClient client(port(), fleet_.device("d1"));
  EXPECT_EQ(client.ask(get("/open", "Connection: Close\r\n"))->fields.at("connection"), "close");
  EXPECT_TRUE(client.ends());
}

TEST_F(HttpServerTest, AHandlerThatThrowsIsAnInternalErrorAndNothingWorse) {
  start();
  TlsClient client(port(), fleet_.device("d1"));
  EXPECT_EQ(client.ask(get("/throw"))->status, 500U);
  EXPECT_EQ(client.ask(get("/open"))->status, 200U);
}

TEST_F(HttpServerTest, AClientWithoutACertificateIsUnknown) {
  start();
  TlsClient client(port(), fleet_.stranger());
  EXPECT_EQ(client.ask(get("/file/x"))->status, 401U);
  EXPECT_EQ(client.ask(get("/open"))->status, 200U);
}

TEST_F(HttpServerTest, ACertificateOfAnotherAuthorityDoesNotShakeHands) {
  start();
  const FleetFiles other;
  ClientFiles files = other.device("d1");
  files.trust = fleet_.stranger().trust;
  TlsClient client(port(), files);
  EXPECT_FALSE(
      client.ask(get("/open")).has_value());  // TLS 1.3: the refusal comes after the client's Finished
  EXPECT_TRUE(is_well());
}

TEST_F(HttpServerTest, TheServersOwnCertificateIsNoDevice) {
  start();
  ClientFiles files = fleet_.stranger();
  files.certificate = certificate_file(fleet_.ca(), kServerLeaf);
  files.key = key_file(fleet_.ca(), kServerLeaf);
  TlsClient client(port(), files);
  EXPECT_FALSE(client.ask(get("/open")).has_value());
}

TEST_F(HttpServerTest, ARejectedDeviceIsRefusedOnItsNextRequest) {
  start();
  TlsClient client(port(), fleet_.device("d1"));
  EXPECT_EQ(client.ask(post("/echo", "a"))->status, 200U);
  rejected_ = true;
  EXPECT_EQ(client.ask(post("/echo", "a"))->status, 403U);
  EXPECT_EQ(handled_, 1);
  TlsClient other(port(), fleet_.device("d2"));
  EXPECT_EQ(other.ask(post("/echo", "a"))->status, 200U);
}

TEST_F(HttpServerTest, SessionsResumeAndKeepTheirIdentity) {
  start();
  SSL_SESSION* session = nullptr;
  {
    TlsClient first(port(), fleet_.device("d1"));
    ASSERT_TRUE(first.ask(get("/open")));
    session = first.session();
    first.shut_down();
  }
  TlsClient second(port(), fleet_.device("d1"), session);
  const auto answer = second.ask(get("/file/x", "Range: bytes=0-0\r\n"));
  ASSERT_TRUE(answer);
  EXPECT_TRUE(second.resumed());
  EXPECT_EQ(answer->status, 206U);
  rejected_ = true;
  EXPECT_EQ(second.ask(get("/file/x"))->status, 403U);
  ::SSL_SESSION_free(session);
}

TEST_F(HttpServerTest, AnIdlePollOnAResumedSessionCostsLessThanOneKilobyte) {
  start();
  SSL_SESSION* session = nullptr;
  {
    TlsClient first(port(), fleet_.device("d1"));
    ASSERT_TRUE(first.ask(get("/open")));
    session = first.session();
    first.shut_down();
  }
  TlsClient second(port(), fleet_.device("d1"), session);
  ASSERT_TRUE(second.ask(get("/file/x", "If-None-Match: \"e\"\r\n")));
  ASSERT_TRUE(second.resumed());
  RecordProperty("wire_bytes", static_cast<int>(second.wire_sent() + second.wire_received()));
  EXPECT_LT(second.wire_sent() + second.wire_received(), 1'024U);
  ::SSL_SESSION_free(session);
}

TEST_F(HttpServerTest, TheLedgerHasWhatTheClientSaw) {
  start();
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  {
    TlsClient client(port(), fleet_.device("d1"));
    ASSERT_TRUE(client.ask(get("/file/x")));
    client.shut_down();
    sent = client.wire_sent();
    received = client.wire_received();
  }
  server_->stop();
  EXPECT_EQ(ledger_["d1"].sent, received);
  EXPECT_EQ(ledger_["d1"].received, sent);
  EXPECT_GT(received, kFileLength);
}

struct HostileCase {
  const char* name;
  std::string request;
  unsigned status;  ///< of the answer; 0: none
};

std::string with(const std::string& fields, const std::string& body = {}) {
  return "POST /echo HTTP/1.1\r\n" + fields + "\r\n" + body;
}

std::vector<HostileCase> hostile_cases() {
  const std::string big_trailer = "0\r\nX: " + std::string(70'000, 'a') + "\r\n\r\n";
  const std::string chunk_extension = "1;" + std::string(1 << 20, 'x') + "\r\na\r\n0\r\n\r\n";
  return {
      {"chunked", with("Host: h\r\nTransfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\n\r\n"), 411},
      {"chunked, trailer of 70 KB", with("Host: h\r\nTransfer-Encoding: chunked\r\n", big_trailer), 411},
      {"chunked, extension of 1 MiB", with("Host: h\r\nTransfer-Encoding: chunked\r\n", chunk_extension),
       411},
      {"gzip coding", with("Host: h\r\nTransfer-Encoding: gzip\r\nContent-Length: 1\r\n", "a"), 411},
      {"chunked then identity", with("Host: h\r\nTransfer-Encoding: chunked, identity\r\n"), 411},
      {"coding that ends in chunked", with("Host: h\r\nTransfer-Encoding: xchunked\r\n"), 411},
      {"two codings", with("Host: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"no length", with("Host: h\r\n"), 411},
      {"length then chunked", with("Host: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", "a"),
       400},
      {"chunked then length", with("Host: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n", "a"),
       400},
      {"lengths that differ", with("Host: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n", "a"), 400},
      {"lengths that agree", with("Host: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n", "a"), 400},
      {"list of lengths", with("Host: h\r\nContent-Length: 4, 4\r\n", "aaaa"), 400},
      {"negative length", with("Host: h\r\nContent-Length: -1\r\n"), 400},
      {"signed length", with("Host: h\r\nContent-Length: +4\r\n", "aaaa"), 400},
      {"length of 2^64", with("Host: h\r\nContent-Length: 18446744073709551616\r\n"), 400},
      {"length of letters", with("Host: h\r\nContent-Length: abc\r\n"), 400},
      {"length over the limit", with("Host: h\r\nContent-Length: 101\r\n"), 413},
      {"length of a terabyte", with("Host: h\r\nContent-Length: 1099511627776\r\n"), 413},
      {"body on a GET", "GET /file/x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na", 413},
      {"no Host", "GET /open HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", "GET /open HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"HTTP/1.0", "GET /open HTTP/1.0\r\nHost: a\r\n\r\n", 400},
      {"HTTP/1.0 and chunked", "POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"HTTP/9.9", "GET /open HTTP/9.9\r\nHost: a\r\n\r\n", 400},
      {"space before the colon", "GET /open HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"bare line feeds", "GET /open HTTP/1.1\nHost: a\n\n", 400},
      {"return in the target", "GET /op\ren HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"NUL in a field", std::string("GET /open HTTP/1.1\r\nHost: a\0b\r\n\r\n", 36), 400},
      {"absolute target", "GET http://a/open HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"asterisk target", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"path upwards", "GET /file/../open HTTP/1.1\r\nHost: a\r\n\r\n", 200},
      {"unknown method", "BREW /open HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"method of a kilobyte", std::string(1'000, 'G') + " /open HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"target of 9 KB", "GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"field of 9 KB", "GET /open HTTP/1.1\r\nHost: a\r\nX: " + std::string(9'000, 'a') + "\r\n\r\n", 400},
      {"field of 1 MB", "GET /open HTTP/1.1\r\nHost: a\r\nX: " + std::string(1'000'000, 'a'), 400},
      {"garbage", "\x01\x02\x03\x04\r\n\r\n", 400},
      {"an answer", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 400},
      {"another protocol", "EHLO example.org\r\n\r\n", 400},
  };
}

TEST_F(HttpServerTest, EveryHostileRequestIsRefusedAndTheServerStaysWell) {
  start();
  for (const HostileCase& c : hostile_cases()) {
    TlsClient client(port(), fleet_.device("d1"));
    ASSERT_TRUE(client.connected()) << c.name;
    client.send(c.request);  // may fail: the server may end the connection before all is sent
    const auto answer = client.receive();
    if (answer) {
      EXPECT_EQ(answer->status, c.status) << c.name;
    }
    // A refusal may be lost when the connection ends under a request much longer than any allowed.
    if (!answer) {
      EXPECT_GT(c.request.size(), kMaxHeader) << c.name;
    }
  }
  EXPECT_EQ(handled_, 0);
  EXPECT_TRUE(is_well());
}

HttpLimits short_deadlines() {
  HttpLimits limits;
  limits.handshake = limits.header = limits.body = limits.idle = limits.goodbye =
      std::chrono::milliseconds(200);
  return limits;
}

TEST_F(HttpServerTest, SilenceBeforeTheHandshakeIsEnded) {
  start(short_deadlines());
  const int fd = connect_tcp(port());
  char byte = 0;
  EXPECT_LE(::recv(fd, &byte, 1, 0), 0);
  EXPECT_NE(errno, EAGAIN);
  ::close(fd);
}

TEST_F(HttpServerTest, HalfAHandshakeIsEnded) {
  start(short_deadlines());
  const int fd = connect_tcp(port());
  const unsigned char half_hello[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00};
  ASSERT_GT(::send(fd, half_hello, sizeof half_hello, 0), 0);
  char byte = 0;
  errno = 0;
  EXPECT_LE(::recv(fd, &byte, 1, 0), 0);
  EXPECT_NE(errno, EAGAIN);
  ::close(fd);
}

TEST_F(HttpServerTest, PlainHttpIsEnded) {
  start();
  const int fd = connect_tcp(port());
  const std::string request = get("/open");
  ASSERT_GT(::send(fd, request.data(), request.size(), 0), 0);
  std::string got;
  char buffer[256];
  for (ssize_t n = 0; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;)
    got.append(buffer, static_cast<std::size_t>(n));
  EXPECT_EQ(got.find("HTTP"), std::string::npos);
  ::close(fd);
  EXPECT_TRUE(is_well());
}

TEST_F(HttpServerTest, AHeadThatComesSlowlyIsEnded) {
  start(short_deadlines());
  TlsClient client(port(), fleet_.device("d1"));
  ASSERT_TRUE(client.send("GET /open HTTP/1.1\r\nHost: "));
  EXPECT_TRUE(client.ends());
}

TEST_F(HttpServerTest, ABodyThatDoesNotComeIsEnded) {
  start(short_deadlines());
  TlsClient client(port(), fleet_.device("d1"));
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nab"));
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(handled_, 0);
}

TEST_F(HttpServerTest, AnIdleConnectionIsEnded) {
  start(short_deadlines());
  TlsClient client(port(), fleet_.device("d1"));
  ASSERT_TRUE(client.ask(get("/open")));
  EXPECT_TRUE(client.ends());
}

TEST_F(HttpServerTest, ADownloadThatIsNotTakenIsGivenUp) {
  HttpLimits limits;
  limits.min_send_rate = 1'000'000;  // 128 KiB in 0.13 s
  start(limits);
  TlsClient client(port(), fleet_.device("d1"));
  ASSERT_TRUE(client.send(get("/zeros")));
  ASSERT_EQ(client.read_bytes(1).size(), 1U);
  while (server_->connections() != 0) std::this_thread::yield();  // the server alone can end this
  EXPECT_TRUE(is_well());
}

TEST_F(HttpServerTest, RefusesMoreConnectionsThanOneAddressMayHave) {
  HttpLimits limits;
  limits.connections_per_address = 1;
  start(limits);
  {
    TlsClient first(port(), fleet_.device("d1"));
    ASSERT_TRUE(first.ask(get("/open")));
    const TlsClient second(port(), fleet_.device("d1"));
    EXPECT_FALSE(second.connected());
    EXPECT_EQ(first.ask(get("/open"))->status, 200U);
  }
}

TEST_F(HttpServerTest, SurvivesRunningOutOfFileDescriptors) {
  start();
  TlsClient before(port(), fleet_.device("d1"));
  ASSERT_TRUE(before.ask(get("/open")));
  std::vector<int> hoard;
  const int waiting = connect_tcp(port());
  for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) hoard.push_back(fd);
  EXPECT_EQ(before.ask(get("/open"))->status, 200U);
  for (const int fd : hoard) ::close(fd);
  ::close(waiting);
  EXPECT_TRUE(is_well());
}

TEST_F(HttpServerTest, StopsWithConnectionsOpen) {
  start();
  TlsClient idle(port(), fleet_.device("d1"));
  ASSERT_TRUE(idle.ask(get("/open")));
  const int silent = connect_tcp(port());
  server_->stop();
  server_.reset();
  EXPECT_TRUE(idle.ends());
  ::close(silent);
}

TEST_F(HttpServerTest, ALongDownloadIsCutWhenTheDeviceIsRejected) {
  start();
  TlsClient client(port(), fleet_.device("d1"));
  ASSERT_TRUE(client.send(get("/zeros")));
  ASSERT_EQ(client.read_bytes(1).size(), 1U);
  rejected_ = true;
  EXPECT_LT(client.count_to_end(), EndlessZeros::kLength);
}

}  // namespace
}  // namespace skiff::server::test
