// Hostile requests: each is refused, and the server stays well.
#include "tests/server/http/hostile_requests.hpp"

#include "tests/server/http/http_server_fixture.hpp"

namespace skiff::server::test {
namespace {

TEST_F(HttpServerTest, EveryRequestOfAHostileFamilyIsRefusedAndNothingAfterItIsAnswered) {
  start();
  std::size_t count = 0;
  for (const HostileFamily& tried : hostile_families()) {
    for (const std::string& request : tried.requests) {
      TlsClient client(port(), fleet_.device("d1"));
      ASSERT_TRUE(client.connected()) << tried.name;
      client.send(request + "GET /open HTTP/1.1\r\nHost: h\r\n\r\n");
      const auto answer = client.receive();
      EXPECT_TRUE(answer && answer->status >= 400 && answer->status < 500)
          << tried.name << ": " << ::testing::PrintToString(request) << ": " << (answer ? answer->status : 0);
      EXPECT_TRUE(client.ends()) << tried.name << ": " << ::testing::PrintToString(request);
      ++count;
    }
  }
  EXPECT_GE(count, 300U);
  EXPECT_EQ(handled_, 0);
  EXPECT_TRUE(is_well());
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

}  // namespace
}  // namespace skiff::server::test
