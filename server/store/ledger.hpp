// LedgerStore: what updates have cost, saved and wasted: by month, deployment and device.
#pragma once

#include <soci/soci.h>

#include <cstdint>
#include <string>
#include <vector>

#include "skiff/result.hpp"

namespace skiff::server {

class Database;

/// Bytes of one update, as its device reported it.
struct UpdateBytes {
  std::uint64_t sent = 0;    ///< over the sockets, both ways, TLS and all
  std::uint64_t saved = 0;   ///< by which the delta was smaller than the full image; of committed updates
  std::uint64_t wasted = 0;  ///< received twice, or for an update that was not committed
};

struct LedgerSum {
  std::string name;  ///< "2026-11"; the number of a deployment, 0: of none; a serial
  std::uint64_t updates = 0;
  UpdateBytes bytes;
};

enum class LedgerBy : std::uint8_t { kMonth, kDeployment, kDevice };

/// An update that ended.
struct LedgerEntry {
  const std::string& serial;
  std::int64_t deployment = 0;  ///< 0: it came by none
  std::int64_t time = 0;        ///< seconds since 1970 UTC
};
/// Enters an update under its month, UTC, within a transaction.
void enter_into_ledger(soci::session& sql, const LedgerEntry& entry, const UpdateBytes& bytes);

/// Thread-safe, as the database is. Errors: kIo.
class LedgerStore {
 public:
  explicit LedgerStore(Database& database) : database_(database) {}

  /// In order of what they are of.
  Result<std::vector<LedgerSum>> sums(LedgerBy by);

 private:
  Database& database_;
};

}  // namespace skiff::server
