// A fleet in one process, without sockets: every check-in and report goes through the real routes, planner
// and database, and virtual time goes on from event to event. SKIFF_SIMULATED_DEVICES says how many devices
// there are.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <functional>
#include <iostream>
#include <queue>

#include "deltas/delta_workers.hpp"
#include "fleet/device_api.hpp"
#include "skiff/json.hpp"
#include "tests/server/fleet_files.hpp"
#include "tests/server/release_builder.hpp"
#include "tests/server/store/test_database.hpp"

namespace skiff::server::test {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::size_t kPoll = 1'800;  // seconds
constexpr std::size_t kFewDevices = 500;

std::size_t fleet_size() {
  const char* const told = std::getenv("SKIFF_SIMULATED_DEVICES");
  return told == nullptr ? kFewDevices : std::strtoul(told, nullptr, 10);
}

std::string serial_of(std::size_t device) { return "SN-" + std::to_string(device); }

struct Event {
  std::int64_t time = 0;
  std::size_t device = 0;
  bool is_report = false;  ///< else a check-in
  bool operator>(const Event& other) const {
    return std::pair(time, device) > std::pair(other.time, other.device);
  }
};

class RolloutSimulation : public ::testing::Test {
 protected:
  /// Two releases, and the delta between them.
  std::unique_ptr<Catalogue> make_catalogue() {
    builder_.release("one", 1, old_);
    builder_.release("two", 2, new_);
    auto catalogue = Catalogue::open(builder_.repository()).value();
    Publisher publisher(builder_.repository(), builder_.online_keys());
    MakerOptions options;
    options.work_folder = folder_.path();
    EXPECT_TRUE(jobs_.enqueue({id_of(old_), id_of(new_)}, kDevicePriority, kNow));
    JobRunner runner({*catalogue, jobs_, publisher, "worker-1"}, options, [] { return kNow; });
    EXPECT_TRUE(runner.run_one([] { return true; }));
    return catalogue;
  }

  /// Lets the fleet live until the deployment is over or the time is; `fails` says of which device's updates
  /// do. `look` sees the deployment every minute.
  void live(std::int64_t length, const std::function<bool(std::size_t)>& fails,
            const std::function<void(const Deployment&)>& look) {
    const std::clock_t began = std::clock();
    const std::int64_t end = now_ + length;
    for (std::size_t i = 0; i < devices_; ++i) {
      events_.push({now_ + static_cast<std::int64_t>(i * kPoll / devices_), i, false});
    }
    while (events_.top().time < end && only().state != DeploymentState::kFinished) {
      live_a_minute(fails);
      look(only());
    }
    spent_ += std::clock() - began;
  }

  void live_a_minute(const std::function<bool(std::size_t)>& fails) {
    for (const std::int64_t end = now_ + 60; events_.top().time < end;) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.time;
      if (event.is_report) {
        report(event.device, fails(event.device));
      } else {
        check_in(event.device);
      }
    }
    now_ += 60 - (now_ - kNow) % 60;
    const auto done =
        deployments_.advance([](const std::string&) { return std::vector<std::string>{"gw1"}; }, now_);
    EXPECT_TRUE(done) << done.error().text();
  }

  Response ask(std::size_t device, const char* path, std::string body) {
    const std::string serial = serial_of(device);
    Request request{
        {"POST", path, 11, {}}, std::move(body), {"192.0.2.1", serial, "f" + serial, "k" + serial}};
    for (const Route& route : routes_) {
      if (route.path != path) continue;
      ++requests_;
      if (const auto refusal = api_.admit(request.peer)) return *refusal;
      return route.handler(request);
    }
    return {};
  }

