#include "agent/policy/windows.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

namespace skiff::agent {
namespace {

constexpr std::size_t kTimeLength = 5;  // "22:00"

std::optional<std::uint32_t> two_digits(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!is_digit(text[0]) || !is_digit(text[1])) return std::nullopt;
  return static_cast<std::uint32_t>((text[0] - '0') * 10 + (text[1] - '0'));
}

/// Seconds of the day.
std::optional<std::uint32_t> parse_time(std::string_view text) {
  if (text.size() != kTimeLength || text[2] != ':') return std::nullopt;
  const std::optional<std::uint32_t> hours = two_digits(text);
  const std::optional<std::uint32_t> minutes = two_digits(text.substr(3));
  if (!hours || !minutes || *minutes > 59) return std::nullopt;
  const std::uint32_t seconds = (*hours * 60 + *minutes) * 60;
  return seconds <= kDaySeconds ? std::optional(seconds) : std::nullopt;
}

/// Seconds from `now` on to the next time of day `then`.
std::uint32_t until(std::uint32_t now, std::uint32_t then) {
  return (then + kDaySeconds - now % kDaySeconds) % kDaySeconds;
}

std::string window_text(const Window& window) {
  std::array<char, 32> text;
  const int length = std::snprintf(text.data(), text.size(), "%02u:%02u-%02u:%02u", window.begin / 3'600,
                                   window.begin / 60 % 60, window.end / 3'600, window.end / 60 % 60);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

Result<Window> parse_window(std::string_view text) {
  if (text.size() == 2 * kTimeLength + 1 && text[kTimeLength] == '-') {
    const std::optional<std::uint32_t> begin = parse_time(text.substr(0, kTimeLength));
    const std::optional<std::uint32_t> end = parse_time(text.substr(kTimeLength + 1));
    if (begin && end && *begin < kDaySeconds && *begin != *end) return Window{*begin, *end};
  }
  return fail(ErrorKind::kFormat, std::string(text) + " is no window like 22:00-06:30");
}

bool Windows::is_open(std::uint32_t second_of_day) const {
  const auto holds = [&](const Window& window) {
    return until(window.begin, second_of_day) < window.length();
  };
  return windows_.empty() || std::ranges::any_of(windows_, holds);
}

std::uint64_t Windows::wait(std::uint32_t second_of_day, std::uint64_t seed) const {
  if (is_open(second_of_day)) return 0;
  const auto distance = [&](const Window& window) { return until(second_of_day, window.begin); };
  const Window& next = *std::ranges::min_element(windows_, {}, distance);
  return distance(next) + seed % (next.length() / 2);
}

std::string Windows::text() const {
  std::string text;
  for (const Window& window : windows_) {
    if (!text.empty()) text += ", ";
    text += window_text(window);
  }
  return text;
}

}  // namespace skiff::agent
