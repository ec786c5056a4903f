// ContactLedger: gathers that devices were there and what their connections cost, to be written down for many
// at once.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "http/server.hpp"

namespace skiff::server {

/// Of one device.
struct Contacts {
  std::uint64_t check_ins = 0;  ///< in which nothing had changed
  std::int64_t last = 0;        ///< seconds since 1970 UTC; 0: there were none
  WireBytes wire;
  Contacts& operator+=(const Contacts& more) {
    check_ins += more.check_ins;
    last = std::max(last, more.last);
    wire.received += more.wire.received;
    wire.sent += more.wire.sent;
    return *this;
  }
};

using ContactsBySerial = std::map<std::string, Contacts>;

/// Thread-safe; add() never waits for the disk. What a power cut takes of it is a few seconds of contacts.
class ContactLedger {
 public:
  void add(const std::string& serial, const Contacts& contacts) {
    const std::lock_guard lock(mutex_);
    gathered_[serial] += contacts;
  }
  /// What was gathered since the last call.
  ContactsBySerial take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(gathered_, {});
  }

 private:
  std::mutex mutex_;
  ContactsBySerial gathered_;
};

}  // namespace skiff::server