  void check_in(std::size_t device) {
    const bool is_new = updated_.at(device);
    const ImageId image = id_of_[is_new ? 1 : 0];
    const Response answer =
        ask(device, "/v1/check-in",
            json_text(Json(Json::Object{
                {"v", 1},
                {"hardware", "gw1"},
                {"image", Json::Object{{"sha256", image.sha256.hex()}, {"length", image.length}}},
                {"version", is_new ? "two" : "one"},
                {"counter_floor", std::uint64_t{is_new ? 2U : 1U}},
                {"agent", "0.1.0"},
                {"decoder", Json::Object{{"formats", Json::Array{1}},
                                         {"codecs", Json::Array{"zstd", "cm"}},
                                         {"memory", std::uint64_t{64} << 20}}},
                {"state", "IDLE"}})));
    ASSERT_EQ(answer.status, 200U) << answer.text;
    const Json plan = parse_json(as_bytes(answer.text)).value();
    if (string_member(plan, "plan").value() == "delta") {
      events_.push({now_ + 60 + static_cast<std::int64_t>(device * 7'919 % 540), device, true});
    } else {
      events_.push(
          {now_ + static_cast<std::int64_t>(unsigned_member(plan, "poll_after").value()), device, false});
    }
  }

  void report(std::size_t device, bool fails) {
    updated_.at(device) = !fails;
    const ImageId image = id_of_[fails ? 0 : 1];
    char id[33];
    std::snprintf(id, sizeof id, "%032zx", device);
    const Response answer =
        ask(device, "/v1/reports",
            json_text(Json(Json::Object{
                {"v", 1},
                {"id", id},
                {"release", "releases/two"},
                {"outcome", fails ? "rolled-back" : "committed"},
                {"reason", fails ? "check 10-network failed with exit 1" : ""},
                {"image", Json::Object{{"sha256", image.sha256.hex()}, {"length", image.length}}},
                {"bytes", Json::Object{{"payload", 1}, {"metadata", 1}, {"wire", 2}, {"wasted", 0}}},
                {"seconds", 60},
                {"peak_memory", 1},
                {"checks", Json::Array{}}})));
    ASSERT_EQ(answer.status, 204U) << answer.text;
    events_.push({now_ + 1, device, false});
  }

  void deploy(DeploymentOrder order) {
    order.release = "releases/two";
    ASSERT_TRUE(deployments_.create(order, now_));
  }
  Deployment only() { return deployments_.list().value().at(0); }
  void print(const char* name) {
    const double seconds = static_cast<double>(spent_) / CLOCKS_PER_SEC;
    std::cout << name << ": " << devices_ << " devices, " << requests_ << " requests in " << seconds
              << " s of CPU, " << seconds / static_cast<double>(requests_) * 1e6 << " us each, "
              << (now_ - kNow) / 3600.0 << " h of fleet time, started " << only().started << ", committed "
              << only().committed << ", failed " << only().failed << ", state " << to_string(only().state)
              << "\n";
  }

  const std::size_t devices_ = fleet_size();
  const Bytes old_ = random_image(1, 200'000);
  const Bytes new_ = changed(old_);
  const std::array<ImageId, 2> id_of_ = {id_of(old_), id_of(new_)};
  std::int64_t now_ = kNow;
  TemporaryFolder folder_;
  TemporaryFolder database_folder_{memory_folder()};
  Builder builder_{folder_.path()};
  // In memory where that is a folder: what is measured is the server, not the disk.
  std::unique_ptr<Database> database_ = Database::open(test_database(database_folder_.path() / "db")).value();
  AdmissionStore admissions_{*database_};
  DeviceStore device_store_{*database_};
  ReportIntake reports_{*database_};
  JobStore jobs_{*database_};
  GroupStore groups_{*database_};
  DeploymentStore deployments_{*database_};
  std::unique_ptr<Catalogue> catalogue_ = make_catalogue();
  ContactLedger contacts_;
  DeviceApi api_{{*catalogue_, admissions_, device_store_, reports_, jobs_, groups_, deployments_, contacts_},
                 {},
                 [this] { return now_; },
                 {}};
  const std::vector<Route> routes_ = api_.routes();
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<bool> updated_ = std::vector<bool>(devices_, false);
  std::uint64_t requests_ = 0;
  std::clock_t spent_ = 0;  // of processor time, all threads
};

TEST_F(RolloutSimulation, AGoodReleaseReachesEveryDevicePhaseByPhase) {
  DeploymentOrder order;
  order.phases = parse_phases("20 10% 100%").value();
  order.spread = 3'600;
  deploy(order);
  std::vector<std::uint64_t> most(order.phases.size(), 0);
  live(
      2 * kDay, [](std::size_t device) { return device % 50 == 7; },  // two in a hundred fail, as ever
      [&](const Deployment& now) { most.at(now.phase) = std::max(most.at(now.phase), now.started); });
  print("good release");
  EXPECT_EQ(only().state, DeploymentState::kFinished);
  EXPECT_EQ(only().started, devices_);
  EXPECT_EQ(only().failed, devices_ / 50);
  EXPECT_LE(most[0], 20U);
  EXPECT_LE(most[1], devices_ * 15 / 100 + 20);
  EXPECT_EQ(static_cast<std::size_t>(std::count(updated_.begin(), updated_.end(), true)), only().committed);
}

TEST_F(RolloutSimulation, ABadReleaseStopsByItselfWithFewDevicesTouched) {
  DeploymentOrder order;
  order.phases = parse_phases("20 10% 100%").value();
  order.success_percent = 60;
  deploy(order);
  live(
      2 * 3'600, [](std::size_t device) { return device % 10 < 3; }, [](const Deployment&) {});
  print("bad release");
  EXPECT_EQ(only().state, DeploymentState::kPaused);
  EXPECT_EQ(only().phase, 0U);
  EXPECT_LE(only().started, 20U);
}

}  // namespace
}  // namespace skiff::server::test
