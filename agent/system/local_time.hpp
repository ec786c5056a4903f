// LocalTime: the calendar where the device is, by TZ or /etc/localtime.
#pragma once

#include <cstdint>

namespace skiff::agent {

struct LocalTime {
  int year = 1970;
  unsigned month = 1;        ///< 1 to 12
  unsigned day = 1;          ///< 1 to 31
  std::uint32_t second = 0;  ///< of the day

  /// Seconds to the next midnight, and to that after the month's last day. Days are taken for 24 hours.
  [[nodiscard]] std::uint64_t rest_of_day() const;
  [[nodiscard]] std::uint64_t rest_of_month() const;
};

/// Of seconds since 1970 UTC.
LocalTime local_time(std::int64_t wall);

}  // namespace skiff::agent
