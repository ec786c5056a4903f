// The server on loopback: mutual TLS, deadlines, limits, downloads and the ledger.
#include "http/server.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "event_log.hpp"
#include "tests/server/http/http_server_fixture.hpp"
#include "tests/server/secret_watch.hpp"

namespace skiff::server::test {
namespace {

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

TEST_F(HttpServerTest, ServesAFileOnDiskWholeAndInParts) {
  ASSERT_TRUE(write_file(disk_file(), kContent));
  start();
  TlsClient client(port(), fleet_.device("d1"));
  EXPECT_EQ(client.ask(get("/disk"))->body, as_text(kContent));
  EXPECT_EQ(client.ask(get("/disk", "Range: bytes=999990-\r\n"))->body, as_text(kContent).substr(999'990));
}

TEST_F(HttpServerTest, LogsNoQueryNoTokenAndNoBody) {
  const std::string secret = "secret-of-a-request";
  keep_secret(secret);
  set_log_threshold(Severity::kDebug);
  start();
  const std::string fields = "Host: x\r\nAuthorization: Bearer " + secret + "\r\nCookie: " + secret + "\r\n";
  const std::string body = "Content-Length: " + std::to_string(secret.size()) + "\r\n\r\n" + secret;
  for (const char* const path : {"/echo", "/guarded", "/throw", "/nowhere", "/file/x", "/open"}) {
    const std::string target = std::string(path) + "?key=" + secret + " HTTP/1.1\r\n";
    EXPECT_NE(status_of("GET " + target + fields + "\r\n"), 0U);
    EXPECT_NE(status_of("POST " + target + fields + body), 0U);
    EXPECT_NE(status_of("GET " + target + fields + "Bad Field " + secret + "\r\n\r\n"), 0U);
  }
  EXPECT_EQ(status_of(get("/throw", "X: " + secret + "\r\n")), 500U);
  server_.reset();
  set_log_threshold(Severity::kInfo);
}

TEST_F(HttpServerTest, ADownloadEndsWhereItsFileDoes) {
  ASSERT_TRUE(write_file(disk_file(), kContent));
  start();
  is_cut_ = true;
  TlsClient client(port(), fleet_.device("d1"));
  EXPECT_FALSE(client.ask(get("/disk")).has_value());
  EXPECT_TRUE(is_well());
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

TEST_F(HttpServerTest, ABodyIsReadForThoseWhoMaySendItAlone) {
  start();
  const std::string head = "POST /guarded HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n";
  for (const auto& [who, status] : {std::pair("stranger", 401U), std::pair("odd", 500U)}) {
    TlsClient client(port(), fleet_.device("d1"));
    const auto refused = client.ask(head + "Authorization: " + who + "\r\n\r\n");  // no body comes
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, status);
    EXPECT_TRUE(client.ends());
  }
  EXPECT_EQ(handled_, 0);
  TlsClient client(port(), fleet_.device("d1"));
  EXPECT_EQ(client.ask(head + "Authorization: friend\r\n\r\nabcdef")->body, "\"abcdef\"");
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
  ASSERT_GT(::send(fd, half_hello, sizeof half_hello, MSG_NOSIGNAL), 0);
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
  ASSERT_GT(::send(fd, request.data(), request.size(), MSG_NOSIGNAL), 0);
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

TEST_F(HttpServerTest, PutsOffPollsBeyondItsLimitAndNothingElse) {
  HttpLimits limits;
  limits.polls = 1;
  start(limits);
  unsigned first = 0;
  std::thread waiting([&] { first = status_of(get("/gate")); });
  while (handled_ == 0) std::this_thread::yield();
  TlsClient client(port(), fleet_.device("d2"));
  for (int i = 0; i < 5; ++i) {
    const auto answer = client.ask(get("/gate"));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 503U);
    const int pause = std::stoi(answer->fields.at("retry-after"));
    EXPECT_GE(pause, 30);
    EXPECT_LE(pause, 120);
  }
  EXPECT_EQ(client.ask(post("/echo", "report"))->status, 200U);
  EXPECT_TRUE(is_well());  // a download
  is_open_ = true;
  is_open_.notify_all();
  waiting.join();
  EXPECT_EQ(first, 200U);
  EXPECT_EQ(client.ask(get("/gate"))->status, 200U);
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

TEST_F(HttpServerTest, ALongDownloadIsCutWhenItIsNotWantedAnyMore) {
  start();
  TlsClient client(port(), fleet_.device("d1"));
  ASSERT_TRUE(client.send(get("/zeros")));
  ASSERT_EQ(client.read_bytes(1).size(), 1U);
  withdrawn_ = true;
  EXPECT_LT(client.count_to_end(), EndlessZeros::kLength);
}

constexpr std::chrono::seconds kStop{1};  // until a download that is stopped has ended

TEST_F(HttpServerTest, ADownloadThatStandsStillIsCutAsSoon) {
  start();
  for (std::atomic<bool>* stopped : {&rejected_, &withdrawn_}) {
    TlsClient client(port(), fleet_.device("d1"));
    ASSERT_TRUE(client.send(get("/zeros")));
    ASSERT_EQ(client.read_bytes(1).size(), 1U);
    EXPECT_FALSE(client.is_cut_within(kStop));
    *stopped = true;
    EXPECT_TRUE(client.is_cut_within(kStop));
    *stopped = false;
  }
}

TEST_F(HttpServerTest, WhetherADownloadIsWantedIsAskedAgainWhereSomethingChanged) {
  changes_ = 7;
  start();
  TlsClient client(port(), fleet_.device("d1"));
  ASSERT_TRUE(client.send(get("/zeros")));
  EXPECT_FALSE(client.is_cut_within(2 * kStop));
  EXPECT_EQ(asked_, 1);
  ++changes_;
  EXPECT_FALSE(client.is_cut_within(kStop));
  EXPECT_EQ(asked_, 2);
  withdrawn_ = true;
  ++changes_;
  EXPECT_TRUE(client.is_cut_within(kStop));
}

TEST_F(HttpServerTest, APieceThatTakesLongIsWhole) {
  start();
  TlsClient client(port(), fleet_.device("d1"));
  ASSERT_TRUE(client.send(get("/file/x")));
  EXPECT_FALSE(client.is_cut_within(2 * kStop));  // the socket is full, and the server asks meanwhile
  EXPECT_EQ(client.receive()->body, std::string(kContent.begin(), kContent.end()));
}

}  // namespace
}  // namespace skiff::server::test
