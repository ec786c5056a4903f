// What raises an alarm as time passes.
#include "fleet/watch.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "access/x509.hpp"
#include "store/alarms.hpp"
#include "store/audit.hpp"
#include "store/catalogue.hpp"
#include "store/devices.hpp"
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

  FleetFiles files_;
  Builder builder_{files_.folder()};
  std::unique_ptr<Catalogue> catalogue_ = Catalogue::open(builder_.repository()).value();
  std::unique_ptr<Database> database_ = Database::open(test_database(files_.folder() / "db")).value();
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

TEST_F(WatchTest, ADayIsSummedUpWhenItIsOver) {
  DeviceStore devices(*database_);
  ASSERT_TRUE(devices.check_in({"d1", "k", "f", "gw1", {}, "1", 1, "0.1.0", "IDLE"}, kNow));
  const auto logged = [&](std::int64_t now) {
    ::testing::internal::CaptureStderr();
    alarms_after(now);
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(logged(kNow).find("daily-summary"), std::string::npos);
  const std::string next = logged((kNow / kDay + 1) * kDay);
  EXPECT_NE(next.find("event=daily-summary devices=1 in-contact=1 committed=0 failed=0 bytes=0 alarms=0"),
            std::string::npos)
      << next;
  EXPECT_EQ(logged((kNow / kDay + 1) * kDay + 3'600).find("daily-summary"), std::string::npos);
}

}  // namespace
}  // namespace skiff::server::test
