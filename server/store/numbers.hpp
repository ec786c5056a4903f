// NumberStore: what the database says of the fleet in numbers, for a monitoring system.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "skiff/result.hpp"
#include "store/disk.hpp"

namespace skiff::server {

class Database;

/// One number of a family; `label` is its only label's value.
struct Sample {
  std::string label;
  std::uint64_t value = 0;
};

/// Samples of one meaning.
struct Family {
  const char* name;  ///< as Prometheus names metrics
  const char* type;  ///< "gauge" or "counter"
  const char* help;
  const char* label;  ///< name of the label; empty: there is one sample without
  std::vector<Sample> samples;
};

/// Thread-safe, as the database is. Errors: kIo.
class NumberStore {
 public:
  /// `disks`: whose room is among the numbers.
  explicit NumberStore(Database& database, std::vector<Disk> disks = {})
      : database_(database), disks_(std::move(disks)) {}
  /// Counted in one transaction, so that the numbers fit each other; always the same families, in one order.
  Result<std::vector<Family>> read(std::int64_t now);

 private:
  Database& database_;
  std::vector<Disk> disks_;
};

/// Prometheus' text format 0.0.4.
std::string prometheus_text(const std::vector<Family>& families);

}  // namespace skiff::server
