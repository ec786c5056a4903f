// The stores over SQLite: devices, reports and jobs, and what survives a restart.
#include <gtest/gtest.h>

#include <fstream>

#include "skiff/trust.hpp"
#include "store/devices.hpp"
#include "store/jobs.hpp"
#include "store/reports.hpp"
#include "tests/server/store/database_fixture.hpp"

namespace skiff::server::test {
namespace {

ImageId image(std::string_view name) { return {name.size(), sha256(as_bytes(name))}; }
ImagePair pair(std::string_view base, std::string_view result) { return {image(base), image(result)}; }

DeviceStatus status(std::string serial, std::string fingerprint) {
  return {std::move(serial), "k", std::move(fingerprint), "gw1", image("a"), "1.0", 7, "0.1.0", "IDLE"};
}

TEST_F(StoreTest, ADeviceIsRememberedAsItLastWas) {
  DeviceStore devices(*database_);
  ASSERT_TRUE(devices.check_in(status("d1", "f"), 100));
  DeviceStatus later = status("d1", "f");
  later.version = "2.0";
  ASSERT_TRUE(devices.check_in(later, 200));
  ASSERT_TRUE(devices.add_wire_bytes({{"d1", {10, 20}}, {"nobody", {1, 1}}}));
  ASSERT_TRUE(devices.add_wire_bytes({{"d1", {1, 2}}}));
  reopen();
  const auto list = DeviceStore(*database_).list().value();
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].status.version, "2.0");
  EXPECT_EQ(list[0].status.image, image("a"));
  EXPECT_EQ(list[0].status.counter_floor, 7U);
  EXPECT_EQ(list[0].first_contact, 100);
  EXPECT_EQ(list[0].last_contact, 200);
  EXPECT_EQ(list[0].check_ins, 2U);
  EXPECT_EQ(list[0].wire.received, 11U);
  EXPECT_EQ(list[0].wire.sent, 22U);
}

TEST_F(StoreTest, TextThatLooksLikeSqlIsText) {
  DeviceStore devices(*database_);
  const std::string odd = "'); DROP TABLE devices; --";
  DeviceStatus strange = status("d1", "f");
  strange.version = odd;
  ASSERT_TRUE(devices.check_in(strange, 1));
  EXPECT_EQ(devices.list().value()[0].status.version, odd);
}

TEST_F(StoreTest, AFullDiskIsAnErrorAndTheStoreGoesOnWhenThereIsRoomAgain) {
  const auto limit_pages = [&](const std::string& pages) {
    ASSERT_TRUE(
        database_->transact("limit", [&](soci::session& sql) { sql << "PRAGMA max_page_count = " + pages; }));
  };
  ReportStore reports(*database_);
  limit_pages("1");  // as many as there are: SQLite says that the disk is full when it needs one more
  Report report;
  report.checks = std::string(1 << 20, 'x');
  report.id = "full";
  const auto refused = reports.add("d1", report, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kIo);
  EXPECT_NE(refused.error().text().find("full"), std::string::npos);
  EXPECT_TRUE(reports.list().value().empty());
  limit_pages("1000000");
  EXPECT_TRUE(reports.add("d1", report, 2).value());
}

TEST_F(StoreTest, AReportIsKeptOncePerDevice) {
  ReportStore reports(*database_);
  Report report;
  report.id = "0123";
  report.outcome = "committed";
  Report again = report;
  again.outcome = "failed";
  EXPECT_TRUE(reports.add("d1", report, 1).value());
  EXPECT_FALSE(reports.add("d1", again, 2).value());
  EXPECT_TRUE(reports.add("d2", again, 3).value());
  reopen();
  const auto list = ReportStore(*database_).list().value();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].report.outcome, "committed");
  EXPECT_EQ(list[1].serial, "d2");
}

TEST_F(StoreTest, JobsAreTakenByUrgencyThenAge) {
  JobStore jobs(*database_);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kBackgroundPriority, 1));
  ASSERT_TRUE(jobs.enqueue(pair("b", "z"), kDevicePriority, 3));
  ASSERT_TRUE(jobs.enqueue(pair("c", "z"), kDevicePriority, 2));
  EXPECT_EQ(jobs.claim(9).value()->pair, pair("c", "z"));
  EXPECT_EQ(jobs.claim(9).value()->pair, pair("b", "z"));
  ASSERT_TRUE(jobs.finish(pair("b", "z"), JobState::kDone, 5, 9));
  ASSERT_TRUE(jobs.finish(pair("c", "z"), JobState::kDone, 5, 9));
  EXPECT_EQ(jobs.claim(9).value()->pair, pair("a", "z"));
  EXPECT_EQ(jobs.claim(9).value(), std::nullopt);
}

TEST_F(StoreTest, ABackgroundJobWaitsWhileADevicesIsMade) {
  JobStore jobs(*database_);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kBackgroundPriority, 1));
  ASSERT_TRUE(jobs.enqueue(pair("b", "z"), kDevicePriority, 2));
  EXPECT_EQ(jobs.claim(9).value()->pair, pair("b", "z"));
  EXPECT_EQ(jobs.claim(9).value(), std::nullopt);
  ASSERT_TRUE(jobs.finish(pair("b", "z"), JobState::kDone, 5, 9));
  EXPECT_EQ(jobs.claim(9).value()->pair, pair("a", "z"));
}

