// AuditLog: what people and programs asked of the fleet, each entry chained to all before it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "skiff/result.hpp"

namespace skiff::server {

class Database;

struct AuditEntry {
  std::uint64_t number = 0;  ///< from 1 on, without gaps
  std::int64_t time = 0;     ///< seconds since 1970 UTC
  std::string who;
  std::string verb;
  std::string object;
  std::string detail;
  std::string hash;  ///< SHA-256 of the hash before and of this entry, hexadecimal
};

/// The last entry: whoever notes it elsewhere can tell later that nothing before it was changed or cut off.
struct AuditHead {
  std::uint64_t number = 0;
  std::string hash;
};

/// Thread-safe, as the database is. Errors: kIo.
class AuditLog {
 public:
  explicit AuditLog(Database& database) : database_(database) {}

  /// Durable when it returns; `number` and `hash` are made here.
  Result<void> append(AuditEntry entry);
  /// Oldest first, after entry number `after`, at most `count`.
  Result<std::vector<AuditEntry>> list(std::uint64_t after, std::uint64_t count);
  Result<AuditHead> head();
  /// The head, where every entry is in its place and the chain is whole. kMismatch names the first entry that
  /// is not: it, or one before it, was changed, removed or moved. With a head that was `noted`, entries that
  /// were cut off at the end are missed, too.
  Result<AuditHead> verify(const std::optional<AuditHead>& noted);

 private:
  Database& database_;
};

}  // namespace skiff::server
