// `skiff-server alarm`: what an operator has to look at.
#include <iostream>

#include "cli/verbs.hpp"
#include "store/alarms.hpp"

namespace skiff::server {
namespace {

struct Arguments {
  StateArguments state;
  std::string kind;
  std::string subject;
};

Result<void> list(const Arguments& arguments) {
  SKIFF_ASSIGN(const auto database, open_database(arguments.state));
  SKIFF_ASSIGN(const std::vector<Alarm> alarms, AlarmStore(*database).list());
  std::cout << "severity\tkind\tsubject\tfirst\tlast\ttimes\tdetail\n";
  for (const Alarm& alarm : alarms) {
    std::cout << severity_of(alarm.kind) << '\t' << alarm.kind << '\t' << alarm.subject << '\t' << alarm.first
              << '\t' << alarm.last << '\t' << alarm.times << '\t' << alarm.detail << '\n';
  }
  return {};
}

Result<void> clear(const Arguments& arguments) {
  SKIFF_ASSIGN(const auto database, open_database(arguments.state));
  SKIFF_ASSIGN(const bool cleared, AlarmStore(*database).clear(arguments.kind, arguments.subject));
  if (!cleared) return fail(ErrorKind::kNotFound, "no alarm " + arguments.kind + " on " + arguments.subject);
  return {};
}

}  // namespace

void add_alarm_command(CLI::App& app, Action& chosen) {
  const Verbs<Arguments> alarm(app, "alarm", "Show alarms and clear them", chosen);
  Arguments& arguments = alarm.arguments();
  alarm.add("list", "Show every alarm, the latest first", list);
  CLI::App* const end = alarm.add("clear", "Forget an alarm that was dealt with", clear);
  end->add_option("KIND", arguments.kind)->required();
  end->add_option("SUBJECT", arguments.subject)->required();
}

}  // namespace skiff::server
