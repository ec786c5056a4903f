#include "store/shared_commit.hpp"

namespace skiff::server {
namespace {

constexpr unsigned kMostMembers = 64;  // the first of a group waits for all of them

}  // namespace

void SharedCommit::run(const Step& step) {
  std::unique_lock lock(mutex_);
  const std::uint64_t ticket = next_++;
  moved_.wait(lock, [&] { return turn_ == ticket; });
  const std::shared_ptr<Group> group = group_;
  lock.unlock();
  std::exception_ptr failure;
  try {
    join(*group, step);
  } catch (...) {
    failure = std::current_exception();
    undo(*group, failure);
  }
  const bool is_settled = group->is_clean;  // what others do after it is not its concern
  const bool is_last = group->error || ++group->members == kMostMembers || waiting() == 0;
  if (is_last) commit(*group);
  lock.lock();
  if (is_last) {
    group->is_done = true;
    group_ = std::make_shared<Group>();
  }
  ++turn_;
  moved_.notify_all();
  if (failure) std::rethrow_exception(failure);
  if (is_settled) return;
  moved_.wait(lock, [&] { return group->is_done; });
  if (group->error) std::rethrow_exception(group->error);
}

std::uint64_t SharedCommit::waiting() {
  const std::lock_guard lock(mutex_);
  return next_ == turn_ ? 0 : next_ - turn_ - 1;
}

void SharedCommit::join(Group& group, const Step& step) {
  if (!group.is_open) dialect_.begin(sql_);
  group.is_open = true;
  if (!group.is_clean) {
    sql_ << "SAVEPOINT member";
    step(sql_);
    sql_ << "RELEASE member";
    return;
  }
  step(sql_);
  group.is_clean = changes() == committed_;
}

/// SQLite answers some errors with the end of the whole transaction: then all that was done in it is lost.
void SharedCommit::undo(Group& group, const std::exception_ptr& error) {
  if (!group.is_clean) {
    try {
      sql_ << "ROLLBACK TO member";
      sql_ << "RELEASE member";
      return;
    } catch (const std::exception&) {
      group.error = error;
    }
  }
  dialect_.roll_back(sql_);
  group.is_open = false;
  committed_ = kUnknown;  // what was rolled back counts as changed
}

void SharedCommit::commit(Group& group) {
  if (!group.is_open) return;
  try {
    if (!group.is_clean) committed_ = changes();
    sql_ << "COMMIT";
  } catch (const std::exception&) {
    group.error = std::current_exception();
    dialect_.roll_back(sql_);
    committed_ = kUnknown;
  }
}

std::int64_t SharedCommit::changes() {
  long long count = 0;
  sql_ << "SELECT total_changes()", soci::into(count);
  return count;
}

}  // namespace skiff::server
