// What raises an alarm as time passes.
#include "fleet/watch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "access/x509.hpp"
#include "fleet/budget.hpp"
#include "fleet/report_intake.hpp"
#include "store/alarms.hpp"
#include "store/audit.hpp"
#include "store/catalogue.hpp"
#include "store/devices.hpp"
#include "store/webhooks.hpp"
#include "tests/server/fleet_files.hpp"
#include "tests/server/release_builder.hpp"
#include "tests/server/store/test_database.hpp"

namespace skiff::server::test {
namespace {

constexpr std::int64_t kDay = 86'400;

class WatchTest : public ::testing::Test {
 protected:
  std::vector<std::string> alarms_after(std::int64_t now) {
    const auto looked = watch_.look(now);
    EXPECT_TRUE(looked) << looked.error().text();
    std::vector<std::string> found;
    const auto alarms = AlarmStore(*database_).list().value();
    for (const Alarm& alarm : alarms) {
      found.push_back(std::string(severity_of(alarm.kind)) + " " + alarm.kind + " " + alarm.subject + ": " +
                      alarm.detail);
    }
    return found;
  }

  static std::size_t count(const std::string& log) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = log.find("event=daily-summary", at)) != std::string::npos; ++at) ++found;
    return found;
  }
  /// How many days are summed up, which logged_ tells of.
  std::size_t summaries(Watch& watch, std::int64_t now) {
    ::testing::internal::CaptureStderr();
    EXPECT_TRUE(watch.look(now));
    logged_ = ::testing::internal::GetCapturedStderr();
    return count(logged_);
  }

  std::string logged_;
  FleetFiles files_;
  Builder builder_{files_.folder()};
  std::unique_ptr<Catalogue> catalogue_ = Catalogue::open(builder_.repository()).value();
  const std::string url_ = test_database(files_.folder() / "db");
  std::unique_ptr<Database> database_ = Database::open(url_).value();
  std::unique_ptr<Signer> key_ = generate_ed25519().value();
  AuditLog audit_{*database_, *key_};
  Watch watch_{{*database_, audit_, *catalogue_, files_.ca()}, {}};
};

TEST_F(WatchTest, AllIsWellWithANewFleet) {
  ASSERT_TRUE(audit_.append({0, kNow, "ann", "/v1/x", "", ""}));
  EXPECT_TRUE(alarms_after(kNow).empty());
}

TEST_F(WatchTest, DevicesThatFellSilentAreCounted) {
  DeviceStore devices(*database_);
  for (const char* serial : {"d2", "d1", "d3"}) {
    ASSERT_TRUE(devices.check_in({serial, "k", "f", "gw1", {}, "1", 1, "0.1.0", "IDLE"}, kNow));
  }
  ASSERT_TRUE(devices.add_contacts({{"d3", {1, kNow + 1, {}}}}));
  EXPECT_TRUE(alarms_after(kNow + 7 * kDay - 1).empty());
  EXPECT_EQ(
      alarms_after(kNow + 7 * kDay),
      std::vector<std::string>{"warning stale-devices devices: 2 not heard of for 7 days, the first is d1"});
}

TEST_F(WatchTest, DevicesThatWaitForAFullImageAreCountedByRelease) {
  DeviceStore devices(*database_);
  for (const char* serial : {"d1", "d2", "d3", "d4"}) {
    ASSERT_TRUE(devices.check_in({serial, "k", "f", "gw1", {}, "1", 1, "0.1.0", "IDLE"}, kNow));
  }
  const std::string reason = metered_reason(FullCause::kUnknownBase);
  ASSERT_TRUE(devices.hold("d1", {"releases/two", "not yet"}));
  for (const char* serial : {"d2", "d3"}) ASSERT_TRUE(devices.hold(serial, {"releases/two", reason}));
  ASSERT_TRUE(devices.hold("d4", {"releases/three", reason}));
  const std::string wait = " devices on metered links wait for a full image, the first is ";
  EXPECT_EQ(alarms_after(kNow),
            (std::vector<std::string>{"warning metered-full releases/three: 1" + wait + "d4",
                                      "warning metered-full releases/two: 2" + wait + "d2"}));
  for (const char* serial : {"d2", "d3", "d4"}) {
    const auto held = devices.check_in({serial, "k", "f", "gw1", {}, "1", 1, "0.1.0", "IDLE"}, kNow);
    EXPECT_EQ(held.value().reason, reason);
    ASSERT_TRUE(devices.hold(serial, {}));
  }
  const auto raised = AlarmStore(*database_).list().value();
  for (const Alarm& alarm : raised) {
    ASSERT_TRUE(AlarmStore(*database_).clear(alarm.kind, alarm.subject, kNow));
  }
  EXPECT_TRUE(alarms_after(kNow).empty());
}

