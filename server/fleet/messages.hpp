// Messages: the JSON of API.md as types: check-in, plan and report.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/planner.hpp"
#include "store/reports.hpp"

namespace skiff::server {

/// Strict: unknown or absent members, wrong types and values out of range are kFormat and name the field.
Result<CheckIn> parse_check_in(std::string_view body);
Result<Report> parse_report(std::string_view body);

/// The answer to a check-in.
std::string plan_json(const Plan& plan);

}  // namespace skiff::server
