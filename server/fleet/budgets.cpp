#include "fleet/budgets.hpp"

#include <algorithm>
#include <optional>
#include <sstream>

#include "store/database.hpp"

namespace skiff::server {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kKeptDays = 62;  // a month and the one before

/// Whom bytes count for.
struct Payer {
  BudgetScope scope = BudgetScope::kDevices;
  std::string subject;  ///< serial, group or deployment
};

/// What a device was told to fetch and has not reported.
struct Reservation {
  std::string release;
  std::int64_t deployment = 0;
  std::vector<std::string> groups;  ///< that had a budget then
  std::int64_t day = 0;
  std::uint64_t bytes = 0;
};

std::vector<Payer> payers_of(const Reservation& held, const std::string& serial) {
  std::vector<Payer> payers = {{BudgetScope::kDevices, serial}};
  for (const std::string& group : held.groups) payers.push_back({BudgetScope::kGroup, group});
  if (held.deployment != 0) payers.push_back({BudgetScope::kDeployment, std::to_string(held.deployment)});
  return payers;
}

/// Adds bytes to what counts for these; less than nothing takes them back.
void charge(soci::session& sql, const std::vector<Payer>& payers, Integer day, Integer bytes) {
  for (const Payer& payer : payers) {
    const std::string scope(to_string(payer.scope));
    sql << "INSERT INTO budget_use (scope, subject, day, bytes) VALUES (:scope, :subject, :day, :bytes)"
           " ON CONFLICT (scope, subject, day) DO UPDATE SET bytes = budget_use.bytes + excluded.bytes",
        soci::use(scope), soci::use(payer.subject), soci::use(day), soci::use(bytes);
  }
}

std::uint64_t spent_by(soci::session& sql, const Payer& payer, const DaySpan& days) {
  const std::string scope(to_string(payer.scope));
  const Integer first = days.first;
  const Integer end = days.end;
  Integer bytes = 0;
  sql << "SELECT COALESCE(SUM(bytes), 0) FROM budget_use"
         " WHERE scope = :scope AND subject = :subject AND day >= :first AND day < :end",
      soci::use(scope), soci::use(payer.subject), soci::use(first), soci::use(end), soci::into(bytes);
  return static_cast<std::uint64_t>(std::max<Integer>(bytes, 0));
}

std::vector<Budget> read_budgets(soci::session& sql) {
  std::vector<Budget> budgets;
  const soci::rowset<soci::row> rows =
      sql.prepare << "SELECT scope, subject, period, bytes FROM budgets ORDER BY scope, subject, period";
  for (const soci::row& row : rows) {
    auto budget = parse_budget(row.get<std::string>(0), row.get<std::string>(1), row.get<std::string>(2));
    if (!budget) throw soci::soci_error(budget.error().text());
    budget->bytes = unsigned_column(row, "bytes");
    budgets.push_back(*std::move(budget));
  }
  return budgets;
}

/// Those that hold for an update of this device by this deployment.
std::vector<Budget> budgets_for(soci::session& sql, const DeviceTraits& device, std::int64_t deployment) {
  std::vector<Budget> budgets = read_budgets(sql);
  std::erase_if(budgets, [&](const Budget& budget) {
    if (budget.scope == BudgetScope::kDeployment) return budget.subject != std::to_string(deployment);
    return !is_member(sql, budget.subject, device);
  });
  return budgets;
}

std::vector<std::string> groups_of(const std::vector<Budget>& budgets) {
  std::vector<std::string> groups;
  for (const Budget& budget : budgets) {
    const bool is_new = groups.empty() || groups.back() != budget.subject;  // they are in order of subjects
    if (budget.scope == BudgetScope::kGroup && is_new) groups.push_back(budget.subject);
  }
  return groups;
}

/// Each name with a line's end after it: the group of all devices has the empty one.
std::string lines_of(const std::vector<std::string>& names) {
  std::string lines;
  for (const std::string& name : names) lines += name + '\n';
  return lines;
}

std::vector<std::string> names_of(const std::string& lines) {
  std::vector<std::string> names;
  std::istringstream stream(lines);
  for (std::string name; std::getline(stream, name);) names.push_back(name);
  return names;
}

std::optional<Reservation> find_reservation(soci::session& sql, const std::string& serial) {
  Reservation held;
  std::string groups;
  Integer deployment = 0;
  Integer day = 0;
  Integer bytes = 0;
  sql << "SELECT release, deployment, group_names, day, bytes FROM reservations WHERE serial = :serial",
      soci::use(serial), soci::into(held.release), soci::into(deployment), soci::into(groups),
      soci::into(day), soci::into(bytes);
  if (!sql.got_data()) return std::nullopt;
  held.groups = names_of(groups);
  held.deployment = deployment;
  held.day = day;
  held.bytes = static_cast<std::uint64_t>(bytes);
  return held;
}

void hold(soci::session& sql, const std::string& serial, const Reservation& held) {
  const std::string groups = lines_of(held.groups);
  const Integer deployment = held.deployment;
  const Integer day = held.day;
  const auto bytes = static_cast<Integer>(held.bytes);
  sql << "INSERT INTO reservations (serial, release, deployment, group_names, day, bytes)"
         " VALUES (:serial, :release, :deployment, :groups, :day, :bytes)",
      soci::use(serial), soci::use(held.release), soci::use(deployment), soci::use(groups), soci::use(day),
      soci::use(bytes);
  charge(sql, payers_of(held, serial), day, bytes);
}

/// Ends a reservation, with what counts in its place.
void replace(soci::session& sql, const std::string& serial, const Reservation& held, std::uint64_t bytes) {
  sql << "DELETE FROM reservations WHERE serial = :serial", soci::use(serial);
  charge(sql, payers_of(held, serial), held.day,
         static_cast<Integer>(bytes) - static_cast<Integer>(held.bytes));
}

std::vector<BudgetUse> uses_of(soci::session& sql, const std::vector<Budget>& budgets,
                               const std::string& serial, std::int64_t now) {
  std::vector<BudgetUse> uses;
  for (const Budget& budget : budgets) {
    const std::string& payer = budget.scope == BudgetScope::kDevices ? serial : budget.subject;
    uses.push_back({budget, spent_by(sql, {budget.scope, payer}, days_of(budget.period, now))});
  }
  return uses;
}

/// A budget of each device says that its link is paid by the byte, too.
bool is_metered(soci::session& sql, const DeviceTraits& device, const std::vector<Budget>& budgets) {
  return has_metered_group(sql, device) ||
         std::any_of(budgets.begin(), budgets.end(),
                     [](const Budget& budget) { return budget.scope == BudgetScope::kDevices; });
}

/// What the members of a group spent so far counts for the group.
void count_members(soci::session& sql, const std::string& group) {
  sql << "DELETE FROM budget_use WHERE scope = 'group' AND subject = :group", soci::use(group);
  for (const std::string& serial : members_of(sql, group)) {
    sql << "INSERT INTO budget_use (scope, subject, day, bytes)"
           " SELECT 'group', CAST(:group AS TEXT), day, bytes FROM budget_use"
           " WHERE scope = 'devices' AND subject = :serial"
           " ON CONFLICT (scope, subject, day) DO UPDATE SET bytes = budget_use.bytes + excluded.bytes",
        soci::use(group), soci::use(serial);
  }
}

/// The most that a device of the group has spent.
std::uint64_t most_spent(soci::session& sql, const std::string& group, const DaySpan& days) {
  std::uint64_t most = 0;
  for (const std::string& serial : members_of(sql, group)) {
    most = std::max(most, spent_by(sql, {BudgetScope::kDevices, serial}, days));
  }
  return most;
}

std::optional<std::string> group_of_deployment(soci::session& sql, const std::string& number) {
  std::string group;
  sql << "SELECT group_name FROM deployments WHERE CAST(id AS TEXT) = :id", soci::use(number),
      soci::into(group);
  if (!sql.got_data()) return std::nullopt;
  return group;
}

bool has_subject(soci::session& sql, const Budget& budget) {
  if (budget.scope == BudgetScope::kDeployment) return group_of_deployment(sql, budget.subject).has_value();
  int found = 0;
  sql << "SELECT COUNT(*) FROM groups WHERE name = :name", soci::use(budget.subject), soci::into(found);
  return found != 0 || budget.subject.empty();
}

bool has_budget(soci::session& sql, const Budget& budget) {
  const std::string scope(to_string(budget.scope));
  int found = 0;
  sql << "SELECT COUNT(*) FROM budgets WHERE scope = :scope AND subject = :subject", soci::use(scope),
      soci::use(budget.subject), soci::into(found);
  return found != 0;
}

}  // namespace

