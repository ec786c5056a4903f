#include "agent/net/pace.hpp"

#include <algorithm>
#include <string>

namespace skiff::agent {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr std::uint64_t kLeastPiece = 1'024;
constexpr std::uint64_t kMostPiece = 16'384;  // a record of TLS
constexpr std::uint64_t kMilli = 1'000;

std::string seconds(milliseconds duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  return std::to_string(count / kMilli) +
         (count % kMilli == 0 ? "" : "." + std::to_string(count % kMilli / 100)) + " seconds";
}

}  // namespace

Pace::Pace(const PaceLimits& limits, Clock::time_point now)
    : limits_(limits), began_(now), span_began_(now) {}

Result<milliseconds> Pace::patience(Clock::time_point now) const {
  milliseconds left = limits_.stall - duration_cast<milliseconds>(now - span_began_);
  if (left.count() <= 0) {
    return fail(ErrorKind::kNetwork, "too slow: less than " + std::to_string(limits_.slowest) +
                                         " bytes a second for " + seconds(limits_.stall));
  }
  if (limits_.deadline.count() == 0) return left;
  left = std::min(left, limits_.deadline - duration_cast<milliseconds>(now - began_));
  if (left.count() <= 0) return fail(ErrorKind::kNetwork, "not done in " + seconds(limits_.deadline));
  return left;
}

milliseconds Pace::moved(std::uint64_t bytes, Clock::time_point now) {
  const milliseconds pause(limits_.rate == 0 ? 0 : bytes * kMilli / limits_.rate);
  in_span_ += bytes;
  const bool fast_enough =
      in_span_ * kMilli >= limits_.slowest * static_cast<std::uint64_t>(limits_.stall.count());
  if (fast_enough) {
    in_span_ = 0;
    span_began_ = now;
  }
  span_began_ += pause;
  return pause;
}

std::size_t Pace::piece() const {
  if (limits_.rate == 0) return kMostPiece;
  return static_cast<std::size_t>(std::clamp(limits_.rate, kLeastPiece, kMostPiece));
}

}  // namespace skiff::agent
