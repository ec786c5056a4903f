// ReportIntake: takes what a device reported, and all that follows from it, or nothing of both.
#pragma once

#include <string>

#include "skiff/result.hpp"
#include "store/reports.hpp"

namespace skiff::server {

class Database;

/// Thread-safe, as the database is. Errors: kIo.
class ReportIntake {
 public:
  explicit ReportIntake(Database& database) : database_(database) {}

  /// Keeps the report, counts its outcome in the deployment it came by, and enters its bytes into the ledger
  /// and the budgets.
  /// `full_length`: bytes of the release's full image; 0: not known. False: the report was known, and nothing
  /// changes.
  Result<bool> take(const std::string& serial, const Report& report, std::uint64_t full_length,
                    std::int64_t now);

 private:
  Database& database_;
};

}  // namespace skiff::server