Verdict reserve(soci::session& sql, const FetchOrder& order, std::int64_t now) {
  const PlannedFetch& fetch = order.fetch;
  const std::string& serial = order.device.serial;
  const auto held = find_reservation(sql, serial);
  const bool is_refused = fetch.full != FullCause::kNone && !order.allows_full &&
                          is_metered(sql, order.device, budgets_for(sql, order.device, order.deployment));
  const bool is_paid = held && held->release == order.release && held->deployment == order.deployment &&
                       fetch.bytes <= held->bytes;
  if (!is_refused && (fetch.bytes == 0 || is_paid)) return {true, ""};
  if (held) replace(sql, serial, *held, 0);
  if (is_refused) return {false, metered_reason(fetch.full)};
  const std::vector<Budget> budgets = budgets_for(sql, order.device, order.deployment);
  Verdict verdict = judge_budgets(uses_of(sql, budgets, serial, now), fetch.bytes, now);
  if (verdict.go) {
    hold(sql, serial, {order.release, order.deployment, groups_of(budgets), now / kDay, fetch.bytes});
  }
  return verdict;
}

void settle(soci::session& sql, const ReportedFetch& fetch, std::int64_t now) {
  const auto held = find_reservation(sql, fetch.serial);
  if (held && held->release == fetch.release) {
    replace(sql, fetch.serial, *held, fetch.bytes);
    return;
  }
  const DeviceTraits device = find_traits(sql, fetch.serial);
  const std::vector<Budget> budgets = budgets_for(sql, device, fetch.deployment);
  charge(sql, payers_of({fetch.release, fetch.deployment, groups_of(budgets)}, fetch.serial), now / kDay,
         static_cast<Integer>(fetch.bytes));
}

