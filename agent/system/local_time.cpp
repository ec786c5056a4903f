#include "agent/system/local_time.hpp"

#include <chrono>
#include <ctime>

namespace skiff::agent {
namespace {

constexpr std::uint64_t kDay = 86'400;  // seconds

}  // namespace

std::uint64_t LocalTime::rest_of_day() const { return kDay - second; }

std::uint64_t LocalTime::rest_of_month() const {
  const auto last = std::chrono::year(year) / std::chrono::month(month) / std::chrono::last;
  return (static_cast<unsigned>(last.day()) - day) * kDay + rest_of_day();
}

LocalTime local_time(std::int64_t wall) {
  const std::time_t seconds = wall;
  std::tm parts = {};
  ::localtime_r(&seconds, &parts);
  LocalTime time;
  time.year = parts.tm_year + 1900;
  time.month = static_cast<unsigned>(parts.tm_mon + 1);
  time.day = static_cast<unsigned>(parts.tm_mday);
  time.second = static_cast<std::uint32_t>((parts.tm_hour * 60 + parts.tm_min) * 60 + parts.tm_sec) % kDay;
  return time;
}

}  // namespace skiff::agent
