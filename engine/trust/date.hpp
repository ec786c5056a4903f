// The one date format of metadata: "YYYY-MM-DDTHH:MM:SSZ" (TUF specification 4.2, ISO 8601), proleptic
// Gregorian, UTC.
#pragma once

#include <cstdint>
#include <string>

#include "skiff/result.hpp"

namespace skiff {

/// Seconds since 1970; kFormat for another form or a day that does not exist.
Result<std::int64_t> parse_date(std::string_view text);
/// The inverse, for years 0 to 9999.
std::string format_date(std::int64_t seconds);

}  // namespace skiff
