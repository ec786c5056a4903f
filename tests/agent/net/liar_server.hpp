// LiarServer: an HTTP server on loopback that answers each request with exactly the bytes a test wants.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "agent/system/os.hpp"

namespace skiff::testing {

class LiarServer {
 public:
  /// From a request's head (and body, if it says so by Content-Length) to the bytes sent back. The connection
  /// is closed after them unless they begin with "HTTP/1.1 2" and `keep_alive` is set.
  using Answer = std::function<std::string(const std::string& request)>;
  explicit LiarServer(Answer answer, bool keep_alive = false);
  ~LiarServer();
  LiarServer(const LiarServer&) = delete;
  LiarServer& operator=(const LiarServer&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// Bytes both ways over all connections; a reply counts from before it is sent.
  [[nodiscard]] std::uint64_t wire_bytes() const { return wire_; }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void serve();
  void talk(int socket);

  Answer answer_;
  bool keep_alive_;
  agent::Descriptor listener_;
  unsigned port_ = 0;
  std::atomic<std::uint64_t> wire_ = 0;
  std::atomic<int> connections_ = 0;
  std::atomic<int> current_ = -1;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace skiff::testing
