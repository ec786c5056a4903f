// The stores: devices, reports and jobs, and what survives a restart.
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <thread>

#include "fleet/report_intake.hpp"
#include "skiff/trust.hpp"
#include "store/devices.hpp"
#include "store/jobs.hpp"
#include "store/reports.hpp"
#include "tests/server/store/database_fixture.hpp"

namespace skiff::server::test {
namespace {

ImageId image(std::string_view name) { return {name.size(), sha256(as_bytes(name))}; }
ImagePair pair(std::string_view base, std::string_view result) { return {image(base), image(result)}; }
const std::string kWorker = "worker-1";
const Error kHopeless = {ErrorKind::kMismatch, "", "another image"};

DeviceStatus status(std::string serial, std::string fingerprint) {
  return {std::move(serial), "k", std::move(fingerprint), "gw1", image("a"), "1.0", 7, "0.1.0", "IDLE"};
}

TEST_F(StoreTest, ADeviceIsRememberedAsItLastWas) {
  DeviceStore devices(*database_);
  ASSERT_TRUE(devices.check_in(status("d1", "f"), 100));
  DeviceStatus later = status("d1", "f");
  later.version = "2.0";
  ASSERT_TRUE(devices.check_in(later, 200));
  ASSERT_TRUE(devices.add_contacts({{"d1", {0, 0, {10, 20}}}, {"nobody", {1, 1, {1, 1}}}}));
  ASSERT_TRUE(devices.add_contacts({{"d1", {3, 300, {1, 2}}}}));
  reopen();
  const auto list = DeviceStore(*database_).list().value();
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].status.version, "2.0");
  EXPECT_EQ(list[0].status.image, image("a"));
  EXPECT_EQ(list[0].status.counter_floor, 7U);
  EXPECT_EQ(list[0].first_contact, 100);
  EXPECT_EQ(list[0].last_contact, 300);
  EXPECT_EQ(list[0].check_ins, 5U);
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

TEST_F(StoreTest, AReportIsKeptOncePerDevice) {
  ReportIntake reports(*database_);
  Report report;
  report.id = "0123";
  report.outcome = "committed";
  Report again = report;
  again.outcome = "failed";
  EXPECT_TRUE(reports.take("d1", report, 0, 1).value());
  EXPECT_FALSE(reports.take("d1", again, 0, 2).value());
  EXPECT_TRUE(reports.take("d2", again, 0, 3).value());
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
  const DeltaJob c = jobs.claim(kWorker, 9).value().value();
  const DeltaJob b = jobs.claim(kWorker, 9).value().value();
  EXPECT_EQ(c.pair, pair("c", "z"));
  EXPECT_EQ(b.pair, pair("b", "z"));
  ASSERT_TRUE(jobs.finish(b, JobState::kDone, 5, 9));
  ASSERT_TRUE(jobs.finish(c, JobState::kDone, 5, 9));
  EXPECT_EQ(jobs.claim(kWorker, 9).value()->pair, pair("a", "z"));
  EXPECT_EQ(jobs.claim(kWorker, 9).value(), std::nullopt);
}

TEST_F(StoreTest, ABackgroundJobWaitsWhileADevicesIsMade) {
  JobStore jobs(*database_);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kBackgroundPriority, 1));
  ASSERT_TRUE(jobs.enqueue(pair("b", "z"), kDevicePriority, 2));
  const DeltaJob b = jobs.claim(kWorker, 9).value().value();
  EXPECT_EQ(b.pair, pair("b", "z"));
  EXPECT_EQ(jobs.claim(kWorker, 9).value(), std::nullopt);
  ASSERT_TRUE(jobs.finish(b, JobState::kDone, 5, 9));
  EXPECT_EQ(jobs.claim(kWorker, 9).value()->pair, pair("a", "z"));
}

