// AuditLog: what people and programs asked of the fleet, each entry chained to all before it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "skiff/trust.hpp"

namespace skiff::server {

class Database;

struct AuditEntry {
  std::uint64_t number = 0;  ///< from 1 on, without gaps
  std::int64_t time = 0;     ///< seconds since 1970 UTC
  std::string who;
  std::string verb;
  std::string object;
  std::string detail;
  std::string hash{};       ///< SHA-256 of the hash before and of this entry, hexadecimal
  std::string signature{};  ///< of the number and the hash, hexadecimal
};

/// The last entry: whoever notes it elsewhere can tell later that nothing before it was changed or cut off.
struct AuditHead {
  std::uint64_t number = 0;
  std::string hash;
  std::string signature{};  ///< by which the server says so; empty before the first entry
};

/// The key that signs the log, in a state folder; made where it is missing.
Result<std::unique_ptr<Signer>> open_audit_key(const std::filesystem::path& state);

/// Thread-safe, as the database is. Errors: kIo.
class AuditLog {
 public:
  /// `key` signs what is appended; it outlives the log.
  AuditLog(Database& database, const Signer& key) : database_(database), key_(key) {}

  /// Durable when it returns; `number`, `hash` and `signature` are made here. kIo, too, where another key has
  /// signed the log so far.
  Result<void> append(AuditEntry entry);
  /// Oldest first, after entry number `after`, at most `count`.
  Result<std::vector<AuditEntry>> list(std::uint64_t after, std::uint64_t count);
  Result<AuditHead> head();
  /// By which heads can be verified elsewhere.
  [[nodiscard]] const PublicKey& key() const { return key_.public_key(); }
  /// The head, where every entry is in its place, the chain is whole, and what was signed is signed by
  /// `key` (entries of programs before there were signatures stand before the first that has one). kMismatch
  /// names the first entry that is not: it, or one before it, was changed, removed or moved. With a head that
  /// was `noted`, entries that were cut off at the end are missed, too.
  Result<AuditHead> verify(const std::optional<AuditHead>& noted, const PublicKey& key);

 private:
  Database& database_;
  const Signer& key_;
};

}  // namespace skiff::server
