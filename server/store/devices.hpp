// DeviceStore: what the server remembers of each device.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "skiff/delta_info.hpp"
#include "store/admissions.hpp"
#include "store/contact_ledger.hpp"

namespace skiff::server {

class Database;

/// What a device said of itself when it last checked in.
struct DeviceStatus {
  std::string serial;
  std::string key;          ///< what it proved to hold, see key_digest()
  std::string fingerprint;  ///< of the certificate it came with
  std::string hardware;
  ImageId image;
  std::string version;
  std::uint64_t counter_floor = 0;
  std::string agent;
  std::string agent_state;
};

/// A release that is due to a device, and why it does not get it.
struct HeldUpdate {
  std::string release;  ///< target name; empty: nothing is held back
  std::string reason;   ///< for people
  bool operator==(const HeldUpdate&) const = default;
};

struct DeviceRecord {
  DeviceStatus status;
  Admission admission = Admission::kAccepted;
  std::int64_t first_contact = 0;  ///< seconds since 1970 UTC; 0: never
  std::int64_t last_contact = 0;
  std::uint64_t check_ins = 0;
  WireBytes wire;  ///< over all its connections
  HeldUpdate held;
};

/// How many accepted devices of a hardware id run an image.
struct ImageCount {
  std::string hardware;
  ImageId image;
  std::uint64_t devices = 0;
};

/// Thread-safe, as the database is. Errors: kIo.
class DeviceStore {
 public:
  explicit DeviceStore(Database& database) : database_(database) {}

  /// Remembers a check-in. A device that was never heard of is accepted: whoever may check in is. What was
  /// held back from it so far.
  Result<HeldUpdate> check_in(const DeviceStatus& status, std::int64_t now);
  /// Remembers what a check-in could not give the device.
  Result<void> hold(const std::string& serial, const HeldUpdate& held);
  /// Adds that devices of which nothing changed were there, and what their connections cost; serials never
  /// heard of are passed over.
  Result<void> add_contacts(const ContactsBySerial& by_serial);
  /// By serial.
  Result<std::vector<DeviceRecord>> list();
  /// By hardware and image; devices that never checked in are not counted.
  Result<std::vector<ImageCount>> count_images();

 private:
  Database& database_;
};

}  // namespace skiff::server