TEST_F(StoreTest, OnlyAnotherJobThatIsDueOvertakes) {
  JobStore jobs(*database_);
  const auto overtaken = [&] { return jobs.device_waits_for_other(pair("a", "z"), 9).value(); };
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 1));
  ASSERT_TRUE(jobs.enqueue(pair("b", "z"), kBackgroundPriority, 1));
  EXPECT_FALSE(overtaken());
  ASSERT_TRUE(jobs.enqueue(pair("b", "z"), kDevicePriority, 2));
  EXPECT_TRUE(overtaken());
  const DeltaJob first = jobs.claim(kWorker, 9).value().value();
  const DeltaJob second = jobs.claim(kWorker, 9).value().value();
  EXPECT_TRUE(overtaken());
  ASSERT_TRUE(jobs.record_failure(first.pair == pair("b", "z") ? first : second, kHopeless, 9));
  EXPECT_FALSE(overtaken());
}

TEST_F(StoreTest, ThereAreNeverTwoJobsForAPair) {
  JobStore jobs(*database_);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kBackgroundPriority, 1));
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 2));
  EXPECT_EQ(jobs.list().value().size(), 1U);
  EXPECT_EQ(jobs.claim(kWorker, 9).value()->priority, kDevicePriority);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 3));
  EXPECT_EQ(jobs.claim(kWorker, 9).value(), std::nullopt);  // it is running
}

TEST_F(StoreTest, AJobThatWasRunningIsTakenAgainByItsWorkerAfterARestart) {
  {
    JobStore jobs(*database_);
    ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 1));
    ASSERT_TRUE(jobs.claim(kWorker, 1).value());
  }
  reopen();
  JobStore jobs(*database_);
  EXPECT_EQ(jobs.release("worker-2").value(), 0U);
  EXPECT_EQ(jobs.claim(kWorker, 2).value(), std::nullopt);
  EXPECT_EQ(jobs.release(kWorker).value(), 1U);
  EXPECT_EQ(jobs.claim(kWorker, 2).value()->attempts, 2);
}

TEST_F(StoreTest, AJobWhoseWorkerRenewsNoMoreGoesToAnotherAndIsTheFirstsNoLonger) {
  JobStore jobs(*database_);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 0));
  const DeltaJob first = jobs.claim(kWorker, 0).value().value();
  ASSERT_TRUE(jobs.renew(first, kLease / 2).value());
  EXPECT_EQ(jobs.claim("worker-2", kLease).value(), std::nullopt);
  const DeltaJob second = jobs.claim("worker-2", kLease / 2 + kLease).value().value();
  EXPECT_EQ(second.owner, "worker-2");
  EXPECT_FALSE(jobs.renew(first, 2 * kLease).value());
  ASSERT_TRUE(jobs.finish(first, JobState::kNotSmaller, 1, 2 * kLease));
  ASSERT_TRUE(jobs.give_back(first));
  ASSERT_TRUE(jobs.record_failure(first, kHopeless, 2 * kLease));
  EXPECT_EQ(jobs.list().value()[0].state, JobState::kRunning);
  ASSERT_TRUE(jobs.finish(second, JobState::kDone, 5, 2 * kLease));
  EXPECT_EQ(jobs.list().value()[0].state, JobState::kDone);
}

TEST_F(StoreTest, AJobThatEveryWorkerDiesOfIsAbandoned) {
  JobStore jobs(*database_);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 0));
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    ASSERT_TRUE(jobs.claim(kWorker, attempt * kLease).value()) << attempt;
  }
  EXPECT_EQ(jobs.claim(kWorker, (kMaxAttempts + 1) * kLease).value(), std::nullopt);
  EXPECT_EQ(jobs.list().value()[0].state, JobState::kAbandoned);
  EXPECT_EQ(jobs.list().value()[0].error, "each worker that took it died");
}

