// Database: the server's one connection to SQLite, its schema, and transactions whose failures are values.
#pragma once

#include <soci/soci.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <type_traits>

#include "skiff/result.hpp"

namespace skiff::server {

using Integer = long long;  ///< what SOCI binds to BIGINT

/// A column whose values are never negative.
inline std::uint64_t unsigned_column(const soci::row& row, const char* name) {
  return static_cast<std::uint64_t>(row.get<Integer>(name));
}

/// All access of this process goes through one connection under a lock, with a rollback journal and full
/// synchronisation: a commit that returned survives a power cut. Another process (`skiff-server device`) may
/// write between our transactions. Statements are prepared and bound; no SQL is made from input.
class Database {
 public:
  /// Opens or makes the file and brings its schema up to date. A damaged file, and one of a newer program,
  /// is kIo.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file);

  /// Runs `work(soci::session&)` in a transaction that is committed when it returns and rolled back when it
  /// throws; what it returned, or kIo with `what` was being done. Nothing that `work` did holds after an
  /// error.
  template <typename Work>
  auto transact(std::string_view what, Work&& work) -> Result<std::invoke_result_t<Work, soci::session&>> {
    const std::lock_guard lock(mutex_);
    try {
      return run(std::forward<Work>(work));
    } catch (const std::exception& error) {
      roll_back();
      return fail(ErrorKind::kIo, "cannot " + std::string(what) + ": " + error.what());
    }
  }

 private:
  explicit Database(const std::string& connection);

  void migrate();
  void roll_back() noexcept;

  template <typename Work>
  auto run(Work&& work) -> Result<std::invoke_result_t<Work, soci::session&>> {
    // Taking the write lock at once: a reader that turns writer half-way can only fail when another has it.
    session_ << "BEGIN IMMEDIATE";
    if constexpr (std::is_void_v<std::invoke_result_t<Work, soci::session&>>) {
      work(session_);
      session_ << "COMMIT";
      return {};
    } else {
      auto result = work(session_);
      session_ << "COMMIT";
      return result;
    }
  }

  std::mutex mutex_;
  soci::session session_;
};

}  // namespace skiff::server
