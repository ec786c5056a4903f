#include "fleet/rollout.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "skiff/trust.hpp"

namespace skiff::server {
namespace {

constexpr std::array<std::string_view, 4> kStates = {"running", "paused", "finished", "aborted"};
constexpr std::array<std::string_view, 5> kProgress = {"none", "started", "committed", "failed", "silent"};
constexpr std::int64_t kDay = 86'400;
constexpr std::uint64_t kFewDevices = 20;
constexpr std::uint64_t kHundred = 100;

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(at), text.size());
    if (end != 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// Two numbers of 32 bits that are the device's own in this deployment: its place among all, and its slot.
struct Lot {
  std::uint32_t place = 0;
  std::uint32_t slot = 0;
};
Lot draw(std::int64_t deployment, const std::string& serial) {
  const Sha256 digest = sha256(as_bytes(std::to_string(deployment) + ":" + serial));
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | digest.bytes[i];
    return value;
  };
  return {number(0), number(4)};
}

std::optional<std::int64_t> parse_time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hours = whole_number(text.substr(0, 2));
  const auto minutes = whole_number(text.substr(3));
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return static_cast<std::int64_t>(*hours * 3'600 + *minutes * 60);
}

/// When the window that is open now was opened, or the next one opens.
std::int64_t opening(const Window& window, std::int64_t now) {
  const std::int64_t today = now - now % kDay + window.opens;
  const std::int64_t last = today <= now ? today : today - kDay;
  return now - last < window.length ? last : last + kDay;
}

Verdict wait_until(const char* reason, std::int64_t time) { return {false, reason, time}; }

/// Whether it is this device's time.
Verdict judge_time(const Deployment& deployment, const std::string& serial, std::int64_t now) {
  const DeploymentOrder& order = deployment.order;
  std::int64_t from = order.begins;
  if (order.window.length > 0) from = std::max(from, opening(order.window, now));
  if (now < from) return wait_until("not yet", from);
  if (order.spread <= 0) return {true, ""};
  const std::int64_t slot = from + draw(deployment.id, serial).slot % order.spread;
  return now < slot ? wait_until("its start slot is later", slot) : Verdict{true, ""};
}

}  // namespace

Result<std::vector<Phase>> parse_phases(std::string_view text) {
  std::vector<Phase> phases;
  for (std::string_view word : split(text, ' ')) {
    const bool is_percent = word.ends_with('%');
    if (is_percent) word.remove_suffix(1);
    const auto amount = whole_number(word);
    if (!amount || *amount == 0 || (is_percent && *amount > kHundred)) {
      return fail(ErrorKind::kUsage,
                  "phases: '" + std::string(word) + "' is neither a number nor a percentage");
    }
    phases.push_back({*amount, is_percent});
  }
  if (phases.empty() || phases.back() != Phase{}) {
    return fail(ErrorKind::kUsage, "phases: the last must be 100%");
  }
  return phases;
}

std::string to_string(const std::vector<Phase>& phases) {
  std::string text;
  for (const Phase& phase : phases) {
    text += (text.empty() ? "" : " ") + std::to_string(phase.amount) + (phase.is_percent ? "%" : "");
  }
  return text;
}

Result<Window> parse_window(std::string_view text) {
  if (text.empty()) return Window{};
  const auto opens = parse_time_of_day(text.substr(0, std::min<std::size_t>(5, text.size())));
  const auto closes = text.size() == 11 && text[5] == '-' ? parse_time_of_day(text.substr(6)) : std::nullopt;
  if (!opens || !closes || opens == closes) {
    return fail(ErrorKind::kUsage, "window: '" + std::string(text) + "' is not as 22:00-04:00");
  }
  return Window{*opens, (*closes - *opens + kDay) % kDay};
}

std::string to_string(const Window& window) {
  if (window.length == 0) return "";
  const std::chrono::hh_mm_ss opens{std::chrono::seconds(window.opens)};
  const std::chrono::hh_mm_ss closes{std::chrono::seconds((window.opens + window.length) % kDay)};
  const auto text = [](const auto& time) {
    const auto digits = [](auto number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    return digits(time.hours().count()) + ":" + digits(time.minutes().count());
  };
  return text(opens) + "-" + text(closes);
}

std::string_view to_string(DeploymentState state) { return kStates[static_cast<std::size_t>(state)]; }

DeploymentState parse_deployment_state(std::string_view text) {
  const auto found = std::find(kStates.begin(), kStates.end(), text);
  return found == kStates.end() ? DeploymentState::kAborted
                                : static_cast<DeploymentState>(found - kStates.begin());
}

std::int64_t retry_delay(std::int64_t retry_after, std::int64_t failures) {
  std::int64_t delay = std::min(retry_after, kDay);
  for (std::int64_t i = 1; i < failures && delay > 0 && delay < kDay; ++i) delay *= 2;
  return std::min(delay, kDay);
}

bool is_under_way(const DeviceProgress& progress) {
  return progress.state == DeviceProgress::State::kStarted ||
         progress.state == DeviceProgress::State::kSilent;
}

std::string_view to_string(DeviceProgress::State state) { return kProgress[static_cast<std::size_t>(state)]; }

DeviceProgress::State parse_progress(std::string_view text) {
  const auto found = std::find(kProgress.begin(), kProgress.end(), text);
  return found == kProgress.end() ? DeviceProgress::State::kFailed
                                  : static_cast<DeviceProgress::State>(found - kProgress.begin());
}

bool reaches(const Phase& phase, std::int64_t deployment, const std::string& serial) {
  return std::uint64_t{draw(deployment, serial).place} * kHundred < phase.amount << 32;
}

Verdict judge(const Deployment& deployment, const DeviceProgress& progress, const std::string& serial,
              std::int64_t now) {
  using State = DeviceProgress::State;
  if (deployment.state == DeploymentState::kAborted) return {false, "the deployment was aborted"};
  if (is_under_way(progress)) return {true, ""};  // what was begun is brought to its end
  if (deployment.state == DeploymentState::kPaused) return {false, "the deployment is paused"};
  if (progress.state == State::kFailed) {
    if (progress.attempts >= deployment.order.attempts) return {false, "the update failed on this device"};
    const std::int64_t next = progress.changed + retry_delay(deployment.order.retry_after, progress.attempts);
    if (now < next) return wait_until("the update failed on this device, which tries again later", next);
  }
  const Phase& phase = deployment.order.phases.at(deployment.phase);
  const bool reached =
      phase.is_percent ? reaches(phase, deployment.id, serial) : deployment.started < phase.amount;
  if (progress.state == State::kNone && !reached) return {false, "a later phase"};
  return judge_time(deployment, serial, now);
}

bool fails_too_often(const Deployment& deployment) {
  const std::uint64_t ended = std::max(deployment.committed + deployment.failed, kFewDevices);
  return deployment.failed * kHundred > ended * static_cast<std::uint64_t>(deployment.order.failure_percent);
}

bool is_phase_done(const Deployment& deployment, std::uint64_t size) {
  const Phase& phase = deployment.order.phases.at(deployment.phase);
  const std::uint64_t reached = phase.is_percent ? size : std::min(size, phase.amount);
  return reached != 0 && deployment.committed * kHundred >=
                             reached * static_cast<std::uint64_t>(deployment.order.success_percent);
}

}  // namespace skiff::server
