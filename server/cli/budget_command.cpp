// `skiff-server budget`: how many bytes devices, groups and deployments may receive.
#include <ctime>

#include "cli/verbs.hpp"
#include "fleet/listings.hpp"

namespace skiff::server {
namespace {

struct Arguments {
  StateArguments state;
  std::string scope;
  std::string subject;
  std::string period = "month";
  std::uint64_t bytes = 0;
};

Result<void> set(const Arguments& arguments) {
  SKIFF_ASSIGN(Budget budget, parse_budget(arguments.scope, arguments.subject, arguments.period));
  budget.bytes = arguments.bytes;
  SKIFF_ASSIGN(const auto database, open_database(arguments.state));
  return BudgetStore(*database).set(budget);
}

Result<void> remove(const Arguments& arguments) {
  SKIFF_ASSIGN(const Budget budget, parse_budget(arguments.scope, arguments.subject, arguments.period));
  SKIFF_ASSIGN(const auto database, open_database(arguments.state));
  return BudgetStore(*database).remove(budget);
}

}  // namespace

void add_budget_command(CLI::App& app, Action& chosen) {
  const Verbs<Arguments> budget(app, "budget", "Bytes that devices, groups and deployments may receive",
                                chosen);
  Arguments& arguments = budget.arguments();
  budget.add_list("list", "Show every budget and what is spent of it", shell::budgets_table(),
                  [](Database& database, const Arguments&) -> Result<Json::Array> {
                    SKIFF_ASSIGN(const auto budgets, BudgetStore(database).list(std::time(nullptr)));
                    return listed(budgets);
                  });
  CLI::App* const set_verb = budget.add("set", "Make a budget, or give it other bytes", set);
  CLI::App* const remove_verb = budget.add("remove", "End a budget", remove);
  for (CLI::App* const verb : {set_verb, remove_verb}) {
    verb->add_option("OF", arguments.scope,
                     "devices: each device of a group; group: all of them together; deployment")
        ->required();
    verb->add_option("NAME", arguments.subject, "Group, \"\" for all devices, or number of the deployment")
        ->required();
    verb->add_option("--period", arguments.period, "day or month (UTC); all for a deployment's whole life")
        ->capture_default_str();
  }
  set_verb->add_option("--bytes", arguments.bytes, "That may be received in the period")->required();
}

}  // namespace skiff::server
