#include "agent/policy/poll_schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "skiff/trust.hpp"

namespace skiff::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kInterval = 1'800;  // seconds
constexpr unsigned kDevices = 10'000;

std::uint64_t seed_of(unsigned device) {
  const Sha256 digest = sha256(as_bytes("device-" + std::to_string(device)));
  std::uint64_t seed = 0;
  for (std::size_t i = 0; i < 8; ++i) seed = seed << 8 | digest.bytes[i];
  return seed;
}

PollSchedule schedule_of(unsigned device) { return {seconds(kInterval), seed_of(device)}; }

TEST(PollSchedule, ADeviceKeepsToItsMoment) {
  const PollSchedule schedule{seconds(kInterval), 700'000};
  const Visit done{};
  EXPECT_EQ(schedule.first(0), seconds(700));
  EXPECT_EQ(schedule.first(701), seconds(1'799));
  EXPECT_EQ(schedule.next(done, 700, 0), seconds(kInterval));
  EXPECT_EQ(schedule.next(done, 720, 0), seconds(kInterval - 20)) << "a visit that took its time";
  EXPECT_EQ(schedule.next(done, 0, 0), seconds(700 + kInterval)) << "one just before the moment";
}

TEST(PollSchedule, TheServersIntervalHasAMomentToo) {
  const PollSchedule schedule{seconds(kInterval), 100'000};
  const Visit done{.asked = seconds(3'600)};
  EXPECT_EQ(schedule.next(done, 100, 0), seconds(3'600));
}

TEST(PollSchedule, RetryAfterIsTheLeastWait) {
  for (std::uint64_t seed = 0; seed < 300'000; seed += 1'234) {
    const PollSchedule schedule{seconds(kInterval), seed};
    const Visit busy{Visit::End::kLater, seconds(300), false, 0};
    const milliseconds delay = schedule.next(busy, 12'345, 0);
    EXPECT_GE(delay, seconds(300));
    EXPECT_LT(delay, seconds(600));
  }
}

TEST(PollSchedule, AnUpdateUnderWayWaitsForNoMoment) {
  const PollSchedule schedule{seconds(kInterval), 100'000};
  const Visit first{Visit::End::kLater, seconds(0), true, 1};
  EXPECT_EQ(schedule.next(first, 0, 29'000), seconds(29));
  EXPECT_LE(schedule.next(first, 0, 12'345'678), seconds(30));
  const Visit many{Visit::End::kLater, seconds(0), true, 40};
  EXPECT_LE(schedule.next(many, 0, ~std::uint64_t{0}), std::chrono::hours(6));
}

TEST(PollSchedule, WhoIsHeldGoesOnPollingAndWakesForTheWindow) {
  const PollSchedule schedule{seconds(kInterval), 100'000};
  const Visit soon{Visit::End::kHeld, seconds(60), true, 0};
  EXPECT_EQ(schedule.next(soon, 100, 0), seconds(60));
  const Visit tomorrow{Visit::End::kHeld, seconds(50'000), true, 0};
  EXPECT_EQ(schedule.next(tomorrow, 100, 0), seconds(kInterval));
}

/// A fleet whose server, or whose power, is gone from `begin` to `end` (seconds of the simulation).
struct Outage {
  const char* name;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool of_power = false;  ///< all devices boot at its end, in one second
};

constexpr std::uint64_t kAfterwards = 8 * 3'600;  // seconds that are looked at
constexpr std::uint64_t kBin = 60;                // seconds

/// Moments at which one device is answered after the outage.
void live(unsigned device, const Outage& outage, std::vector<unsigned>& visits) {
  const PollSchedule schedule = schedule_of(device);
  std::mt19937_64 random(device);
  const std::uint64_t booted = outage.of_power ? 0 : random() % 86'400;  // uptime at the simulation's begin
  std::uint64_t now = outage.of_power ? outage.end * 1'000 : 0;
  const std::uint64_t origin = outage.of_power ? outage.end : 0;
  const auto uptime = [&] { return booted + now / 1'000 - origin; };
  now += static_cast<std::uint64_t>(schedule.first(uptime()).count());
  for (unsigned failures = 0; now < (outage.end + kAfterwards) * 1'000;) {
    const std::uint64_t second = now / 1'000;
    const bool answered = second < outage.begin || second >= outage.end;
    if (answered && second >= outage.end) ++visits[(second - outage.end) / kBin];
    failures = answered ? 0 : failures + 1;
    const Visit visit{answered ? Visit::End::kDone : Visit::End::kLater, seconds(0), false, failures};
    now += static_cast<std::uint64_t>(schedule.next(visit, uptime(), random()).count());
  }
}

/// Most and mean visits a minute.
std::pair<double, double> load_after(const Outage& outage) {
  std::vector<unsigned> visits(kAfterwards / kBin);
  for (unsigned device = 0; device < kDevices; ++device) live(device, outage, visits);
  const double mean = std::accumulate(visits.begin(), visits.end(), 0.0) / static_cast<double>(visits.size());
  return {*std::max_element(visits.begin(), visits.end()), mean};
}

TEST(PollSchedule, TenThousandDevicesComeBackEvenlyFromAnyOutage) {
  const Outage outages[] = {{"half a minute", 7'200, 7'230, false}, {"five minutes", 7'200, 7'500, false},
                            {"half an hour", 7'200, 9'000, false},  {"two hours", 7'200, 14'400, false},
                            {"a day", 7'200, 93'600, false},        {"power", 0, 3'600, true}};
  for (const Outage& outage : outages) {
    const auto [peak, mean] = load_after(outage);
    std::printf("%s: peak %.0f, mean %.0f visits a minute: %.2f\n", outage.name, peak, mean, peak / mean);
    EXPECT_LE(peak, 1.5 * mean) << outage.name;
    EXPECT_LE(peak, 1.5 * kDevices * kBin / kInterval) << outage.name << ": as in any other hour";
  }
}

}  // namespace
}  // namespace skiff::agent