TEST_F(StoreTest, WorkersOfManyConnectionsNeverTakeAPairTwice) {
  constexpr int kPairs = 40;
  JobStore jobs(*database_);
  for (int i = 0; i < kPairs; ++i) {
    ASSERT_TRUE(jobs.enqueue(pair(std::to_string(i), "z"), kDevicePriority, 0));
  }
  std::mutex mutex;
  std::map<ImagePair, int> taken;
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&, i] {
      const auto database = Database::open(url()).value();
      JobStore own(*database);
      while (const auto job = own.claim("worker-" + std::to_string(i), 1).value()) {
        const std::lock_guard lock(mutex);
        ++taken[job->pair];
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(taken.size(), static_cast<std::size_t>(kPairs));
  for (const auto& [unused, times] : taken) EXPECT_EQ(times, 1);
}

TEST_F(StoreTest, AFailedJobWaitsLongerEachTimeAndIsAbandonedAtLast) {
  JobStore jobs(*database_);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 0));
  std::int64_t now = 0;
  std::int64_t last_wait = 0;
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    const auto taken = jobs.claim(kWorker, now).value();
    ASSERT_TRUE(taken) << attempt;
    ASSERT_TRUE(jobs.record_failure(*taken, kHopeless, now));
    const DeltaJob job = jobs.list().value()[0];
    EXPECT_EQ(job.error, "another image");
    EXPECT_EQ(jobs.claim(kWorker, job.not_before - 1).value(), std::nullopt);
    EXPECT_GE(job.not_before - now, last_wait);
    last_wait = job.not_before - now;
    now = job.not_before;
  }
  EXPECT_EQ(jobs.list().value()[0].state, JobState::kAbandoned);
  EXPECT_EQ(jobs.claim(kWorker, now).value(), std::nullopt);
  EXPECT_TRUE(jobs.settled().value().contains(pair("a", "z")));
}

TEST_F(StoreTest, AJobThatTheMachineFailedAtIsTriedAsLongAsItTakes) {
  JobStore jobs(*database_);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 0));
  std::int64_t now = 0;
  for (int attempt = 1; attempt <= 3 * kMaxAttempts; ++attempt) {
    const auto taken = jobs.claim(kWorker, now).value();
    ASSERT_TRUE(taken) << attempt;
    ASSERT_TRUE(jobs.record_failure(*taken, {ErrorKind::kIo, "", "no space"}, now));
    const DeltaJob job = jobs.list().value()[0];
    EXPECT_EQ(job.state, JobState::kFailed);
    EXPECT_LT(job.attempts, kMaxAttempts);
    EXPECT_LE(job.not_before - now, 3'600);
    now = job.not_before;
  }
  EXPECT_TRUE(jobs.settled().value().empty());
}

TEST_F(StoreTest, ACancelledJobIsAsIfItHadNotBegun) {
  JobStore jobs(*database_);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 0));
  ASSERT_TRUE(jobs.give_back(jobs.claim(kWorker, 0).value().value()));
  EXPECT_EQ(jobs.claim(kWorker, 0).value()->attempts, 1);
}

TEST_F(StoreTest, ADoneJobIsQueuedAgainWhereItsDeltaIsMissed) {
  JobStore jobs(*database_);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 0));
  ASSERT_TRUE(jobs.finish(jobs.claim(kWorker, 0).value().value(), JobState::kDone, 5, 1));
  EXPECT_TRUE(jobs.settled().value().empty());
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 2));
  EXPECT_TRUE(jobs.claim(kWorker, 2).value());
}

TEST_F(StoreTest, AJobNotWorthPublishingIsNotMadeAgain) {
  JobStore jobs(*database_);
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 0));
  ASSERT_TRUE(jobs.finish(jobs.claim(kWorker, 0).value().value(), JobState::kNotSmaller, 5, 1));
  ASSERT_TRUE(jobs.enqueue(pair("a", "z"), kDevicePriority, 2));
  EXPECT_EQ(jobs.claim(kWorker, 2).value(), std::nullopt);
  EXPECT_TRUE(jobs.settled().value().contains(pair("a", "z")));
}

}  // namespace
}  // namespace skiff::server::test
