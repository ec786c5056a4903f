// Identity: what the device knows of itself from one update to the next.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "agent/boot/boot_control.hpp"
#include "skiff/delta_info.hpp"
#include "skiff/json.hpp"

namespace skiff::agent {

/// What a slot holds, as far as it was verified; absent: unknown, or being written.
struct Installed {
  ImageId image;
  std::string version;
  bool operator==(const Installed&) const = default;
};

/// An image that could not be installed or did not stand its trial, so that it is not tried for ever.
struct Failures {
  Sha256 image;
  std::uint64_t times = 0;
  std::string last_report;  ///< id of the report that was counted last: each counts once
  bool operator==(const Failures&) const = default;
};

struct Identity {
  std::array<std::optional<Installed>, 2> slots;
  Slot active = Slot::kA;           ///< the slot that was committed last
  std::uint64_t counter_floor = 0;  ///< highest release counter ever committed
  std::int64_t good_time = 0;       ///< TimeSources::persisted
  std::int64_t issued = 0;          ///< TimeSources::issued
  std::optional<Failures> failures;
  bool operator==(const Identity&) const = default;

  [[nodiscard]] const std::optional<Installed>& of(Slot slot) const {
    return slots[static_cast<std::size_t>(slot)];
  }
  std::optional<Installed>& of(Slot slot) { return slots[static_cast<std::size_t>(slot)]; }
};

inline constexpr std::size_t kIdentityCopy = 2048;

/// Null where nothing is known.
Json installed_json(const std::optional<Installed>& installed);
std::string identity_text(const Identity& identity);
Result<Identity> parse_identity(std::string_view text);

}  // namespace skiff::agent
