// Watch: what nobody asks for and somebody has to know: devices that fell silent, an audit log that was
// changed, certificates and signatures that run out; and once a day, how the fleet does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "skiff/result.hpp"
#include "store/disk.hpp"

namespace skiff::server {

class AuditLog;
class Catalogue;
class Database;

/// Owned by the caller, and outlives the watch.
struct WatchParts {
  Database& database;
  AuditLog& audit;
  Catalogue& catalogue;
  std::filesystem::path ca;   ///< authority folder
  std::vector<Disk> disks{};  ///< that the server writes to
  std::string server{};       ///< whose disks they are: WorkerPlace::name()
};

struct WatchOptions {
  std::int64_t stale_after = std::int64_t{7} * 86'400;  ///< seconds without contact
  std::int64_t notice = std::int64_t{30} * 86'400;      ///< seconds before something runs out
};

/// For one thread.
class Watch {
 public:
  Watch(WatchParts parts, WatchOptions options) : parts_(std::move(parts)), options_(options) {}

  /// Raises an alarm for whatever of the fleet is not as it should be; again as long as it is so. kIo.
  Result<void> look(std::int64_t now);
  /// The same for what each server has of its own: disks that fill. kIo.
  Result<void> look_at_disks(std::int64_t now);

 private:
  Result<void> look_at_devices(std::int64_t now);
  Result<void> look_at_metered(std::int64_t now);
  Result<void> look_at_audit(std::int64_t now);
  Result<void> look_at_certificates(std::int64_t now);
  Result<void> look_at_metadata(std::int64_t now);
  Result<void> warn_of_end(const std::string& what, std::int64_t end, std::int64_t now);
  /// Tells of each day that is over and was not told of, also where no server ran when it ended.
  Result<void> sum_up(std::int64_t now);

  WatchParts parts_;
  WatchOptions options_;
};

}  // namespace skiff::server
