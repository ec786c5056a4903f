#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "agent/system/os.hpp"
#include "agent/system/posix_clock.hpp"
#include "skiff/trust.hpp"

namespace skiff::agent {
namespace {

/// A service manager's socket: `path` begins with @ where it is abstract.
class Manager {
 public:
  explicit Manager(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    if (path.front() == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~Manager() { ::unsetenv("NOTIFY_SOCKET"); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// What it was told next; empty: nothing.
  [[nodiscard]] std::string told() const {
    std::array<char, 64> text;
    const ssize_t length = ::recv(socket_.get(), text.data(), text.size(), 0);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
  }

 private:
  Descriptor socket_;
};

TEST(Watchdog, HearsOfEachWaitAndOfASecondsWorkOnce) {
  const std::string name = "skiff-" + to_hex(random_bytes(8));
  for (const std::string& path : {(std::filesystem::temp_directory_path() / name).string(), "@" + name}) {
    const Manager manager(path);
    PosixClock clock;
    EXPECT_TRUE(clock.pause(std::chrono::milliseconds(1)));
    EXPECT_EQ(manager.told(), "WATCHDOG=1");
    int told = 0;
    for (int i = 0; i < 1'000; ++i) {
      clock.tick();
      told += manager.told().empty() ? 0 : 1;
    }
    EXPECT_LE(told, 10) << "once a second";
    std::filesystem::remove(path);
  }
}

TEST(Watchdog, IsNotMissed) {
  PosixClock clock;
  EXPECT_TRUE(clock.pause(std::chrono::milliseconds(1)));
}

}  // namespace
}  // namespace skiff::agent
