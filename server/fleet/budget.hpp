// Budgets: how many bytes devices, groups and deployments may receive in a day or a month. Pure functions of
// what is known.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/rollout.hpp"

namespace skiff::server {

/// Whom a budget is for: each device of a group by itself, all of its devices together, or all devices of a
/// deployment together.
enum class BudgetScope : std::uint8_t { kDevices, kGroup, kDeployment };
std::string_view to_string(BudgetScope scope);

/// By the calendar, UTC. kAll: a deployment's whole life.
enum class BudgetPeriod : std::uint8_t { kDay, kMonth, kAll };
std::string_view to_string(BudgetPeriod period);

struct Budget {
  BudgetScope scope = BudgetScope::kDevices;
  std::string subject;  ///< name of a group, empty: all devices; or the number of a deployment
  BudgetPeriod period = BudgetPeriod::kMonth;
  std::uint64_t bytes = 0;
};

/// "devices", "group" or "deployment", its subject, and "day", "month" or, of a deployment, "all"; kUsage.
/// What the database has is read by it, too.
Result<Budget> parse_budget(std::string_view scope, const std::string& subject, std::string_view period);

/// "2026-12-01", of a day by its number since 1970 UTC.
std::string date_text(std::int64_t day);

/// Whole days since 1970 UTC: the first of a period, and the first after it.
struct DaySpan {
  std::int64_t first = 0;
  std::int64_t end = 0;
};
/// The period that has this time; of kAll every day there is.
DaySpan days_of(BudgetPeriod period, std::int64_t now);
/// When the period that has this time ends, seconds since 1970 UTC; 0: never.
std::int64_t end_of(BudgetPeriod period, std::int64_t now);

/// Why a device would be told to fetch, or to wait for, a full image.
enum class FullCause : std::uint8_t { kNone, kUnknownBase, kUndecodable, kNotSmaller, kDeltaFailed };

/// What each reason begins with by which a full image is held back from a metered link.
inline constexpr std::string_view kMeteredLink = "its link is metered, and nothing allows a full image: ";
/// That reason, for people.
std::string metered_reason(FullCause cause);

/// A budget and what was received, or is reserved for updates under way, in its period.
struct BudgetUse {
  Budget budget;
  std::uint64_t spent = 0;
};

/// Whether so many bytes more fit all these budgets. Of those that they do not fit the one that ends last
/// gives the reason, and when to ask again: never where a budget is smaller than what is wanted.
Verdict judge_budgets(const std::vector<BudgetUse>& uses, std::uint64_t wanted, std::int64_t now);

}  // namespace skiff::server
