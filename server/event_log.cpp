#include "event_log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>

#include "skiff/json.hpp"

namespace skiff::server {
namespace {

constexpr std::size_t kMaxValue = 512;  // characters of a value; the rest says nothing more

spdlog::level::level_enum level_of(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return spdlog::level::debug;
    case Severity::kInfo:
      return spdlog::level::info;
    case Severity::kWarning:
      return spdlog::level::warn;
    case Severity::kError:
      break;
  }
  return spdlog::level::err;
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> kLogger = [] {
    auto made = std::make_shared<spdlog::logger>("skiff", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::info);
    spdlog::register_logger(made);  // others can add sinks to it
    return made;
  }();
  return *kLogger;
}

std::atomic<bool> g_json = false;

/// "\\x1b" for a byte that is not printable ASCII.
void append_escaped(std::string& text, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  text += "\\x";
  text += kDigits[byte >> 4];
  text += kDigits[byte & 15];
}

bool is_printable(char c) { return c >= ' ' && c < '\x7f'; }

bool is_plain(char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\' && c != '='; }

}  // namespace

std::string log_value(std::string_view value) {
  value = value.substr(0, kMaxValue);
  if (!value.empty() && std::all_of(value.begin(), value.end(), is_plain)) return std::string(value);
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (!is_printable(c)) {
      append_escaped(text, c);
    } else {
      text += c;
    }
  }
  return text + '"';
}

void log_event(Severity severity, std::string_view event, std::initializer_list<EventField> fields) {
  if (!logger().should_log(level_of(severity))) return;
  if (g_json) {
    logger().log(level_of(severity), log_members(event, fields));
    return;
  }
  std::string line = "event=" + std::string(event);
  for (const EventField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    line += log_value(field.value);
  }
  logger().log(level_of(severity), line);
}

std::string log_members(std::string_view event, std::initializer_list<EventField> fields) {
  std::string line = "\"event\":" + json_text(event);
  for (const EventField& field : fields) {
    std::string value;
    for (const char c : std::string_view(field.value).substr(0, kMaxValue)) {
      if (is_printable(c)) {
        value += c;
      } else {
        append_escaped(value, c);
      }
    }
    line += ',';
    line += json_text(field.key);
    line += ':';
    line += field.is_number ? value : json_text(value);
  }
  return line;
}

void log_as_json() {
  logger().set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})", spdlog::pattern_time_type::utc);
  g_json = true;
}

void set_log_threshold(Severity severity) { logger().set_level(level_of(severity)); }

}  // namespace skiff::server
