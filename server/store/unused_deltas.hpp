// UnusedDeltas: since when deltas have been of no use to any device.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "skiff/result.hpp"

namespace skiff::server {

class Database;

/// Thread-safe, as the database is. Errors: kIo.
class UnusedDeltas {
 public:
  explicit UnusedDeltas(Database& database) : database_(database) {}

  /// Remembers which deltas, by target names, are unused now; those that no longer are begin anew when they
  /// become so. Gives those that have been for `keep` seconds, by name.
  Result<std::vector<std::string>> note(const std::set<std::string>& unused, std::int64_t keep,
                                        std::int64_t now);

 private:
  Database& database_;
};

}  // namespace skiff::server
