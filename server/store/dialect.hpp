// Dialect: all that SQLite and PostgreSQL do not have in common. Nothing else asks which of them it is.
#pragma once

#include <soci/soci.h>

#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "skiff/result.hpp"

namespace skiff::server {

/// Functions throw what SOCI throws, unless they are noexcept. Stateless but for what they connect to:
/// thread-safe, each session in one thread at a time.
class Dialect {
 public:
  /// Of `sqlite:PATH`, `postgresql://…` or `postgres://…` (as libpq reads them); kUsage: of no other URL.
  static Result<std::unique_ptr<Dialect>> of(const std::string& url);
  virtual ~Dialect() = default;

  /// Connections of one process that can be of use at once, where `wanted` are.
  [[nodiscard]] virtual unsigned connections(unsigned wanted) const = 0;
  /// Whether transactions of a process wait for one connection, and may end with one commit (SharedCommit).
  [[nodiscard]] virtual bool shares_commits() const = 0;
  /// Connects, or connects again, and sets the session up: a commit that returned survives a power cut.
  virtual void connect(soci::session& sql) const = 0;
  /// Begins a transaction that behaves as if it were alone.
  virtual void begin(soci::session& sql) const = 0;
  /// Ends a transaction that threw, if there still is one. False: its connection was lost, and it was tried
  /// to make it anew.
  virtual bool roll_back(soci::session& sql) const noexcept = 0;
  /// Whether a transaction that threw this came in the way of another, and may succeed when it is run again.
  [[nodiscard]] virtual bool is_conflict(const std::exception& error) const = 0;
  /// Whether a transaction threw this because the database's disk is full.
  [[nodiscard]] virtual bool is_full(const std::exception& error) const = 0;
  /// Begins a transaction that no other migration runs beside.
  virtual void begin_migration(soci::session& sql) const = 0;
  /// A statement of the schema, as it has to be said: text is compared byte by byte everywhere.
  [[nodiscard]] virtual std::string ddl(std::string_view statement) const = 0;
  /// Takes the lock of this name, if it has not got it, for as long as the session, which is connected if it
  /// is not, lives. False: another session has the lock, or the database cannot be asked.
  virtual bool has_lock(soci::session& sql, const std::string& name) const noexcept = 0;
  /// What errors call the database: never a password.
  [[nodiscard]] virtual std::string name() const = 0;
};

}  // namespace skiff::server
