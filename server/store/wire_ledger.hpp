// WireLedger: gathers what connections cost, to be written down for many at once.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "http/server.hpp"

namespace skiff::server {

/// Thread-safe; add() never waits for the disk.
class WireLedger {
 public:
  void add(const std::string& serial, WireBytes bytes) {
    const std::lock_guard lock(mutex_);
    WireBytes& sum = gathered_[serial];
    sum.received += bytes.received;
    sum.sent += bytes.sent;
  }
  /// What was gathered since the last call.
  std::map<std::string, WireBytes> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(gathered_, {});
  }

 private:
  std::mutex mutex_;
  std::map<std::string, WireBytes> gathered_;
};

}  // namespace skiff::server
