// What OperatorApi does about byte budgets.
#include "fleet/listings.hpp"
#include "fleet/operator_api.hpp"

namespace skiff::server {
namespace {

constexpr std::int64_t kMost = (std::int64_t{1} << 53) - 1;  // that a number of JSON can be

Result<Budget> budget_of(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::string scope, body.text("of"));
  SKIFF_ASSIGN(const std::string group, body.text_or("group", ""));
  SKIFF_ASSIGN(const std::int64_t deployment, body.number_or("deployment", 0, kMost));
  SKIFF_ASSIGN(const std::string period, body.text("period"));
  const bool is_deployment = scope == to_string(BudgetScope::kDeployment);
  if (is_deployment && !group.empty()) return body.reject("group", "left out for a deployment");
  if (!is_deployment && deployment != 0) return body.reject("deployment", "left out for a group");
  return parse_budget(scope, is_deployment ? std::to_string(deployment) : group, period);
}

/// For the audit: "deployment 7", "group labs".
std::string object_of(const Budget& budget) {
  return (budget.scope == BudgetScope::kDeployment ? "deployment " : "group ") + budget.subject;
}

}  // namespace

Result<std::string> OperatorApi::group_of(const Budget& budget) {
  if (budget.scope != BudgetScope::kDeployment) return budget.subject;
  return group_of_deployment(budget.subject);
}

Result<OperatorApi::Intent> OperatorApi::see_budgets(const OperatorBody&) {
  return Intent{std::nullopt, "", "", [this](const Principal& who) -> Result<Json> {
                  SKIFF_ASSIGN(std::vector<StoredBudget> budgets, stores_.budgets.list(clock_()));
                  std::erase_if(budgets, [&](const StoredBudget& budget) {
                    return !authorise(who, Verb::kSee, budget.group);
                  });
                  return answer_list("budgets", listed(budgets));
                }};
}

Result<OperatorApi::Intent> OperatorApi::set_budget(const OperatorBody& body) {
  SKIFF_ASSIGN(Budget budget, budget_of(body));
  SKIFF_ASSIGN(const std::int64_t bytes, body.number_or("bytes", 0, kMost));
  budget.bytes = static_cast<std::uint64_t>(bytes);
  SKIFF_ASSIGN(const std::string group, group_of(budget));
  const std::string detail = std::to_string(bytes) + " bytes, " + std::string(to_string(budget.scope)) +
                             ", " + std::string(to_string(budget.period));
  return Intent{group, object_of(budget), detail, [this, budget](const Principal&) -> Result<Json> {
                  SKIFF_TRY(stores_.budgets.set(budget));
                  return answer_done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::remove_budget(const OperatorBody& body) {
  SKIFF_ASSIGN(const Budget budget, budget_of(body));
  SKIFF_ASSIGN(const std::string group, group_of(budget));
  const std::string detail =
      std::string(to_string(budget.scope)) + ", " + std::string(to_string(budget.period));
  return Intent{group, object_of(budget), detail, [this, budget](const Principal&) -> Result<Json> {
                  SKIFF_TRY(stores_.budgets.remove(budget));
                  return answer_done();
                }};
}

}  // namespace skiff::server
