// Leadership: which of the servers that share a database does what must not be done by two.
#pragma once

#include <soci/soci.h>

#include <string>

#include "store/database.hpp"

namespace skiff::server {

/// The one that has it keeps it until it goes away, dies or loses its connection; then another gets it when
/// it next asks. A database of one server makes that one the leader. For one thread.
class Leadership {
 public:
  /// `task` is a word of ours that names what is led.
  Leadership(Database& database, std::string task) : database_(database), task_(std::move(task)) {}

  /// Whether this is the leader now. False, too, where the database cannot be asked.
  bool has() noexcept { return database_.dialect_->has_lock(session_, task_); }

 private:
  Database& database_;
  std::string task_;
  soci::session session_;  ///< of its own: the lock is the session's
};

}  // namespace skiff::server
