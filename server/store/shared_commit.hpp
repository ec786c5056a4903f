// SharedCommit: transactions that wait for one connection at the same time end with one commit.
#pragma once

#include <soci/soci.h>

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>

#include "store/dialect.hpp"

namespace skiff::server {

/// A commit that survives a power cut takes many times as long as what is committed. Each transaction has its
/// turn in the order in which they came; one that finds others waiting behind it leaves the connection's
/// transaction open for them, and is answered when the last of them has committed for all. One that nobody
/// waits for begins and commits as if there were no others. For dialects with SAVEPOINT and total_changes().
/// Thread-safe.
class SharedCommit {
 public:
  using Step = std::function<void(soci::session&)>;

  /// `sql` is a connection that nobody else uses; both outlive this.
  SharedCommit(const Dialect& dialect, soci::session& sql) : dialect_(dialect), sql_(sql) {}

  /// Runs `step`, which changes no schema, in a transaction; returns when all that it did and saw is
  /// committed. Throws what it threw: then nothing that it did holds, while what others did does. Or throws
  /// why nothing could be committed.
  void run(const Step& step);
  /// How many wait for their turn.
  [[nodiscard]] std::uint64_t waiting();

 private:
  static constexpr std::int64_t kUnknown = -1;

  /// Those that share a commit. It is whoever's turn it is that may look at it, or change it, until it is
  /// done.
  struct Group {
    unsigned members = 0;
    bool is_open = false;  ///< the connection is in a transaction,
    bool is_clean = true;  ///< in which nothing was changed
    bool is_done = false;  ///< committed, unless there is an
    std::exception_ptr error{};
  };

  void join(Group& group, const Step& step);
  void undo(Group& group, const std::exception_ptr& error);
  void commit(Group& group);
  /// Rows that the connection has changed so far.
  [[nodiscard]] std::int64_t changes();

  const Dialect& dialect_;
  soci::session& sql_;
  std::int64_t committed_ = kUnknown;  ///< changes() when nothing was to be committed; as a group's
  std::mutex mutex_;
  std::condition_variable moved_;
  std::uint64_t next_ = 0;  ///< ticket of whoever comes next
  std::uint64_t turn_ = 0;  ///< ticket of whoever has the connection
  std::shared_ptr<Group> group_ = std::make_shared<Group>();
};

}  // namespace skiff::server
