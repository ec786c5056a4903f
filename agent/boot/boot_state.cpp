#include "agent/boot/boot_state.hpp"

#include <array>

#include "skiff/json.hpp"

namespace skiff::agent {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"good", "bad", "armed", "exhausted"};
constexpr int kVersion = 1;

tl::unexpected<Error> refused(Slot slot, std::string_view why) {
  return fail(ErrorKind::kUsage, "slot " + std::string(to_string(slot)) + " " + std::string(why));
}

Result<Slot> slot_member(const Json& json, std::string_view key) {
  SKIFF_ASSIGN(const std::string name, string_member(json, key));
  const std::optional<Slot> slot = slot_of(name);
  if (!slot) return fail(ErrorKind::kFormat, "boot state: " + std::string(key) + " is no slot");
  return *slot;
}

}  // namespace

std::string_view to_string(Bootable bootable) { return kNames[static_cast<std::size_t>(bootable)]; }

std::optional<Bootable> bootable_of(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Bootable>(i);
  }
  return std::nullopt;
}

BootStatus status_of(const BootState& state) {
  BootStatus status;
  status.booted = state.booted;
  status.primary = state.primary;
  status.tries = state.tries;
  (state.primary == Slot::kA ? status.a : status.b) = Bootable::kGood;
  (state.primary == Slot::kA ? status.b : status.a) = state.other;
  return status;
}

Result<BootState> with_bad(BootState state, Slot slot) {
  if (slot == state.primary) {
    if (state.other != Bootable::kGood) return refused(slot, "is the last one that boots");
    state.primary = other(slot);
  }
  state.other = Bootable::kBad;
  state.tries = 0;
  return state;
}

Result<BootState> with_armed(BootState state, Slot slot, std::uint32_t tries) {
  if (slot == state.primary) return refused(slot, "is the committed one: it cannot be tried");
  if (tries == 0) return refused(slot, "cannot be armed with no tries");
  state.other = Bootable::kArmed;
  state.tries = tries;
  return state;
}

Result<BootState> with_committed(BootState state, Slot slot) {
  if (slot == state.primary) return state;
  if (state.other != Bootable::kArmed && state.other != Bootable::kExhausted) {
    return refused(slot, "was not armed: it cannot be committed");
  }
  state.primary = slot;
  state.other = Bootable::kGood;
  state.tries = 0;
  return state;
}

std::pair<Slot, BootState> choose_slot(BootState state) {
  Slot slot = state.primary;
  if (state.other == Bootable::kArmed && state.tries == 0) state.other = Bootable::kExhausted;
  if (state.other == Bootable::kArmed) {
    --state.tries;
    slot = other(state.primary);
  }
  state.booted = slot;
  return {slot, state};
}

std::string boot_state_text(const BootState& state) {
  Json::Object object = {{"v", kVersion},
                         {"primary", to_string(state.primary)},
                         {"other", to_string(state.other)},
                         {"tries", std::int64_t{state.tries}}};
  if (state.booted) object.emplace("booted", to_string(*state.booted));
  return json_text(std::move(object));
}

Result<BootState> parse_boot_state(std::string_view text) {
  SKIFF_ASSIGN(const Json json, parse_json(as_bytes(text)));
  SKIFF_ASSIGN(const std::uint64_t version, unsigned_member(json, "v"));
  if (version != kVersion) return fail(ErrorKind::kUnsupported, "boot state of another version");
  BootState state;
  SKIFF_ASSIGN(state.primary, slot_member(json, "primary"));
  SKIFF_ASSIGN(const std::string name, string_member(json, "other"));
  const std::optional<Bootable> bootable = bootable_of(name);
  SKIFF_ASSIGN(const std::uint64_t tries, unsigned_member(json, "tries"));
  if (!bootable || tries > UINT32_MAX) return fail(ErrorKind::kFormat, "boot state: other or tries is odd");
  state.other = *bootable;
  state.tries = static_cast<std::uint32_t>(tries);
  if (json.find("booted") != nullptr) {
    SKIFF_ASSIGN(state.booted, slot_member(json, "booted"));
  }
  return state;
}

}  // namespace skiff::agent
