// Hostile requests: what they cost the server in memory, while they come and after they went. Not built with
// sanitizers, which keep what was freed.
#include <malloc.h>
#include <unistd.h>

#include <fstream>

#include "tests/server/http/hostile_requests.hpp"
#include "tests/server/http/http_server_fixture.hpp"

namespace skiff::server::test {
namespace {

constexpr std::uint64_t kKiB = 1 << 10;
constexpr int kRuns = 2;
constexpr std::size_t kAtOnce = 60;  // connections, below HttpLimits::connections_per_address
// Bytes of both sides; two to three times what was measured.
constexpr std::uint64_t kMost = 8 << 20;          // while requests come one after the other
constexpr std::uint64_t kMostOfOne = 160 * kKiB;  // of one connection with a large request
constexpr std::uint64_t kLeft = 768 * kKiB;       // after all went, whatever their number

/// Of this process, the server's and the client's: bytes by the name of a line of /proc/self/status
/// (proc(5)).
std::uint64_t memory(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::stoull(line.substr(name.size())) * kKiB;
  }
  ADD_FAILURE() << "no line " << name;
  return 0;
}

/// What is resident with all that was freed given back to the system.
std::uint64_t resident() {
  ::malloc_trim(0);
  return memory("VmRSS:");
}

/// The largest resident set since the last call of forget_peak().
std::uint64_t peak() { return memory("VmHWM:"); }
void forget_peak() {
  constexpr const char* kForget = "5";
  std::ofstream clear("/proc/self/clear_refs");
  clear << kForget << std::flush;
  ASSERT_TRUE(clear) << "the peak cannot be set back";
}

std::uint64_t growth(std::uint64_t before, std::uint64_t now) { return now > before ? now - before : 0; }

/// Requests that are never whole and that hold as much of the server as it lets them.
std::vector<std::string> large_requests() {
  const std::string much(1 << 20, 'a');
  const std::string post = "POST /echo HTTP/1.1\r\nHost: h\r\n";
  return {
      "GET /" + much,
      "GET /open HTTP/1.1\r\nHost: h\r\nX: " + much,
      post + "Content-Length: 1048577\r\n\r\n" + much,
      post + "Transfer-Encoding: chunked\r\n\r\n100001\r\n" + much,
      post + "Content-Length: 100\r\n\r\n" + std::string(99, 'a'),
  };
}

class HostileMemoryTest : public HttpServerTest {
 protected:
  /// A server that keeps fewer sessions of TLS than there are connections in one run of all.
  void SetUp() override {
    HttpLimits limits;
    limits.sessions = 128;
    start(limits);
  }

  /// Sends each hostile request on a connection of its own, one after the other; how many.
  std::size_t run_all() {
    std::size_t count = 0;
    const auto run = [&](const std::string& request) {
      TlsClient client(port(), fleet_.device("d1"));
      EXPECT_TRUE(client.connected());
      client.send(request);  // may fail: the server may end the connection before all is sent
      client.receive();
      ++count;
    };
    for (const HostileCase& hostile : cases_) run(hostile.request);
    for (const HostileFamily& family : families_) {
      for (const std::string& request : family.requests) run(request);
    }
    return count;
  }

  /// Each of the large ones on many connections, which stay open until all have it.
  void run_large_at_once() {
    for (const std::string& request : large_) {
      std::vector<std::unique_ptr<TlsClient>> clients;
      for (std::size_t i = 0; i < kAtOnce; ++i) {
        clients.push_back(std::make_unique<TlsClient>(port(), fleet_.device("d1")));
        ASSERT_TRUE(clients.back()->connected());
      }
      for (const auto& client : clients) client->send(request);
    }
  }

  const std::vector<HostileCase> cases_ = hostile_cases();
  const std::vector<HostileFamily> families_ = hostile_families();
  const std::vector<std::string> large_ = large_requests();
};

TEST_F(HostileMemoryTest, NothingOfARequestIsLeftBehind) {
  run_all();
  const std::uint64_t before = resident();
  forget_peak();
  std::size_t count = 0;
  for (int i = 0; i < kRuns; ++i) count += run_all();
  const std::uint64_t most = growth(before, peak());
  const std::uint64_t left = growth(before, resident());
  RecordProperty("requests", static_cast<int>(count));
  RecordProperty("most", std::to_string(most));
  RecordProperty("left", std::to_string(left));
  EXPECT_LE(most, kMost);
  EXPECT_LE(left, kLeft);
  EXPECT_TRUE(is_well());
}

TEST_F(HostileMemoryTest, ManyLargeRequestsAtOnceHoldLittle) {
  run_large_at_once();
  const std::uint64_t before = resident();
  forget_peak();
  run_large_at_once();
  const std::uint64_t most = growth(before, peak());
  const std::uint64_t left = growth(before, resident());
  RecordProperty("most", std::to_string(most));
  RecordProperty("left", std::to_string(left));
  EXPECT_LE(most, kAtOnce * kMostOfOne);
  EXPECT_LE(left, kLeft);
  EXPECT_TRUE(is_well());
}

}  // namespace
}  // namespace skiff::server::test
