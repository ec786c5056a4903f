// The event log: one line an event, key=value or JSON, on standard error.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace skiff::server {

enum class Severity : std::uint8_t { kDebug, kInfo, kWarning, kError };

/// One member of an event. Values from outside are safe here: quotes, spaces and control characters are
/// escaped, so a value can neither end the line nor look like another key. Never a secret.
struct EventField {
  EventField(std::string_view key_in, std::string_view value_in) : key(key_in), value(value_in) {}
  EventField(std::string_view key_in, std::uint64_t number)
      : key(key_in), value(std::to_string(number)), is_number(true) {}
  std::string_view key;
  std::string value;
  bool is_number = false;
};

/// "2026-11-22T08:00:00.123Z info event=check-in serial=d1 plan=delta". Thread-safe.
void log_event(Severity severity, std::string_view event, std::initializer_list<EventField> fields = {});

/// From now on a line is a JSON object: {"time":"…","level":"info","event":"check-in","serial":"d1"}.
void log_as_json();

/// Sets which events are written; kInfo and above unless told.
void set_log_threshold(Severity severity);

/// A value as it stands in the log: bare where it is plain, else in quotes with escapes.
std::string log_value(std::string_view value);
/// What stands in a JSON line from the event's name on.
std::string log_members(std::string_view event, std::initializer_list<EventField> fields);

}  // namespace skiff::server