TEST_F(WatchTest, ADiskIsFillingWhenLessThanATwentiethIsLeft) {
  EXPECT_FALSE(is_filling({"state", 50, 1'000}));
  EXPECT_TRUE(is_filling({"state", 49, 1'000}));
  EXPECT_FALSE(is_filling({"state", 0, 0}));  // a file system without a size
  const auto spaces = space_of({{"state", files_.folder()}, {"none", files_.folder() / "none"}});
  ASSERT_EQ(spaces.size(), 1U);
  EXPECT_EQ(spaces[0].name, "state");
  EXPECT_GE(spaces[0].capacity, spaces[0].available);
}

TEST_F(WatchTest, AChangeOfTheAuditLogIsSeen) {
  ASSERT_TRUE(audit_.append({0, kNow, "ann", "/v1/x", "", ""}));
  ASSERT_TRUE(
      database_->transact("edit", [](soci::session& sql) { sql << "UPDATE audit_log SET who = 'bob'"; }));
  const auto alarms = alarms_after(kNow);
  ASSERT_EQ(alarms.size(), 1U);
  EXPECT_TRUE(alarms[0].starts_with("critical audit-broken audit log: ")) << alarms[0];
}

TEST_F(WatchTest, WhatRunsOutIsToldAMonthBefore) {
  const std::int64_t end = certificate_end(certificate_file(files_.ca(), kServerLeaf)).value();
  const auto has = [&](const std::vector<std::string>& alarms, const std::string& text) {
    return std::find(alarms.begin(), alarms.end(), text) != alarms.end();
  };
  const std::string soon = "warning expiring certificate server: runs out in 30 days";
  EXPECT_FALSE(has(alarms_after(end - 30 * kDay - 1), soon));
  EXPECT_TRUE(has(alarms_after(end - 30 * kDay), soon));
  const auto at_last = alarms_after(kNow + 40 * 365 * kDay);
  for (const char* what : {"certificate server", "certificate server-ca", "certificate device-ca",
                           "metadata root", "metadata targets", "metadata releases"}) {
    EXPECT_TRUE(has(at_last, "warning expiring " + std::string(what) + ": has run out")) << what;
  }
}

TEST_F(WatchTest, ADayIsSummedUpOnceWhenItIsOver) {
  DeviceStore devices(*database_);
  ASSERT_TRUE(devices.check_in({"d1", "k", "f", "gw1", {}, "1", 1, "0.1.0", "IDLE"}, kNow));
  EXPECT_EQ(summaries(watch_, kNow), 0U);
  const std::int64_t midnight = (kNow / kDay + 1) * kDay;
  EXPECT_EQ(summaries(watch_, midnight - 1), 0U);
  EXPECT_EQ(summaries(watch_, midnight), 1U);
  EXPECT_NE(logged_.find("event=daily-summary day=" + date_text(kNow / kDay) +
                         " devices=1 in-contact=1 committed=0 failed=0 bytes=0 alarms=0"),
            std::string::npos)
      << logged_;
  EXPECT_EQ(summaries(watch_, midnight + 3'600), 0U);
}

TEST_F(WatchTest, ADayThatEndedWhileNoServerRanIsSummedUpByTheNext) {
  EXPECT_EQ(summaries(watch_, kNow), 0U);
  ReportIntake reports(*database_);
  Report report;
  report.outcome = "committed";
  for (const std::int64_t time : {kNow, kNow + kDay, kNow + kDay}) {
    report.id += "1";
    report.wire_bytes = 100;
    ASSERT_TRUE(reports.take("d1", report, 0, time));
  }
  Watch restarted{{*database_, audit_, *catalogue_, files_.ca()}, {}};
  EXPECT_EQ(summaries(restarted, kNow + 2 * kDay), 2U);
  for (const char* counts : {"committed=1 failed=0 bytes=100", "committed=2 failed=0 bytes=200"}) {
    EXPECT_NE(logged_.find(counts), std::string::npos) << logged_;
  }
  EXPECT_EQ(summaries(watch_, kNow + 2 * kDay), 0U);
  EXPECT_EQ(summaries(watch_, kNow + 100 * kDay), 7U);
}

TEST_F(WatchTest, AClockThatWasWrongDoesNotEndTheSummaries) {
  EXPECT_EQ(summaries(watch_, kNow + 400 * kDay), 0U);
  EXPECT_EQ(summaries(watch_, kNow), 0U);
  EXPECT_EQ(summaries(watch_, kNow + kDay), 1U);
}

TEST_F(WatchTest, OfServersThatLookAtOnceOneSumsUpTheDay) {
  EXPECT_EQ(summaries(watch_, kNow), 0U);
  ASSERT_TRUE(WebhookStore(*database_).add("https://hooks.example/", {"summary.daily"}, kNow));
  ::testing::internal::CaptureStderr();
  std::vector<std::thread> servers;
  for (int i = 0; i < 4; ++i) {
    servers.emplace_back([&] {
      const auto own = Database::open(url_).value();
      AuditLog audit(*own, *key_);
      const auto looked = Watch({*own, audit, *catalogue_, files_.ca()}, {}).look(kNow + kDay);
      EXPECT_TRUE(looked) << looked.error().text();
    });
  }
  for (std::thread& server : servers) server.join();
  EXPECT_EQ(count(::testing::internal::GetCapturedStderr()), 1U);
  EXPECT_EQ(WebhookStore(*database_).list().value().at(0).waiting, 1U);
}

}  // namespace
}  // namespace skiff::server::test