TEST_F(StoreTest, OnlyAnotherJobThatIsDueOvertakes) {
  JobStore jobs(*database_);
  const auto overtaken = [&] { return jobs.device_waits_for_other(pair("a", "z"), 9).value(); };
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 1));
  ASSERT_TRUE(jobs.enqueue(pair("b", "z"), kBackgroundPriority, 1));
  EXPECT_FALSE(overtaken());
  ASSERT_TRUE(jobs.enqueue(pair("b", "z"), kDevicePriority, 2));
  EXPECT_TRUE(overtaken());
  ASSERT_TRUE(jobs.claim(9).value());
  ASSERT_TRUE(jobs.claim(9).value());
  EXPECT_TRUE(overtaken());
  ASSERT_TRUE(jobs.record_failure(pair("b", "z"), "no space", 9));
  EXPECT_FALSE(overtaken());
}

TEST_F(StoreTest, ThereAreNeverTwoJobsForAPair) {
  JobStore jobs(*database_);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kBackgroundPriority, 1));
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 2));
  EXPECT_EQ(jobs.list().value().size(), 1U);
  EXPECT_EQ(jobs.claim(9).value()->priority, kDevicePriority);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 3));
  EXPECT_EQ(jobs.claim(9).value(), std::nullopt);  // it is running
}

TEST_F(StoreTest, AJobThatWasRunningIsQueuedAgainAfterARestart) {
  {
    JobStore jobs(*database_);
    ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 1));
    ASSERT_TRUE(jobs.claim(1).value());
  }
  reopen();
  JobStore jobs(*database_);
  EXPECT_EQ(jobs.claim(2).value(), std::nullopt);
  EXPECT_EQ(jobs.recover().value(), 1U);
  EXPECT_EQ(jobs.claim(2).value()->attempts, 2);
}

TEST_F(StoreTest, AFailedJobWaitsLongerEachTimeAndIsAbandonedAtLast) {
  JobStore jobs(*database_);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 0));
  std::int64_t now = 0;
  std::int64_t last_wait = 0;
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    ASSERT_TRUE(jobs.claim(now).value()) << attempt;
    ASSERT_TRUE(jobs.record_failure(pair("a", "z"), "no space", now));
    const DeltaJob job = jobs.list().value()[0];
    EXPECT_EQ(job.error, "no space");
    EXPECT_EQ(jobs.claim(job.not_before - 1).value(), std::nullopt);
    EXPECT_GE(job.not_before - now, last_wait);
    last_wait = job.not_before - now;
    now = job.not_before;
  }
  EXPECT_EQ(jobs.list().value()[0].state, JobState::kAbandoned);
  EXPECT_EQ(jobs.claim(now).value(), std::nullopt);
  EXPECT_TRUE(jobs.settled().value().contains(pair("a", "z")));
}

TEST_F(StoreTest, ACancelledJobIsAsIfItHadNotBegun) {
  JobStore jobs(*database_);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 0));
  ASSERT_TRUE(jobs.claim(0).value());
  ASSERT_TRUE(jobs.give_back(pair("a", "z")));
  EXPECT_EQ(jobs.claim(0).value()->attempts, 1);
}

TEST_F(StoreTest, ADoneJobIsQueuedAgainWhereItsDeltaIsMissed) {
  JobStore jobs(*database_);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 0));
  ASSERT_TRUE(jobs.finish(pair("a", "z"), JobState::kDone, 5, 1));
  EXPECT_TRUE(jobs.settled().value().empty());
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 2));
  EXPECT_TRUE(jobs.claim(2).value());
}

TEST_F(StoreTest, AJobNotWorthPublishingIsNotMadeAgain) {
  JobStore jobs(*database_);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 0));
  ASSERT_TRUE(jobs.finish(pair("a", "z"), JobState::kNotSmaller, 5, 1));
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 2));
  EXPECT_EQ(jobs.claim(2).value(), std::nullopt);
  EXPECT_TRUE(jobs.settled().value().contains(pair("a", "z")));
}

TEST_F(StoreTest, ADatabaseOfANewerProgramIsLeftAlone) {
  ASSERT_TRUE(database_->transact(
      "test", [](soci::session& sql) { sql << "INSERT INTO schema_version (version) VALUES (99)"; }));
  const auto opened = Database::open(folder_.path() / "db");
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("newer"), std::string::npos);
}

TEST_F(StoreTest, AFileThatIsNoDatabaseIsRefused) {
  std::ofstream(folder_.path() / "odd") << std::string(5'000, 'x');
  EXPECT_FALSE(Database::open(folder_.path() / "odd"));
}

TEST_F(StoreTest, WhatThrewIsRolledBack) {
  DeviceStore devices(*database_);
  const auto outcome = database_->transact("test", [](soci::session& sql) {
    sql << "INSERT INTO devices SELECT 'd9', 'accepted', '', '', '', 0, '', 0, '', '', 0, 0, 0, 0, 0";
    sql << "no statement";
  });
  EXPECT_FALSE(outcome);
  EXPECT_TRUE(devices.list().value().empty());
}

}  // namespace
}  // namespace skiff::server::test
