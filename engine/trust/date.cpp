#include "trust/date.hpp"

#include <chrono>
#include <cstdio>

namespace skiff {
namespace {

constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
constexpr std::int64_t kDay = 86'400;

bool has_form(std::string_view text) {
  if (text.size() != kForm.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == '0' ? !is_digit : text[i] != kForm[i]) return false;
  }
  return true;
}

unsigned number_at(std::string_view text, std::size_t at, std::size_t digits) {
  unsigned value = 0;
  for (const char digit : text.substr(at, digits)) value = value * 10 + static_cast<unsigned>(digit - '0');
  return value;
}

}  // namespace

Result<std::int64_t> parse_date(std::string_view text) {
  const auto refuse = [&] {
    return fail(ErrorKind::kFormat, "no date: \"" + std::string(text.substr(0, 40)) + "\"");
  };
  if (!has_form(text)) return refuse();
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(number_at(text, 0, 4))),
                                        std::chrono::month(number_at(text, 5, 2)),
                                        std::chrono::day(number_at(text, 8, 2))};
  const std::int64_t hour = number_at(text, 11, 2);
  const std::int64_t minute = number_at(text, 14, 2);
  const std::int64_t second = number_at(text, 17, 2);
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return refuse();
  const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  return days * kDay + hour * 3600 + minute * 60 + second;
}

std::string format_date(std::int64_t seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day day(midnight);
  const std::chrono::hh_mm_ss clock(time - midnight);
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace skiff
