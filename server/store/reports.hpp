// ReportStore: what devices reported of their updates, each report once.
#pragma once

#include <soci/soci.h>

#include <cstdint>
#include <string>
#include <vector>

#include "skiff/delta_info.hpp"

namespace skiff::server {

class Database;

/// A report of API.md, read and checked.
struct Report {
  std::string id;
  std::string release;
  std::string outcome;
  std::string reason;
  ImageId image;
  std::uint64_t payload_bytes = 0;
  std::uint64_t metadata_bytes = 0;
  std::uint64_t wire_bytes = 0;
  std::uint64_t wasted_bytes = 0;
  std::uint64_t seconds = 0;
  std::uint64_t peak_memory = 0;
  std::string checks;  ///< JSON text of the array
};

struct StoredReport {
  std::string serial;
  std::int64_t received = 0;  ///< seconds since 1970 UTC
  Report report;
};

/// Within a transaction. False: this device's report of this id was known, and is kept as it was.
bool keep_report(soci::session& sql, const std::string& serial, const Report& report, std::int64_t now);

/// Thread-safe, as the database is. Errors: kIo.
class ReportStore {
 public:
  explicit ReportStore(Database& database) : database_(database) {}

  /// In the order they came.
  Result<std::vector<StoredReport>> list();
  /// At most `count`, the latest first.
  Result<std::vector<StoredReport>> latest(std::uint64_t count);

 private:
  Database& database_;
};

}  // namespace skiff::server
