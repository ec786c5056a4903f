#include "agent/boot/boot_convention.hpp"

#include <charconv>
#include <sstream>
#include <vector>

namespace skiff::agent {
namespace {

constexpr int kHex = 16;
constexpr int kDecimal = 10;

constexpr std::string_view kTries = "skiff_tries";
constexpr std::string_view kGood = "skiff_good";

std::string name_of(Slot slot) { return std::string(to_string(slot)); }
std::string ok_of(Slot slot) { return name_of(slot) + "_OK"; }
std::string try_of(Slot slot) { return name_of(slot) + "_TRY"; }
std::string left_of(Slot slot) { return "BOOT_" + name_of(slot) + "_LEFT"; }

/// 0 where there is no number.
std::uint32_t number_in(const Variables& variables, std::string_view name, int base) {
  const std::string_view text = value_of(variables, name);
  std::uint32_t number = 0;
  const auto [end, code] = std::from_chars(text.begin(), text.end(), number, base);
  return code == std::errc() && end == text.end() ? number : 0;
}

std::string text_of(std::uint32_t number, int base) {
  std::array<char, 16> digits{};
  const auto [end, code] = std::to_chars(digits.begin(), digits.end(), number, base);
  return {digits.begin(), end};
}

std::vector<Slot> order_in(const Variables& variables, std::string_view name) {
  std::istringstream words{std::string(value_of(variables, name))};
  std::vector<Slot> order;
  for (std::string word; words >> word;) {
    if (const std::optional<Slot> slot = slot_of(word)) order.push_back(*slot);
  }
  return order;
}

bool is_on_trial(Bootable bootable) {
  return bootable == Bootable::kArmed || bootable == Bootable::kExhausted;
}

void put_trial(const BootState& next, Variables& variables) {
  variables.erase(std::string(kTrialVariable));
  if (is_on_trial(next.other)) variables.emplace(kTrialVariable, to_string(other(next.primary)));
}

/// The primary first, unless the other one is on trial; a bad slot only where all are named.
std::string order_of(const BootState& state, bool names_bad) {
  const std::string primary = name_of(state.primary);
  const std::string second = name_of(other(state.primary));
  if (state.other == Bootable::kBad && !names_bad) return primary;
  return is_on_trial(state.other) ? second + " " + primary : primary + " " + second;
}

/// The state of an order of slots without any on trial: the first that may be booted is the primary.
template <typename MayBoot>
std::optional<BootState> settled(const std::vector<Slot>& order, MayBoot may_boot) {
  for (const Slot slot : order) {
    if (!may_boot(slot)) continue;
    const bool is_named = order.size() > 1;
    return BootState{slot, is_named && may_boot(other(slot)) ? Bootable::kGood : Bootable::kBad, 0, {}};
  }
  return std::nullopt;
}

}  // namespace

std::optional<BootState> GrubConvention::state_in(const Variables& variables) const {
  const auto may_boot = [&](Slot slot) {
    return value_of(variables, ok_of(slot)) == "1" && value_of(variables, try_of(slot)) != "1";
  };
  const std::optional<Slot> trial = slot_of(value_of(variables, kTrialVariable));
  if (!trial) return settled(order_in(variables, "ORDER"), may_boot);
  if (!may_boot(other(*trial))) return std::nullopt;
  const auto tries = static_cast<std::uint32_t>(value_of(variables, kTries).size());
  const bool in_vain = value_of(variables, try_of(*trial)) == "1";
  return BootState{other(*trial), in_vain ? Bootable::kExhausted : Bootable::kArmed, tries, {}};
}

void GrubConvention::put(const BootState& next, Variables& variables) const {
  const Slot second = other(next.primary);
  variables["ORDER"] = order_of(next, true);
  variables[ok_of(next.primary)] = "1";
  variables[try_of(next.primary)] = "0";
  variables[ok_of(second)] = next.other == Bootable::kBad ? "0" : "1";
  variables[try_of(second)] = next.other == Bootable::kExhausted ? "1" : "0";
  variables[std::string(kTries)] = std::string(next.tries, 'x');
  put_trial(next, variables);
}

std::optional<BootState> RaucConvention::state_in(const Variables& variables) const {
  const auto left = [&](Slot slot) { return number_in(variables, left_of(slot), kHex); };
  const std::vector<Slot> order = order_in(variables, "BOOT_ORDER");
  const std::optional<Slot> trial = slot_of(value_of(variables, kTrialVariable));
  if (!trial) return settled(order, [&](Slot slot) { return left(slot) > 0 || order.size() == 1; });
  const std::uint32_t tries = left(*trial);
  return BootState{other(*trial), tries > 0 ? Bootable::kArmed : Bootable::kExhausted, tries, {}};
}

void RaucConvention::put(const BootState& next, Variables& variables) const {
  const Slot second = other(next.primary);
  variables["BOOT_ORDER"] = order_of(next, false);
  variables[left_of(next.primary)] = text_of(kAttempts, kHex);
  variables[left_of(second)] = text_of(next.other == Bootable::kGood ? kAttempts : next.tries, kHex);
  put_trial(next, variables);
}

std::optional<Slot> MenderConvention::boot_slot(const Variables& variables) const {
  const std::uint32_t part = number_in(variables, "mender_boot_part", kDecimal);
  if (part == parts_[0]) return Slot::kA;
  if (part == parts_[1]) return Slot::kB;
  return std::nullopt;
}

std::optional<BootState> MenderConvention::state_in(const Variables& variables) const {
  const std::optional<Slot> booted = boot_slot(variables);
  if (!booted) return std::nullopt;
  const std::optional<Slot> trial = slot_of(value_of(variables, kTrialVariable));
  if (!trial) {
    const bool is_good = value_of(variables, kGood) == to_string(other(*booted));
    return BootState{*booted, is_good ? Bootable::kGood : Bootable::kBad, 0, {}};
  }
  if (value_of(variables, "upgrade_available") != "1") {
    // Whoever ended the upgrade on the part on trial has committed it; U-Boot ends it on the other one.
    return BootState{*booted, *booted == *trial ? Bootable::kGood : Bootable::kExhausted, 0, {}};
  }
  const std::uint32_t limit = number_in(variables, "bootlimit", kDecimal);
  const std::uint32_t count = number_in(variables, "bootcount", kDecimal);
  return BootState{other(*trial), Bootable::kArmed, limit - std::min(limit, count), {}};
}

void MenderConvention::put(const BootState& next, Variables& variables) const {
  if (state_in(variables) == next) return;
  const bool armed = next.other == Bootable::kArmed;
  const Slot boots = armed ? other(next.primary) : next.primary;
  const std::uint32_t part = parts_[static_cast<std::size_t>(boots)];
  variables["mender_boot_part"] = text_of(part, kDecimal);
  variables["mender_boot_part_hex"] = text_of(part, kHex);
  variables["upgrade_available"] = armed ? "1" : "0";
  variables["bootcount"] = "0";
  if (armed) variables["bootlimit"] = text_of(next.tries, kDecimal);
  variables.erase(std::string(kGood));
  if (next.other == Bootable::kGood) variables.emplace(kGood, to_string(other(next.primary)));
  put_trial(next, variables);
}

}  // namespace skiff::agent
