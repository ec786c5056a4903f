#include "agent/policy/link_policy.hpp"

#include <algorithm>
#include <array>

namespace skiff::agent {
namespace {

constexpr auto kMembers = std::to_array<std::string_view>(
    {"rate", "budget", "period", "metered", "largest_download", "download", "install"});

tl::unexpected<Error> odd(std::string_view key, std::string_view why) {
  return fail(ErrorKind::kFormat, "config: link." + std::string(key) + " " + std::string(why));
}

Result<void> read_number(const Json& json, std::string_view key, std::uint64_t lowest,
                         std::uint64_t& number) {
  if (json.find(key) == nullptr) return {};
  SKIFF_ASSIGN(number, unsigned_member(json, key));
  return number >= lowest ? Result<void>{} : odd(key, "is less than " + std::to_string(lowest));
}

Result<void> read_windows(const Json& json, std::string_view key, Windows& windows) {
  if (json.find(key) == nullptr) return {};
  SKIFF_ASSIGN(const Json* texts, array_member(json, key));
  std::vector<Window> list;
  for (const Json& text : *texts->array()) {
    if (text.string() == nullptr) return odd(key, "has a window that is no string");
    const Result<Window> window = parse_window(*text.string());
    if (!window) return odd(key, ": " + window.error().message);
    list.push_back(*window);
  }
  windows = Windows(std::move(list));
  return {};
}

Result<void> read_period(const Json& json, LinkPolicy& policy) {
  if (json.find("period") == nullptr) return {};
  SKIFF_ASSIGN(const std::string period, string_member(json, "period"));
  if (period != "day" && period != "month") return odd("period", "is neither day nor month");
  policy.period = period == "day" ? LinkPolicy::Period::kDay : LinkPolicy::Period::kMonth;
  return {};
}

Result<void> read_metered(const Json& json, LinkPolicy& policy) {
  const Json* const metered = json.find("metered");
  if (metered == nullptr) return {};
  if (metered->boolean() == nullptr) return odd("metered", "is neither true nor false");
  policy.metered = *metered->boolean();
  return {};
}

}  // namespace

Result<LinkPolicy> parse_link_policy(const Json& json) {
  for (const auto& [key, value] : *json.object()) {
    if (std::ranges::find(kMembers, key) == kMembers.end()) return odd(key, "is unknown");
  }
  LinkPolicy policy;
  SKIFF_TRY(read_number(json, "rate", kLowestRate, policy.rate));
  SKIFF_TRY(read_number(json, "budget", kLowestBudget, policy.budget));
  SKIFF_TRY(read_number(json, "largest_download", 1, policy.largest_download));
  SKIFF_TRY(read_period(json, policy));
  SKIFF_TRY(read_metered(json, policy));
  SKIFF_TRY(read_windows(json, "download", policy.download));
  SKIFF_TRY(read_windows(json, "install", policy.install));
  return policy;
}

}  // namespace skiff::agent
