#include "store/dialect.hpp"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <array>

namespace skiff::server {
namespace {

constexpr int kBusySeconds = 10;                       // how long to wait for another process's transaction
constexpr int kSqliteFull = 13;                        // SQLITE_FULL
constexpr std::string_view kPostgresqlFull = "53100";  // disk_full
constexpr std::string_view kSqlite = "sqlite:";
constexpr std::array<std::string_view, 2> kPostgresql = {"postgresql://", "postgres://"};
/// serialization_failure, deadlock_detected and unique_violation: of two that insert the same row one may
/// be told so before it is told that they conflict.
constexpr std::array<std::string_view, 3> kConflicts = {"40001", "40P01", "23505"};

/// One connection with a rollback journal; readers wait for writers. No write-ahead log: Debian's SQLite has
/// a bug in resetting it.
class Sqlite final : public Dialect {
 public:
  explicit Sqlite(std::string file) : file_(std::move(file)) {}

  [[nodiscard]] unsigned connections(unsigned /*wanted*/) const override { return 1; }
  [[nodiscard]] bool shares_commits() const override { return true; }
  void connect(soci::session& sql) const override {
    sql.open(soci::sqlite3, "dbname=\"" + file_ + "\" timeout=" + std::to_string(kBusySeconds));
    sql << "PRAGMA trusted_schema = OFF";
    sql << "PRAGMA foreign_keys = ON";
    sql << "PRAGMA synchronous = FULL";
    std::string mode;
    sql << "PRAGMA journal_mode = TRUNCATE", soci::into(mode);
  }
  /// The write lock at once: a reader that turns writer half-way can only fail when another has it.
  void begin(soci::session& sql) const override { sql << "BEGIN IMMEDIATE"; }
  bool roll_back(soci::session& sql) const noexcept override {
    try {
      sql << "ROLLBACK";
    } catch (const std::exception&) {
      // There was no transaction to end: it failed to begin, or SQLite has ended it itself.
      return true;
    }
    return true;
  }
  [[nodiscard]] bool is_conflict(const std::exception& /*error*/) const override { return false; }
  [[nodiscard]] bool is_full(const std::exception& error) const override {
    const auto* const answer = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
    return answer != nullptr && answer->result() == kSqliteFull;
  }
  void begin_migration(soci::session& sql) const override { begin(sql); }
  [[nodiscard]] std::string ddl(std::string_view statement) const override { return std::string(statement); }
  /// One server has a file.
  bool has_lock(soci::session& /*sql*/, const std::string& /*name*/) const noexcept override { return true; }
  [[nodiscard]] std::string name() const override { return file_; }

 private:
  std::string file_;
};

/// Transactions are serialisable: what a store reads before it writes still holds when it has written.
class Postgresql final : public Dialect {
 public:
  explicit Postgresql(std::string url) : url_(std::move(url)) {}

  [[nodiscard]] unsigned connections(unsigned wanted) const override { return wanted; }
  [[nodiscard]] bool shares_commits() const override { return false; }
  void connect(soci::session& sql) const override {
    sql.open(soci::postgresql, url_);
    sql << "SET client_min_messages = error";  // a rollback may find nothing to roll back
    sql << "SET lock_timeout = '" + std::to_string(kBusySeconds) + "s'";
    sql << "SET default_transaction_isolation = 'serializable'";
  }
  void begin(soci::session& sql) const override { sql << "BEGIN"; }
  bool roll_back(soci::session& sql) const noexcept override {
    try {
      sql << "ROLLBACK";  // without a transaction a mere warning
      return true;
    } catch (const std::exception&) {
      reconnect(sql);
      return false;
    }
  }
  [[nodiscard]] bool is_conflict(const std::exception& error) const override {
    const auto* const answer = dynamic_cast<const soci::postgresql_soci_error*>(&error);
    return answer != nullptr &&
           std::find(kConflicts.begin(), kConflicts.end(), answer->sqlstate()) != kConflicts.end();
  }
  [[nodiscard]] bool is_full(const std::exception& error) const override {
    const auto* const answer = dynamic_cast<const soci::postgresql_soci_error*>(&error);
    return answer != nullptr && answer->sqlstate() == kPostgresqlFull;
  }
  void begin_migration(soci::session& sql) const override {
    // What the one before has done must be seen: a serialisable transaction would see what was before it.
    sql << "BEGIN ISOLATION LEVEL READ COMMITTED";
    sql << "SELECT pg_advisory_xact_lock(" + lock_key("migration") + ")";
  }
  [[nodiscard]] std::string ddl(std::string_view statement) const override {
    constexpr std::string_view kText = " TEXT ";
    constexpr std::string_view kBytewise = " TEXT COLLATE \"C\" ";
    std::string said(statement);
    for (std::size_t at = said.find(kText); at != std::string::npos;
         at = said.find(kText, at + kBytewise.size())) {
      said.replace(at, kText.size(), kBytewise);
    }
    return said;
  }
  bool has_lock(soci::session& sql, const std::string& name) const noexcept override {
    try {
      if (sql.get_backend() == nullptr) connect(sql);
      int taken = 0;  // by the session that has it, too
      sql << "SELECT CAST(pg_try_advisory_lock(" + lock_key(name) + ") AS INTEGER)", soci::into(taken);
      return taken != 0;
    } catch (const std::exception&) {
      sql.close();
      return false;
    }
  }
  /// Without what is before the host, and without parameters: passwords stand there.
  [[nodiscard]] std::string name() const override {
    const std::size_t begin = url_.find("//") + 2;
    const std::size_t end = url_.find('?', begin);
    const std::string place = url_.substr(begin, end == std::string::npos ? end : end - begin);
    return "postgresql://" + place.substr(place.find('@') + 1);
  }

 private:
  /// Fleets may share a database, each in a schema of its own. `name` is ours: no input comes here.
  static std::string lock_key(const std::string& name) {
    return "hashtextextended('skiff ' || current_schema() || ' " + name + "', 0)";
  }
  void reconnect(soci::session& sql) const noexcept {
    try {
      sql.close();
      connect(sql);
    } catch (const std::exception&) {
      return;  // the next transaction fails at its beginning, and tries again
    }
  }

  std::string url_;
};

}  // namespace

Result<std::unique_ptr<Dialect>> Dialect::of(const std::string& url) {
  if (url.starts_with(kSqlite) && url.size() > kSqlite.size()) {
    return std::make_unique<Sqlite>(url.substr(kSqlite.size()));
  }
  const bool is_postgresql = std::any_of(kPostgresql.begin(), kPostgresql.end(),
                                         [&](std::string_view scheme) { return url.starts_with(scheme); });
  if (is_postgresql) return std::make_unique<Postgresql>(url);
  return fail(ErrorKind::kUsage, "database: a URL begins with sqlite: or postgresql://");
}

}  // namespace skiff::server
