// `skiff-server alarm`: what an operator has to look at.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/commands.hpp"
#include "fleet_server.hpp"
#include "store/alarms.hpp"
#include "store/database.hpp"

namespace skiff::server {
namespace {

struct Arguments {
  std::filesystem::path state;
  std::string kind;
  std::string subject;
};

Result<void> list(const Arguments& arguments) {
  SKIFF_ASSIGN(const auto database, Database::open(database_file(arguments.state)));
  SKIFF_ASSIGN(const std::vector<Alarm> alarms, AlarmStore(*database).list());
  std::cout << "kind\tsubject\tfirst\tlast\ttimes\tdetail\n";
  for (const Alarm& alarm : alarms) {
    std::cout << alarm.kind << '\t' << alarm.subject << '\t' << alarm.first << '\t' << alarm.last << '\t'
              << alarm.times << '\t' << alarm.detail << '\n';
  }
  return {};
}

Result<void> clear(const Arguments& arguments) {
  SKIFF_ASSIGN(const auto database, Database::open(database_file(arguments.state)));
  SKIFF_ASSIGN(const bool cleared, AlarmStore(*database).clear(arguments.kind, arguments.subject));
  if (!cleared) return fail(ErrorKind::kNotFound, "no alarm " + arguments.kind + " on " + arguments.subject);
  return {};
}

}  // namespace

void add_alarm_command(CLI::App& app, Action& chosen) {
  CLI::App* const alarm = app.add_subcommand("alarm", "Show alarms and clear them");
  alarm->require_subcommand(1);
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* const show = alarm->add_subcommand("list", "Show every alarm, the latest first");
  show->callback([arguments, &chosen] { chosen = [arguments] { return list(*arguments); }; });
  CLI::App* const end = alarm->add_subcommand("clear", "Forget an alarm that was dealt with");
  end->add_option("KIND", arguments->kind)->required();
  end->add_option("SUBJECT", arguments->subject)->required();
  end->callback([arguments, &chosen] { chosen = [arguments] { return clear(*arguments); }; });
  for (CLI::App* const command : {show, end}) {
    command->add_option("--state", arguments->state, "State folder of the server")->required();
  }
}

}  // namespace skiff::server
