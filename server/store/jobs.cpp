#include "store/jobs.hpp"

#include <algorithm>
#include <array>

#include "store/database.hpp"

namespace skiff::server {
namespace {

constexpr std::array<std::string_view, 6> kStates = {"queued", "running",   "done",
                                                     "failed", "abandoned", "not-smaller"};
constexpr std::int64_t kFirstRetry = 60;     // seconds
constexpr std::int64_t kLastRetry = 21'600;  // seconds
constexpr std::int64_t kMachineRetry = 3'600;
constexpr int kMostMachineAttempts = kMaxAttempts / 2;  // that count against a pair of which nothing is known

JobState parse_state(std::string_view text) {
  const auto found = std::find(kStates.begin(), kStates.end(), text);
  return found == kStates.end() ? JobState::kAbandoned : static_cast<JobState>(found - kStates.begin());
}

std::int64_t retry_delay(int attempts) {
  std::int64_t delay = kFirstRetry;
  for (int i = 1; i < attempts && delay < kLastRetry; ++i) delay *= 4;
  return std::min(delay, kLastRetry);
}

Sha256 digest_column(const soci::row& row, const char* name) {
  const auto digest = Sha256::from_hex(row.get<std::string>(name));
  if (!digest) throw soci::soci_error(std::string("column ") + name + " holds no digest");
  return *digest;
}

DeltaJob read_job(const soci::row& row) {
  DeltaJob job;
  job.pair.base = {unsigned_column(row, "base_length"), digest_column(row, "base_sha256")};
  job.pair.result = {unsigned_column(row, "result_length"), digest_column(row, "result_sha256")};
  job.state = parse_state(row.get<std::string>("state"));
  job.priority = static_cast<int>(row.get<Integer>("priority"));
  job.attempts = static_cast<int>(row.get<Integer>("attempts"));
  job.not_before = row.get<Integer>("not_before");
  job.delta_length = unsigned_column(row, "delta_length");
  job.error = row.get<std::string>("error");
  job.owner = row.get<std::string>("owner");
  job.devices = unsigned_column(row, "devices");
  return job;
}

/// The names of a pair as they are bound to statements.
struct PairKey {
  explicit PairKey(const ImagePair& pair) : PairKey(pair.base.sha256, pair.result.sha256) {}
  PairKey(const Sha256& from, const Sha256& to) : base(from.hex()), result(to.hex()) {}
  std::string base;
  std::string result;
};

bool is_owned(soci::session& sql, const DeltaJob& job) {
  const PairKey key(job.pair);
  int found = 0;
  sql << "SELECT COUNT(*) FROM delta_jobs WHERE base_sha256 = :base AND result_sha256 = :result"
         " AND state = 'running' AND owner = :owner",
      soci::use(key.base), soci::use(key.result), soci::use(job.owner), soci::into(found);
  return found != 0;
}

/// Empty: there is no such job.
std::string state_of(soci::session& sql, const PairKey& key) {
  std::string state;
  sql << "SELECT state FROM delta_jobs WHERE base_sha256 = :base AND result_sha256 = :result",
      soci::use(key.base), soci::use(key.result), soci::into(state);
  return sql.got_data() ? state : "";
}

using States = std::initializer_list<std::string_view>;

/// Runs `change(sql)` if the job is in one of these states. kNotFound; kMismatch: it is in another.
template <typename Change>
Result<void> change_in(Database& database, const PairKey& key, States states, const Change& change) {
  const auto found = database.transact("change a job", [&](soci::session& sql) {
    std::string state = state_of(sql, key);
    const bool is_in = std::find(states.begin(), states.end(), state) != states.end();
    if (is_in) change(sql);
    return std::pair(is_in, std::move(state));
  });
  if (!found) return tl::unexpected(found.error());
  if (found->first) return {};
  if (found->second.empty()) return fail(ErrorKind::kNotFound, "there is no job for such a delta");
  return fail(ErrorKind::kMismatch, "the job is " + found->second);
}

/// What the workers that took it did not survive is not given to yet another.
void abandon_deadly(soci::session& sql, Integer now) {
  sql << "UPDATE delta_jobs SET state = 'abandoned', error = 'each worker that took it died'"
         " WHERE state = 'running' AND lease_until <= :now AND attempts >= :most",
      soci::use(now), soci::use(kMaxAttempts);
}

}  // namespace

std::string_view to_string(JobState state) { return kStates[static_cast<std::size_t>(state)]; }

Result<void> JobStore::enqueue(const ImagePair& pair, int priority, std::int64_t now, std::uint64_t devices) {
  return database_.transact("queue a delta", [&](soci::session& sql) {
    const PairKey key(pair);
    const auto base_length = static_cast<Integer>(pair.base.length);
    const auto result_length = static_cast<Integer>(pair.result.length);
    const Integer created = now;
    const auto wanted_by = static_cast<Integer>(devices);
    sql << "INSERT INTO delta_jobs (base_sha256, result_sha256, base_length, result_length, state, priority,"
           " attempts, not_before, created, finished, delta_length, error, devices)"
           " VALUES (:base, :result, :base_length, :result_length, 'queued', :priority, 0, 0, :created, 0, "
           "0, '', :devices)"
           " ON CONFLICT (base_sha256, result_sha256) DO UPDATE SET"
           " state = CASE WHEN delta_jobs.state = 'done' THEN 'queued' ELSE delta_jobs.state END,"
           " priority = CASE WHEN excluded.priority > delta_jobs.priority THEN excluded.priority"
           " ELSE delta_jobs.priority END,"
           " devices = CASE WHEN excluded.devices > 0 THEN excluded.devices ELSE delta_jobs.devices END",
        soci::use(key.base), soci::use(key.result), soci::use(base_length), soci::use(result_length),
        soci::use(priority), soci::use(created), soci::use(wanted_by);
  });
}

Result<std::optional<DeltaJob>> JobStore::claim(const std::string& owner, std::int64_t now) {
  return database_.transact("take a job", [&](soci::session& sql) -> std::optional<DeltaJob> {
    const Integer due = now;
    const Integer lease_until = now + kLease;
    abandon_deadly(sql, due);
    soci::row row;
    sql << "SELECT * FROM delta_jobs WHERE (((state = 'queued' OR state = 'failed') AND not_before <= :due)"
           " OR (state = 'running' AND lease_until <= :lost))"
           " AND (priority > :background"
           " OR NOT EXISTS (SELECT 1 FROM delta_jobs WHERE state = 'running' AND lease_until > :held"
           " AND priority > :background_again))"
           " ORDER BY priority DESC, devices DESC, created, base_length, base_sha256, result_sha256 LIMIT 1",
        soci::use(due), soci::use(due), soci::use(kBackgroundPriority), soci::use(due),
        soci::use(kBackgroundPriority), soci::into(row);
    if (!sql.got_data()) return std::nullopt;
    DeltaJob job = read_job(row);
    const PairKey key(job.pair);
    sql << "UPDATE delta_jobs SET state = 'running', attempts = attempts + 1, owner = :owner,"
           " lease_until = :lease WHERE base_sha256 = :base AND result_sha256 = :result",
        soci::use(owner), soci::use(lease_until), soci::use(key.base), soci::use(key.result);
    job.state = JobState::kRunning;
    job.owner = owner;
    ++job.attempts;
    return job;
  });
}

Result<bool> JobStore::renew(const DeltaJob& job, std::int64_t now) {
  return database_.transact("keep a job", [&](soci::session& sql) {
    if (!is_owned(sql, job)) return false;
    const PairKey key(job.pair);
    const Integer lease_until = now + kLease;
    sql << "UPDATE delta_jobs SET lease_until = :lease WHERE base_sha256 = :base AND result_sha256 = :result",
        soci::use(lease_until), soci::use(key.base), soci::use(key.result);
    return true;
  });
}

Result<void> JobStore::finish(const DeltaJob& job, JobState state, std::uint64_t delta_length,
                              std::int64_t now) {
  return database_.transact("finish a job", [&](soci::session& sql) {
    if (!is_owned(sql, job)) return;
    const PairKey key(job.pair);
    const std::string name(to_string(state));
    const auto length = static_cast<Integer>(delta_length);
    const Integer finished = now;
    sql << "UPDATE delta_jobs SET state = :state, delta_length = :length, finished = :finished, error = ''"
           " WHERE base_sha256 = :base AND result_sha256 = :result",
        soci::use(name), soci::use(length), soci::use(finished), soci::use(key.base), soci::use(key.result);
  });
}

Result<void> JobStore::record_failure(const DeltaJob& job, const Error& error, std::int64_t now) {
  return database_.transact("keep a job's failure", [&](soci::session& sql) {
    if (!is_owned(sql, job)) return;
    const PairKey key(job.pair);
    const bool is_machine = error.kind == ErrorKind::kIo;
    const bool goes_on = is_machine || job.attempts < kMaxAttempts;
    const std::string state(to_string(goes_on ? JobState::kFailed : JobState::kAbandoned));
    const std::int64_t delay = retry_delay(job.attempts);
    const Integer not_before = now + (is_machine ? std::min(delay, kMachineRetry) : delay);
    const Integer attempts = is_machine ? std::min(job.attempts, kMostMachineAttempts) : job.attempts;
    const std::string text = error.text();
    sql << "UPDATE delta_jobs SET state = :state, attempts = :attempts, not_before = :not_before, error = "
           ":error"
           " WHERE base_sha256 = :base AND result_sha256 = :result",
        soci::use(state), soci::use(attempts), soci::use(not_before), soci::use(text), soci::use(key.base),
        soci::use(key.result);
  });
}

Result<void> JobStore::give_back(const DeltaJob& job) {
  return database_.transact("give a job back", [&](soci::session& sql) {
    if (!is_owned(sql, job)) return;
    const PairKey key(job.pair);
    sql << "UPDATE delta_jobs SET state = 'queued', attempts = attempts - 1"
           " WHERE base_sha256 = :base AND result_sha256 = :result",
        soci::use(key.base), soci::use(key.result);
  });
}

Result<bool> JobStore::device_waits_for_other(const ImagePair& pair, std::int64_t now) {
  return database_.transact("look for urgent jobs", [&](soci::session& sql) {
    const PairKey key(pair);
    const Integer due = now;
    Integer waiting = 0;
    sql << "SELECT COUNT(*) FROM delta_jobs WHERE priority > :background AND (state = 'running'"
           " OR ((state = 'queued' OR state = 'failed') AND not_before <= :due))"
           " AND NOT (base_sha256 = :base AND result_sha256 = :result)",
        soci::use(kBackgroundPriority), soci::use(due), soci::use(key.base), soci::use(key.result),
        soci::into(waiting);
    return waiting != 0;
  });
}

Result<std::uint64_t> JobStore::release(const std::string& owner) {
  return database_.transact("release a worker's jobs", [&](soci::session& sql) {
    Integer running = 0;
    sql << "SELECT COUNT(*) FROM delta_jobs WHERE state = 'running' AND owner = :owner", soci::use(owner),
        soci::into(running);
    sql << "UPDATE delta_jobs SET lease_until = 0 WHERE state = 'running' AND owner = :owner",
        soci::use(owner);
    return static_cast<std::uint64_t>(running);
  });
}

Result<void> JobStore::retry(const Sha256& base, const Sha256& result) {
  const PairKey key(base, result);
  return change_in(database_, key, {"failed", "abandoned", "not-smaller"}, [&](soci::session& sql) {
    sql << "UPDATE delta_jobs SET state = 'queued', attempts = 0, not_before = 0, error = ''"
           " WHERE base_sha256 = :base AND result_sha256 = :result",
        soci::use(key.base), soci::use(key.result);
  });
}

Result<void> JobStore::cancel(const Sha256& base, const Sha256& result, const std::string& why) {
  const PairKey key(base, result);
  return change_in(database_, key, {"queued", "running", "failed"}, [&](soci::session& sql) {
    sql << "UPDATE delta_jobs SET state = 'abandoned', error = :why"
           " WHERE base_sha256 = :base AND result_sha256 = :result",
        soci::use(why), soci::use(key.base), soci::use(key.result);
  });
}

Result<SettledPairs> JobStore::settled() {
  return database_.transact("list settled jobs", [](soci::session& sql) {
    SettledPairs pairs;
    const soci::rowset<soci::row> rows =
        sql.prepare << "SELECT * FROM delta_jobs WHERE state = 'abandoned' OR state = 'not-smaller'";
    for (const soci::row& row : rows) {
      const DeltaJob job = read_job(row);
      pairs.emplace(job.pair, job.state);
    }
    return pairs;
  });
}

Result<std::vector<DeltaJob>> JobStore::list() {
  return database_.transact("list jobs", [](soci::session& sql) {
    std::vector<DeltaJob> jobs;
    const soci::rowset<soci::row> rows =
        sql.prepare << "SELECT * FROM delta_jobs ORDER BY created, base_sha256, result_sha256";
    for (const soci::row& row : rows) jobs.push_back(read_job(row));
    return jobs;
  });
}

}  // namespace skiff::server
