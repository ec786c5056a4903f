#include "store/database.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "store/schema.hpp"

namespace skiff::server {
namespace {

constexpr unsigned kMostAttempts = 30;
constexpr unsigned kReconnections = 2;     // of one transaction
constexpr unsigned kLongestPause = 1'000;  // milliseconds between attempts

/// A random time that doubles at most with each attempt, so that those who met do not meet again.
void pause_after(unsigned attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const unsigned longest = std::min(1U << std::min(attempt, 10U), kLongestPause);
  std::this_thread::sleep_for(
      std::chrono::milliseconds(std::uniform_int_distribution<unsigned>(0, longest)(random)));
}

}  // namespace

Database::Database(std::unique_ptr<Dialect> dialect, unsigned connections)
    : dialect_(std::move(dialect)), pool_(dialect_->connections(connections)) {
  const unsigned count = dialect_->connections(connections);
  for (unsigned i = 0; i < count; ++i) dialect_->connect(pool_.at(i));
  if (dialect_->shares_commits()) shared_.emplace(*dialect_, pool_.at(0));
}

void Database::migrate() {
  soci::session sql(pool_);
  dialect_->begin_migration(sql);
  sql << "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)";
  long long version = 0;
  sql << "SELECT COALESCE(MAX(version), 0) FROM schema_version", soci::into(version);
  const auto newest = static_cast<long long>(schema_steps().size());
  if (version > newest) {
    throw soci::soci_error("it was written by a newer skiff-server (schema " + std::to_string(version) + ")");
  }
  for (long long step = version; step < newest; ++step) {
    for (const char* statement : schema_steps()[static_cast<std::size_t>(step)]) {
      sql << dialect_->ddl(statement);
    }
  }
  if (version < newest) {
    sql << "INSERT INTO schema_version (version) VALUES (:version)", soci::use(newest, "version");
  }
  sql << "COMMIT";
}

tl::unexpected<Error> Database::failed(std::string_view what, const std::exception& error) const {
  return fail(dialect_->is_full(error) ? ErrorKind::kLimit : ErrorKind::kIo,
              "cannot " + std::string(what) + ": " + error.what());
}

bool Database::may_try_again(soci::session& sql, const std::exception& error, Attempt attempt) noexcept {
  try {
    const bool is_conflict = dialect_->is_conflict(error);
    if (!dialect_->roll_back(sql)) return !attempt.is_ending && attempt.number <= kReconnections;
    if (!is_conflict || attempt.number >= kMostAttempts) return false;
    pause_after(attempt.number);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

Result<std::unique_ptr<Database>> Database::open(const std::string& url, unsigned connections) {
  SKIFF_ASSIGN(std::unique_ptr<Dialect> dialect, Dialect::of(url));
  const std::string name = dialect->name();
  try {
    std::unique_ptr<Database> database(new Database(std::move(dialect), connections));
    database->migrate();
    return database;
  } catch (const std::exception& error) {
    return fail(ErrorKind::kIo, "cannot open database " + name + ": " + error.what());
  }
}

}  // namespace skiff::server