Result<void> BudgetStore::set(const Budget& budget) {
  const auto done = database_.transact("keep a budget", [&](soci::session& sql) {
    if (!has_subject(sql, budget)) return false;
    if (budget.scope == BudgetScope::kGroup && !has_budget(sql, budget)) count_members(sql, budget.subject);
    const std::string scope(to_string(budget.scope));
    const std::string period(to_string(budget.period));
    const auto bytes = static_cast<Integer>(budget.bytes);
    sql << "INSERT INTO budgets (scope, subject, period, bytes) VALUES (:scope, :subject, :period, :bytes)"
           " ON CONFLICT (scope, subject, period) DO UPDATE SET bytes = excluded.bytes",
        soci::use(scope), soci::use(budget.subject), soci::use(period), soci::use(bytes);
    bump_epoch(sql);
    return true;
  });
  if (!done) return tl::unexpected(done.error());
  if (*done) return {};
  const bool is_deployment = budget.scope == BudgetScope::kDeployment;
  return fail(ErrorKind::kNotFound,
              (is_deployment ? "there is no deployment " : "there is no group ") + budget.subject);
}

Result<void> BudgetStore::remove(const Budget& budget) {
  const auto done = database_.transact("remove a budget", [&](soci::session& sql) {
    const std::string scope(to_string(budget.scope));
    const std::string period(to_string(budget.period));
    soci::statement remove = (sql.prepare << "DELETE FROM budgets WHERE scope = :scope AND subject = :subject"
                                             " AND period = :period",
                              soci::use(scope), soci::use(budget.subject), soci::use(period));
    remove.execute(true);
    bump_epoch(sql);
    return remove.get_affected_rows() != 0;
  });
  if (!done) return tl::unexpected(done.error());
  if (!*done) return fail(ErrorKind::kNotFound, "there is no such budget");
  return {};
}

Result<std::vector<StoredBudget>> BudgetStore::list(std::int64_t now) {
  return database_.transact("list budgets", [&](soci::session& sql) {
    std::vector<StoredBudget> stored;
    for (const Budget& budget : read_budgets(sql)) {
      const DaySpan days = days_of(budget.period, now);
      const bool is_deployment = budget.scope == BudgetScope::kDeployment;
      stored.push_back(
          {{budget, budget.scope == BudgetScope::kDevices
                        ? most_spent(sql, budget.subject, days)
                        : spent_by(sql, {budget.scope, budget.subject}, days)},
           is_deployment ? group_of_deployment(sql, budget.subject).value_or("") : budget.subject,
           end_of(budget.period, now)});
    }
    return stored;
  });
}

Result<std::function<bool(const DeviceTraits&)>> BudgetStore::metered() {
  using Metered = std::function<bool(const DeviceTraits&)>;
  return database_.transact("look up metered links", [](soci::session& sql) -> Metered {
    std::vector<std::string> names = metered_groups(sql);
    for (const Budget& budget : read_budgets(sql)) {
      if (budget.scope == BudgetScope::kDevices) names.push_back(budget.subject);
    }
    std::vector<GroupView> groups;
    for (const std::string& name : names) groups.push_back(GroupView::load(sql, name));
    return [groups = std::move(groups)](const DeviceTraits& device) {
      return std::any_of(groups.begin(), groups.end(),
                         [&](const GroupView& group) { return group.contains(device); });
    };
  });
}

Result<void> BudgetStore::expire(std::int64_t now) {
  return database_.transact("forget what was spent long ago", [&](soci::session& sql) {
    const Integer oldest = now / kDay - kKeptDays;
    sql << "DELETE FROM budget_use WHERE scope <> 'deployment' AND day < :oldest", soci::use(oldest);
  });
}

}  // namespace skiff::server
