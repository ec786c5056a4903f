#include "store/database.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include "store/schema.hpp"

namespace skiff::server {
namespace {

constexpr int kBusySeconds = 10;  // how long to wait for another process's transaction

}  // namespace

Database::Database(const std::string& connection) : session_(soci::sqlite3, connection) {
  session_ << "PRAGMA trusted_schema = OFF";
  session_ << "PRAGMA foreign_keys = ON";
  session_ << "PRAGMA synchronous = FULL";
  std::string mode;
  session_ << "PRAGMA journal_mode = TRUNCATE", soci::into(mode);
}

void Database::migrate() {
  session_ << "BEGIN IMMEDIATE";
  session_ << "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)";
  long long version = 0;
  session_ << "SELECT COALESCE(MAX(version), 0) FROM schema_version", soci::into(version);
  const auto newest = static_cast<long long>(schema_steps().size());
  if (version > newest) {
    throw soci::soci_error("it was written by a newer skiff-server (schema " + std::to_string(version) + ")");
  }
  for (long long step = version; step < newest; ++step) {
    for (const char* statement : schema_steps()[static_cast<std::size_t>(step)]) session_ << statement;
  }
  if (version < newest) {
    session_ << "INSERT INTO schema_version (version) VALUES (:version)", soci::use(newest, "version");
  }
  session_ << "COMMIT";
}

void Database::roll_back() noexcept {
  try {
    session_ << "ROLLBACK";
  } catch (const std::exception&) {
    // There was no transaction to end: it failed to begin, or SQLite has ended it itself.
    return;
  }
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file) {
  try {
    std::unique_ptr<Database> database(
        new Database("dbname=\"" + file.string() + "\" timeout=" + std::to_string(kBusySeconds)));
    database->migrate();
    return database;
  } catch (const std::exception& error) {
    return fail(ErrorKind::kIo, "cannot open database " + file.string() + ": " + error.what());
  }
}

}  // namespace skiff::server
