#include "fleet/budget.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <optional>

namespace skiff::server {
namespace {

constexpr std::array<std::string_view, 3> kScopes = {"devices", "group", "deployment"};
constexpr std::array<std::string_view, 3> kPeriods = {"day", "month", "all"};
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kAlways = std::numeric_limits<std::int64_t>::max();

template <typename Enumerator, std::size_t kCount>
std::optional<Enumerator> parse(const std::array<std::string_view, kCount>& names, std::string_view text) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enumerator>(found - names.begin());
}

std::chrono::year_month month_of(std::int64_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  return date.year() / date.month();
}

std::int64_t first_day_of(std::chrono::year_month month) {
  return std::chrono::sys_days(month / 1).time_since_epoch().count();
}

/// "each device of group labs"
std::string subject_text(const Budget& budget) {
  if (budget.scope == BudgetScope::kDeployment) return "deployment " + budget.subject;
  const bool is_each = budget.scope == BudgetScope::kDevices;
  if (budget.subject.empty()) return is_each ? "each device" : "all devices";
  return (is_each ? "each device of group " : "group ") + budget.subject;
}

bool fits(const BudgetUse& use, std::uint64_t wanted) {
  return use.spent <= use.budget.bytes && wanted <= use.budget.bytes - use.spent;
}

std::string reason_of(const BudgetUse& use, std::uint64_t wanted, std::int64_t now) {
  const Budget& budget = use.budget;
  const bool ends = budget.period != BudgetPeriod::kAll;
  return "over the budget of " + subject_text(budget) + ": " + std::to_string(budget.bytes) + " bytes" +
         (ends ? " a " + std::string(to_string(budget.period)) : "") + ", " + std::to_string(use.spent) +
         " spent, " + std::to_string(wanted) + " wanted" +
         (ends ? ", until " + date_text(days_of(budget.period, now).end) : "");
}

}  // namespace

std::string_view to_string(BudgetScope scope) { return kScopes[static_cast<std::size_t>(scope)]; }
std::string_view to_string(BudgetPeriod period) { return kPeriods[static_cast<std::size_t>(period)]; }

Result<Budget> parse_budget(std::string_view scope, const std::string& subject, std::string_view period) {
  const auto parsed_scope = parse<BudgetScope>(kScopes, scope);
  const auto parsed_period = parse<BudgetPeriod>(kPeriods, period);
  if (!parsed_scope) return fail(ErrorKind::kUsage, "a budget is of devices, group or deployment");
  if (!parsed_period) return fail(ErrorKind::kUsage, "a budget's period is day, month or all");
  if (*parsed_period == BudgetPeriod::kAll && *parsed_scope != BudgetScope::kDeployment) {
    return fail(ErrorKind::kUsage, "a budget's period is all for a deployment alone");
  }
  return Budget{*parsed_scope, subject, *parsed_period, 0};
}

std::string date_text(std::int64_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  const auto digits = [](unsigned number) { return (number < 10 ? "-0" : "-") + std::to_string(number); };
  return std::to_string(static_cast<int>(date.year())) + digits(static_cast<unsigned>(date.month())) +
         digits(static_cast<unsigned>(date.day()));
}

DaySpan days_of(BudgetPeriod period, std::int64_t now) {
  const std::int64_t today = now / kDay;
  switch (period) {
    case BudgetPeriod::kDay:
      return {today, today + 1};
    case BudgetPeriod::kMonth:
      return {first_day_of(month_of(today)), first_day_of(month_of(today) + std::chrono::months(1))};
    case BudgetPeriod::kAll:
      break;
  }
  return {0, kAlways};
}

std::int64_t end_of(BudgetPeriod period, std::int64_t now) {
  return period == BudgetPeriod::kAll ? 0 : days_of(period, now).end * kDay;
}

std::string metered_reason(FullCause cause) {
  constexpr std::array<std::string_view, 5> kCauses = {
      "", "the image that it runs is no release's", "it cannot decode the delta that there is",
      "it is not larger than the delta", "the delta from its image could not be made"};
  return std::string(kMeteredLink) + std::string(kCauses[static_cast<std::size_t>(cause)]);
}

Verdict judge_budgets(const std::vector<BudgetUse>& uses, std::uint64_t wanted, std::int64_t now) {
  const BudgetUse* last = nullptr;
  std::int64_t last_end = 0;
  for (const BudgetUse& use : uses) {
    if (fits(use, wanted)) continue;
    const bool turns = wanted <= use.budget.bytes && use.budget.period != BudgetPeriod::kAll;
    const std::int64_t end = turns ? end_of(use.budget.period, now) : kAlways;
    if (last != nullptr && end <= last_end) continue;
    last = &use;
    last_end = end;
  }
  if (last == nullptr) return {true, ""};
  Verdict verdict{false, reason_of(*last, wanted, now)};
  // What is reserved may turn out as less: only a budget that is too small by itself stays as it is.
  if (wanted <= last->budget.bytes) verdict.ask_again = last_end;
  return verdict;
}

}  // namespace skiff::server
