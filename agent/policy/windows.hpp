// Windows: the hours of the day in which a device lets something happen.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "skiff/result.hpp"

namespace skiff::agent {

inline constexpr std::uint32_t kDaySeconds = 86'400;

/// From `begin` to before `end`, seconds of the local day; across midnight where `end` is not after `begin`.
struct Window {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  [[nodiscard]] std::uint32_t length() const { return end > begin ? end - begin : end + kDaySeconds - begin; }
  bool operator==(const Window&) const = default;
};

/// "22:00-06:30"; the end may be 24:00. kFormat: anything else, or a window without length.
Result<Window> parse_window(std::string_view text);

/// None: always open. Days are taken for 24 hours: who waits over a change of the clocks wakes an hour off,
/// and asks again.
class Windows {
 public:
  Windows() = default;
  explicit Windows(std::vector<Window> windows) : windows_(std::move(windows)) {}

  [[nodiscard]] bool is_open(std::uint32_t second_of_day) const;
  /// Seconds until one is open; 0 where one is. A fleet whose windows open together is spread over their
  /// first half by `seed`.
  [[nodiscard]] std::uint64_t wait(std::uint32_t second_of_day, std::uint64_t seed) const;
  /// "22:00-06:30, 12:00-13:00"
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool any() const { return !windows_.empty(); }

 private:
  std::vector<Window> windows_;
};

}  // namespace skiff::agent
