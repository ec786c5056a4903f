// The rules of a deployment as tables, and what the store makes of them.
#include "fleet/rollout.hpp"

#include "fleet/deployments.hpp"
#include "store/alarms.hpp"
#include "store/devices.hpp"
#include "tests/server/store/database_fixture.hpp"

namespace skiff::server::test {
namespace {

using State = DeviceProgress::State;
constexpr std::int64_t kMidnight = 1'795'046'400;  // a whole day since 1970 UTC
constexpr std::int64_t kHour = 3'600;
constexpr std::int64_t kDay = 24 * kHour;
constexpr Window kNight = {22 * kHour, 6 * kHour};

Deployment deployment(DeploymentOrder order = {}) {
  Deployment made;
  made.id = 1;
  made.order = std::move(order);
  return made;
}
DeploymentOrder in_window(Window window, std::int64_t begins = 0, std::int64_t spread = 0) {
  DeploymentOrder order;
  order.window = window;
  order.begins = begins;
  order.spread = spread;
  return order;
}
Deployment in_state(DeploymentState state) {
  Deployment made = deployment();
  made.state = state;
  return made;
}
Deployment first_five(std::uint64_t started) {
  DeploymentOrder order;
  order.phases = {{5, false}, Phase{}};
  Deployment made = deployment(order);
  made.started = started;
  return made;
}

TEST(Rollout, EveryNamedCaseIsJudgedAsTheTableSays) {
  const struct {
    const char* name;
    Deployment deployment;
    DeviceProgress progress;
    std::int64_t now;
    bool go;
    std::optional<std::int64_t> ask_again;
  } cases[] = {
      {"running", deployment(), {}, kMidnight, true, {}},
      {"finished, a device that comes late", in_state(DeploymentState::kFinished), {}, kMidnight, true, {}},
      {"paused, not begun", in_state(DeploymentState::kPaused), {}, kMidnight, false, {}},
      {"paused, begun", in_state(DeploymentState::kPaused), {State::kStarted, 1}, kMidnight, true, {}},
      {"aborted, begun", in_state(DeploymentState::kAborted), {State::kStarted, 1}, kMidnight, false, {}},
      {"failed, no more tries", deployment(), {State::kFailed, 1}, kMidnight, false, {}},
      {"the fifth of five", first_five(4), {}, kMidnight, true, {}},
      {"the sixth of five", first_five(5), {}, kMidnight, false, {}},
      {"one of five, again", first_five(5), {State::kStarted, 1}, kMidnight, true, {}},
      {"before its begin", deployment(in_window({}, kMidnight + 9)), {}, kMidnight, false, kMidnight + 9},
      {"in the window, before midnight", deployment(in_window(kNight)), {}, kMidnight - kHour, true, {}},
      {"in the window, after midnight", deployment(in_window(kNight)), {}, kMidnight + kHour, true, {}},
      {"the window's last second", deployment(in_window(kNight)), {}, kMidnight + 4 * kHour - 1, true, {}},
      {"the window has closed",
       deployment(in_window(kNight)),
       {},
       kMidnight + 4 * kHour,
       false,
       kMidnight + 22 * kHour},
      {"outside, but begun",
       deployment(in_window(kNight)),
       {State::kStarted, 1},
       kMidnight + 5 * kHour,
       true,
       {}},
  };
  for (const auto& c : cases) {
    const Verdict verdict = judge(c.deployment, c.progress, "d1", c.now);
    EXPECT_EQ(verdict.go, c.go) << c.name;
    EXPECT_EQ(verdict.ask_again, c.ask_again) << c.name;
    EXPECT_EQ(verdict.reason.empty(), c.go) << c.name;
  }
}

TEST(Rollout, AFailedDeviceHasAsManyTriesAsItWasGiven) {
  Deployment twice = deployment();
  twice.order.attempts = 2;
  EXPECT_TRUE(judge(twice, {State::kFailed, 1}, "d1", kMidnight).go);
  EXPECT_FALSE(judge(twice, {State::kFailed, 2}, "d1", kMidnight).go);
}

TEST(Rollout, AFailedDeviceWaitsTwiceAsLongWithEachFailureAndAtMostADay) {
  const struct {
    std::int64_t retry_after;
    std::int64_t failures;
    std::int64_t delay;
  } cases[] = {{0, 5, 0},       {60, 1, 60},         {60, 2, 120},      {60, 4, 480},     {60, 100, kDay},
               {kDay, 1, kDay}, {2 * kDay, 1, kDay}, {50'000, 2, kDay}, {43'200, 2, kDay}};
  for (const auto& c : cases) {
    EXPECT_EQ(retry_delay(c.retry_after, c.failures), c.delay) << c.retry_after << ", " << c.failures;
  }
  Deployment patient = deployment();
  patient.order.attempts = 3;
  patient.order.retry_after = 60;
  const DeviceProgress failed_twice = {State::kFailed, 2, kMidnight};
  const Verdict early = judge(patient, failed_twice, "d1", kMidnight + 119);
  EXPECT_FALSE(early.go);
  EXPECT_EQ(early.ask_again, kMidnight + 120);
  EXPECT_TRUE(judge(patient, failed_twice, "d1", kMidnight + 120).go);
  EXPECT_FALSE(judge(patient, {State::kFailed, 3, kMidnight}, "d1", kMidnight + 9 * kDay).ask_again);
}

TEST(Rollout, APercentageReachesThatShareAndKeepsItWhenItGrows) {
  std::size_t ten = 0;
  std::size_t thirty = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string serial = "SN-" + std::to_string(i);
    const bool in_ten = reaches({10, true}, 1, serial);
    const bool in_thirty = reaches({30, true}, 1, serial);
    ten += in_ten ? 1 : 0;
    thirty += in_thirty ? 1 : 0;
    EXPECT_TRUE(!in_ten || in_thirty) << serial;
    EXPECT_TRUE(reaches({100, true}, 1, serial)) << serial;
  }
  EXPECT_NEAR(static_cast<double>(ten), 1'000, 100);
  EXPECT_NEAR(static_cast<double>(thirty), 3'000, 150);
}

TEST(Rollout, StartSlotsAreSpreadEvenlyFromTheOpening) {
  const Deployment spread = deployment(in_window(kNight, 0, kHour));
  const std::int64_t opens = kMidnight - 2 * kHour;
  std::array<int, 4> quarters{};
  for (int i = 0; i < 4'000; ++i) {
    const Verdict verdict = judge(spread, {}, "SN-" + std::to_string(i), opens);
    const std::int64_t slot = verdict.ask_again.value_or(opens) - opens;
    ASSERT_LT(slot, kHour);
    quarters.at(static_cast<std::size_t>(slot / (kHour / 4))) += 1;
  }
  for (const int count : quarters) EXPECT_NEAR(count, 1'000, 120);
}

TEST(Rollout, FailuresPauseFromThreeOfTheFirstTwentyOn) {
  Deployment made = deployment();
  made.failed = 2;
  EXPECT_FALSE(fails_too_often(made));
  made.failed = 3;
  EXPECT_TRUE(fails_too_often(made));
  made.committed = 27;
  EXPECT_FALSE(fails_too_often(made));
}

TEST(Rollout, PhasesAndWindowsAreReadStrictly) {
  EXPECT_EQ(to_string(parse_phases("5  10% 100%").value()), "5 10% 100%");
  for (const char* text : {"", "5", "10%", "0 100%", "101% 100%", "-1 100%", "a 100%", "100% 5"}) {
    EXPECT_FALSE(parse_phases(text)) << text;
  }
  EXPECT_EQ(parse_window("22:00-04:00").value(), kNight);
  EXPECT_EQ(parse_window("").value(), Window{});
  for (const char* text :
       {"22:00", "22:00-22:00", "24:00-01:00", "2:00-3:00", "22:00-04:00x", "22-00-04-00"}) {
    EXPECT_FALSE(parse_window(text)) << text;
  }
}

class DeploymentTest : public StoreTest {
 protected:
  void check_in(const std::string& serial, const std::string& version = "1.0") {
    ASSERT_TRUE(
        DeviceStore(*database_).check_in({serial, "k", "f", "gw1", {}, version, 0, "0.1.0", "IDLE"}, 1));
  }
  bool goes(const std::string& serial, const std::string& version = "1.0") {
    return store().offer("releases/two", {serial, "gw1", version, "0.1.0"}, kMidnight).value().verdict.go;
  }
  bool goes_at(const std::string& serial, std::int64_t now) {
    return store().offer("releases/two", {serial, "gw1", "1.0", "0.1.0"}, now).value().verdict.go;
  }
  std::int64_t create(const std::string& phases = "100%", const std::string& group = "") {
    DeploymentOrder order;
    order.release = "releases/two";
    order.group = group;
    order.phases = parse_phases(phases).value();
    return store().create(order, kMidnight).value();
  }
  void report_at(const std::string& serial, bool committed, std::int64_t now) {
    const auto recorded = database_->transact("test", [&](soci::session& sql) {
      return record_outcome(sql, "releases/two", serial, {committed, now});
    });
    ASSERT_TRUE(recorded) << recorded.error().text();
  }
  void report(const std::string& serial, bool committed) { report_at(serial, committed, kMidnight); }
  std::uint64_t advance(std::int64_t now = kMidnight) {
    return store().advance([](const std::string&) { return std::vector<std::string>{"gw1"}; }, now).value();
  }
  Deployment only() { return store().list().value().at(0); }
  DeploymentStore& store() {
    if (!store_) store_ = std::make_unique<DeploymentStore>(*database_);
    return *store_;
  }

  std::unique_ptr<DeploymentStore> store_;
};

TEST_F(DeploymentTest, AReleaseWithoutADeploymentIsNotGoverned) {
  create();
  EXPECT_TRUE(store().offer("releases/two", {"d1", "gw1", "", ""}, kMidnight).value().governed);
  EXPECT_FALSE(store().offer("releases/one", {"d1", "gw1", "", ""}, kMidnight).value().governed);
}

TEST_F(DeploymentTest, GroupsAreListedOrFiltered) {
  GroupStore groups(*database_);
  ASSERT_TRUE(groups.put({"labs", ""}));
  ASSERT_TRUE(groups.add("labs", {"d1", "d2"}));
  ASSERT_TRUE(groups.put({"old-eu", "serial=EU-* version!=2.0"}));
  create("100%", "labs");
  EXPECT_TRUE(goes("d1"));
  EXPECT_FALSE(goes("d3"));
  create("100%", "old-eu");
  EXPECT_TRUE(goes("EU-1"));
  EXPECT_FALSE(goes("EU-2", "2.0"));
  EXPECT_FALSE(goes("US-1"));
  ASSERT_TRUE(groups.take_out("labs", {"d2"}));
  EXPECT_FALSE(goes("d2"));
  for (const char* serial : {"d1", "d2", "EU-1", "US-1"}) check_in(serial);
  EXPECT_EQ(groups.members("labs").value(), std::vector<std::string>{"d1"});
  EXPECT_EQ(groups.members("old-eu").value(), std::vector<std::string>{"EU-1"});
}

TEST_F(DeploymentTest, OddGroupsAreRefused) {
  GroupStore groups(*database_);
  ASSERT_TRUE(groups.put({"filtered", "hardware=gw1"}));
  EXPECT_EQ(groups.add("filtered", {"d1"}).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(groups.add("none", {"d1"}).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(groups.put({"a b", ""}).error().kind, ErrorKind::kUsage);
  for (const char* filter : {"colour=red", "hardware", "=gw1", "!=gw1", " "}) {
    EXPECT_EQ(groups.put({"odd", filter}).error().kind, ErrorKind::kUsage) << filter;
  }
  DeploymentOrder order;
  order.group = "none";
  EXPECT_EQ(store().create(order, 1).error().kind, ErrorKind::kNotFound);
}

TEST_F(DeploymentTest, EveryChangeOfGroupsAndDeploymentsMovesTheEpoch) {
  GroupStore groups(*database_);
  std::set<std::uint64_t> seen = {groups.epoch().value()};
  ASSERT_TRUE(groups.put({"g", ""}));
  seen.insert(groups.epoch().value());
  ASSERT_TRUE(groups.add("g", {"d1"}));
  seen.insert(groups.epoch().value());
  const std::int64_t id = create("1 100%", "g");
  seen.insert(groups.epoch().value());
  ASSERT_TRUE(store().set_state(id, DeploymentState::kPaused, "", kMidnight));
  seen.insert(groups.epoch().value());
  EXPECT_EQ(seen.size(), 5U);
}

TEST_F(DeploymentTest, AFirstPhaseIsAsLargeAsItWasToldAndTheNextBeginsWhenItCommitted) {
  for (const char* serial : {"d1", "d2", "d3", "d4"}) check_in(serial);
  create("2 100%");
  EXPECT_TRUE(goes("d1"));
  EXPECT_TRUE(goes("d2"));
  EXPECT_TRUE(goes("d1"));
  EXPECT_FALSE(goes("d3"));
  report("d1", true);
  EXPECT_EQ(advance(), 0U);
  report("d2", true);
  EXPECT_EQ(advance(), 1U);
  EXPECT_TRUE(goes("d3"));
  EXPECT_TRUE(goes("d4"));
  report("d3", true);
  report("d4", false);
  EXPECT_EQ(advance(), 1U);
  EXPECT_EQ(only().state, DeploymentState::kFinished);
  EXPECT_EQ(only().committed, 3U);
  EXPECT_EQ(only().failed, 1U);
}

TEST_F(DeploymentTest, ADeviceThatFailedStartsAgainAfterItsDelayAndNotBefore) {
  DeploymentOrder order;
  order.release = "releases/two";
  order.attempts = 3;
  order.retry_after = 60;
  ASSERT_TRUE(store().create(order, kMidnight));
  std::int64_t now = kMidnight;
  for (const std::int64_t delay : {60, 120}) {
    EXPECT_TRUE(goes_at("d1", now));
    report_at("d1", false, now);
    EXPECT_FALSE(goes_at("d1", now + delay - 1));
    now += delay;
  }
  EXPECT_TRUE(goes_at("d1", now));
  report_at("d1", false, now);
  EXPECT_FALSE(goes_at("d1", now + 9 * kDay));
  EXPECT_EQ(only().order.retry_after, 60);
}

TEST_F(DeploymentTest, TooManyFailuresPauseItAndRaiseAnAlarmAndAnOperatorResumes) {
  const std::int64_t id = create();
  for (const char* serial : {"d1", "d2", "d3"}) {
    EXPECT_TRUE(goes(serial));
    report(serial, false);
    report(serial, false);  // told twice, counted once
  }
  EXPECT_EQ(only().state, DeploymentState::kPaused);
  EXPECT_EQ(only().reason, "3 of 3 devices failed");
  EXPECT_EQ(AlarmStore(*database_).list().value().at(0).kind, kFailingDeployment);
  EXPECT_FALSE(goes("d4"));
  ASSERT_TRUE(store().set_state(id, DeploymentState::kRunning, "", kMidnight));
  EXPECT_TRUE(goes("d4"));
  EXPECT_FALSE(goes("d1"));
}

TEST_F(DeploymentTest, WhatWasAbortedIsWithdrawnFromThoseItWasBegunOnAndStaysSo) {
  const std::int64_t id = create();
  EXPECT_TRUE(goes("d1"));
  EXPECT_FALSE(store().is_withdrawn("releases/two", "d1").value());
  ASSERT_TRUE(store().set_state(id, DeploymentState::kAborted, "", kMidnight));
  EXPECT_TRUE(store().is_withdrawn("releases/two", "d1").value());
  EXPECT_FALSE(store().is_withdrawn("releases/two", "d2").value());
  EXPECT_FALSE(goes("d1"));
  EXPECT_EQ(store().set_state(id, DeploymentState::kRunning, "", kMidnight).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(store().set_state(id + 1, DeploymentState::kRunning, "", kMidnight).error().kind,
            ErrorKind::kNotFound);
}

TEST_F(DeploymentTest, OfTwoDeploymentsOneThatLetsTheDeviceGoIsEnough) {
  GroupStore groups(*database_);
  ASSERT_TRUE(groups.put({"labs", ""}));
  ASSERT_TRUE(groups.add("labs", {"d9"}));
  create("1 100%");
  EXPECT_TRUE(goes("d1"));
  EXPECT_FALSE(goes("d9"));
  create("100%", "labs");
  EXPECT_TRUE(goes("d9"));
  EXPECT_FALSE(goes("d2"));
}

}  // namespace
}  // namespace skiff::server::test
