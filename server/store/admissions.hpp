// AdmissionStore: which key speaks for which serial, and whether it may.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "skiff/result.hpp"

namespace skiff::server {

class Database;

/// Whether a device may speak to the server.
enum class Admission : std::uint8_t { kAccepted, kPending, kRejected, kDecommissioned, kPreauthorised };
std::string_view to_string(Admission admission);
/// Whatever is not known here is read as the state that lets least happen.
Admission parse_admission(std::string_view text);

/// A key that says it is a device.
struct Claim {
  std::string serial;
  std::string key;      ///< see key_digest()
  std::string address;  ///< where it came from
};

/// A claim that a person has to decide on, or has refused.
struct StoredClaim {
  Claim claim;
  Admission admission = Admission::kPending;
  std::int64_t first = 0;  ///< seconds since 1970 UTC
  std::int64_t last = 0;
};

/// How many strangers are remembered, and for how long.
struct PendingLimits {
  std::uint64_t total = 1'000;
  std::uint64_t per_address = 32;
  std::int64_t lifetime = std::int64_t{7} * 86'400;  ///< seconds since a claim was last made
};

/// A serial has one key. A device that the factory listed, that a person accepted, or that came with a
/// certificate of the fleet's device CA, is a row of its own. Every other key that says it is some serial is
/// a claim: claims are bounded and expire, and they are all that strangers can make. A claim on a serial that
/// has another key already is a duplicate identity: it raises an alarm, and the device with the known key is
/// served on.
///
/// Thread-safe, as the database is. Errors: kIo.
class AdmissionStore {
 public:
  explicit AdmissionStore(Database& database, PendingLimits limits = {})
      : database_(database), limits_(limits) {}

  /// Of a connection whose certificate the device CA has signed: accepted where the serial was never heard
  /// of. The first key of a serial becomes its own, and a renewed key replaces the last one when it is first
  /// used.
  Result<Admission> admit(const Claim& claim, std::int64_t now);
  /// Of a stranger who proved possession of the key. kAccepted: it may have a certificate. nullopt: there is
  /// no room for another claim.
  Result<std::optional<Admission>> enrol(const Claim& claim, std::int64_t now);
  /// An accepted device goes on under another key as soon as that is used; until then it has both.
  Result<void> expect_key(const std::string& serial, const std::string& key);

  /// Lists devices that the factory made; how many were new. Those known by another key stay as they are.
  Result<std::uint64_t> preauthorise(const std::vector<Claim>& devices);
  /// A person's word on a device, which need not be known yet. Decommissioned devices lose their claims.
  Result<void> decide(const std::string& serial, Admission admission);
  /// A person's word on a claim. kAccepted: this is the device's key from now on. kNotFound: no such claim.
  Result<void> decide_claim(const std::string& serial, const std::string& key, Admission admission);

  /// Pending first, then oldest first.
  Result<std::vector<StoredClaim>> claims();
  /// Forgets pending claims that were not made again for their lifetime; how many.
  Result<std::uint64_t> expire(std::int64_t now);

 private:
  Database& database_;
  PendingLimits limits_;
};

}  // namespace skiff::server
