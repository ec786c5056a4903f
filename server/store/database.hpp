// Database: the server's connections to SQLite or PostgreSQL, the schema, and transactions whose failures are
// values.
#pragma once

#include <soci/soci.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <type_traits>

#include "skiff/result.hpp"
#include "store/dialect.hpp"
#include "store/shared_commit.hpp"

namespace skiff::server {

using Integer = long long;  ///< what SOCI binds to BIGINT

/// A column whose values are never negative.
inline std::uint64_t unsigned_column(const soci::row& row, const char* name) {
  return static_cast<std::uint64_t>(row.get<Integer>(name));
}

/// The URL of a file of SQLite.
inline std::string sqlite_url(const std::filesystem::path& file) { return "sqlite:" + file.string(); }

/// Every transaction behaves as if it were alone, and a commit that returned survives a power cut. Other
/// processes may have the database open, too: `skiff-server device`, other nodes. Statements are prepared and
/// bound; no SQL is made from input. Thread-safe.
class Database {
 public:
  /// Opens the database, makes the file of SQLite, and brings the schema up to date. `connections` are for
  /// so many transactions at once; SQLite has one. kUsage: no such URL. kIo: it cannot be opened, is damaged,
  /// or of a newer program.
  static Result<std::unique_ptr<Database>> open(const std::string& url, unsigned connections = 1);

  /// Runs `work(soci::session&)` in a transaction that is committed when it returns and rolled back when it
  /// throws; what it returned, or kIo (kLimit: the disk is full) with `what` was being done. Nothing that
  /// `work` did holds after an error. Where it came in the way of another transaction it is run again: it
  /// leaves no trace but in what it returns and in the database.
  template <typename Work>
  auto transact(std::string_view what, Work&& work) -> Result<std::invoke_result_t<Work, soci::session&>> {
    if (shared_) return share(what, work);
    soci::session sql(pool_);
    for (unsigned attempt = 1;; ++attempt) {
      bool is_ending = false;
      try {
        dialect_->begin(sql);
        if constexpr (std::is_void_v<std::invoke_result_t<Work, soci::session&>>) {
          work(sql);
          is_ending = true;
          sql << "COMMIT";
          return {};
        } else {
          auto result = work(sql);
          is_ending = true;
          sql << "COMMIT";
          return result;
        }
      } catch (const std::exception& error) {
        if (may_try_again(sql, error, {attempt, is_ending})) continue;
        return failed(what, error);
      }
    }
  }

 private:
  friend class Leadership;

  /// How far a transaction came that threw.
  struct Attempt {
    unsigned number = 1;
    bool is_ending = false;  ///< whether it committed is not known where the connection was lost
  };

  Database(std::unique_ptr<Dialect> dialect, unsigned connections);

  template <typename Work>
  auto share(std::string_view what, Work& work) -> Result<std::invoke_result_t<Work&, soci::session&>> {
    using Value = std::invoke_result_t<Work&, soci::session&>;
    try {
      if constexpr (std::is_void_v<Value>) {
        shared_->run([&](soci::session& sql) { work(sql); });
        return {};
      } else {
        std::optional<Value> value;
        shared_->run([&](soci::session& sql) { value.emplace(work(sql)); });
        return *std::move(value);
      }
    } catch (const std::exception& error) {
      return failed(what, error);
    }
  }

  void migrate();
  [[nodiscard]] tl::unexpected<Error> failed(std::string_view what, const std::exception& error) const;
  /// Rolls back; waits a little where trying again makes sense.
  bool may_try_again(soci::session& sql, const std::exception& error, Attempt attempt) noexcept;

  std::unique_ptr<Dialect> dialect_;
  soci::connection_pool pool_;
  std::optional<SharedCommit> shared_;  ///< of the only connection
};

}  // namespace skiff::server
