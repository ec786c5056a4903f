// `skiff-server alarm`: what an operator has to look at.
#include <ctime>

#include "cli/verbs.hpp"
#include "fleet/listings.hpp"

namespace skiff::server {
namespace {

struct Arguments {
  StateArguments state;
  std::string kind;
  std::string subject;
};

Result<void> clear(const Arguments& arguments) {
  SKIFF_ASSIGN(const auto database, open_database(arguments.state));
  SKIFF_ASSIGN(const bool cleared,
               AlarmStore(*database).clear(arguments.kind, arguments.subject, std::time(nullptr)));
  if (!cleared) return fail(ErrorKind::kNotFound, "no alarm " + arguments.kind + " on " + arguments.subject);
  return {};
}

}  // namespace

void add_alarm_command(CLI::App& app, Action& chosen) {
  const Verbs<Arguments> alarm(app, "alarm", "Show alarms and clear them", chosen);
  Arguments& arguments = alarm.arguments();
  alarm.add_list("list", "Show every alarm, the latest first", shell::alarms_table(),
                 [](Database& database, const Arguments&) -> Result<Json::Array> {
                   SKIFF_ASSIGN(const std::vector<Alarm> alarms, AlarmStore(database).list());
                   return listed(alarms);
                 });
  CLI::App* const end = alarm.add("clear", "Forget an alarm that was dealt with", clear);
  end->add_option("KIND", arguments.kind)->required();
  end->add_option("SUBJECT", arguments.subject)->required();
}

}  // namespace skiff::server
