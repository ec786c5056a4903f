// Byte budgets: the calendar and the decision as tables, and what reservations and reports make of them.
#include "fleet/budget.hpp"

#include <atomic>
#include <thread>

#include "fleet/report_intake.hpp"
#include "tests/server/fleet/operator_fixture.hpp"

namespace skiff::server::test {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kNovember27 = 20'784 * kDay;  // 2026
const std::string kRelease = "releases/two";

Budget budget(const char* scope, const std::string& subject, const char* period, std::uint64_t bytes) {
  Budget made = parse_budget(scope, subject, period).value();
  made.bytes = bytes;
  return made;
}

TEST(Budget, PeriodsFollowTheCalendar) {
  const auto day_number = [](std::chrono::year_month_day date) {
    return std::int64_t{std::chrono::sys_days(date).time_since_epoch().count()};
  };
  using std::chrono::year;
  const struct {
    std::chrono::year_month_day day;
    std::chrono::year_month_day first;
    std::chrono::year_month_day next;
  } months[] = {
      {year(2026) / 11 / 27, year(2026) / 11 / 1, year(2026) / 12 / 1},
      {year(2026) / 12 / 31, year(2026) / 12 / 1, year(2027) / 1 / 1},
      {year(2028) / 2 / 29, year(2028) / 2 / 1, year(2028) / 3 / 1},
      {year(2027) / 3 / 1, year(2027) / 3 / 1, year(2027) / 4 / 1},
  };
  for (const auto& c : months) {
    for (const std::int64_t second : {std::int64_t{0}, kDay - 1}) {
      const std::int64_t now = day_number(c.day) * kDay + second;
      const DaySpan month = days_of(BudgetPeriod::kMonth, now);
      EXPECT_EQ(month.first, day_number(c.first));
      EXPECT_EQ(month.end, day_number(c.next));
      EXPECT_EQ(end_of(BudgetPeriod::kMonth, now), day_number(c.next) * kDay);
      EXPECT_EQ(days_of(BudgetPeriod::kDay, now).first, day_number(c.day));
      EXPECT_EQ(end_of(BudgetPeriod::kDay, now), (day_number(c.day) + 1) * kDay);
    }
  }
  EXPECT_EQ(end_of(BudgetPeriod::kAll, kNovember27), 0);
}

TEST(Budget, EveryNamedCaseIsJudgedAsTheTableSays) {
  const Budget daily = budget("devices", "labs", "day", 100);
  const Budget monthly = budget("group", "labs", "month", 1'000);
  const Budget whole = budget("deployment", "7", "all", 5'000);
  const std::int64_t tomorrow = kNovember27 + kDay;
  const std::int64_t december = kNovember27 + 4 * kDay;
  const std::int64_t never = std::numeric_limits<std::int64_t>::max();
  const struct {
    const char* name;
    std::vector<BudgetUse> uses;
    std::uint64_t wanted;
    const char* reason;
    std::optional<std::int64_t> ask_again;
  } cases[] = {
      {"no budget", {}, 1'000'000, "", {}},
      {"to the last byte", {{daily, 40}, {monthly, 940}}, 60, "", {}},
      {"one byte over the day",
       {{daily, 41}, {monthly, 0}},
       60,
       "over the budget of each device of group labs: 100 bytes a day, 41 spent, 60 wanted, until 2026-11-28",
       tomorrow},
      {"over both, the later end counts",
       {{daily, 100}, {monthly, 1'000}},
       1,
       "over the budget of group labs: 1000 bytes a month, 1000 spent, 1 wanted, until 2026-12-01",
       december},
      {"more spent than there was",
       {{monthly, 1'200}},
       1,
       "over the budget of group labs: 1000 bytes a month, 1200 spent, 1 wanted, until 2026-12-01",
       december},
      {"over what never turns",
       {{monthly, 1'000}, {whole, 4'999}},
       2,
       "over the budget of deployment 7: 5000 bytes, 4999 spent, 2 wanted",
       never},
      {"larger than the budget",
       {{daily, 0}},
       101,
       "over the budget of each device of group labs: 100 bytes a day, 0 spent, 101 wanted, until 2026-11-28",
       {}},
      {"of all devices",
       {{budget("group", "", "day", 0), 0}},
       1,
       "over the budget of all devices: 0 bytes a day, 0 spent, 1 wanted, until 2026-11-28",
       {}},
  };
  for (const auto& c : cases) {
    const Verdict verdict = judge_budgets(c.uses, c.wanted, kNovember27 + 3'600);
    EXPECT_EQ(verdict.reason, c.reason) << c.name;
    EXPECT_EQ(verdict.go, verdict.reason.empty()) << c.name;
    EXPECT_EQ(verdict.ask_again, c.ask_again) << c.name;
  }
}

class BudgetTest : public OperatorTest {
 protected:
  void SetUp() override {
    OperatorTest::SetUp();
    now_ = kNovember27;
  }
  Verdict ask_for(std::uint64_t bytes, const std::string& serial = "labs-1",
                  FullCause full = FullCause::kNone, const std::string& release = kRelease) {
    const PlannedFetch fetch{bytes, full, false};
    return deployments_->offer(release, {serial, "gw1", "1.0", "0.1.0"}, now_, fetch).value().verdict;
  }
  void report(std::uint64_t bytes, const std::string& serial = "labs-1") {
    Report report;
    report.id = std::to_string(++reports_made_);
    report.release = kRelease;
    report.outcome = "failed";
    report.wire_bytes = bytes;
    ASSERT_TRUE(ReportIntake(*database_).take(serial, report, 0, now_).value());
  }
  void set(const char* scope, const std::string& subject, const char* period, std::uint64_t bytes) {
    const auto done = budgets_->set(budget(scope, subject, period, bytes));
    ASSERT_TRUE(done) << done.error().text();
  }
  std::uint64_t spent(std::size_t index = 0) { return budgets_->list(now_).value().at(index).use.spent; }
  std::int64_t deploy(bool allow_full = false) {
    DeploymentOrder order;
    order.allow_full = allow_full;
    order.release = kRelease;
    order.attempts = 100;
    return deployments_->create(order, now_).value();
  }

  int reports_made_ = 0;
};

TEST_F(BudgetTest, ADeviceHasItsOwnBytesADay) {
  set("devices", "labs", "day", 100);
  EXPECT_TRUE(ask_for(100).go);
  EXPECT_TRUE(ask_for(100).go);  // the same update
  EXPECT_TRUE(ask_for(90).go);   // a smaller delta came meanwhile
  EXPECT_EQ(spent(), 100U);
  EXPECT_TRUE(ask_for(500, "field-1").go);
  report(70);
  EXPECT_EQ(spent(), 70U);
  EXPECT_FALSE(ask_for(31).go);
  EXPECT_TRUE(ask_for(30).go);
  report(45);  // more than was planned
  EXPECT_EQ(spent(), 115U);
  EXPECT_EQ(ask_for(1).ask_again, kNovember27 + kDay);
  now_ += kDay;
  EXPECT_TRUE(ask_for(100).go);
}

TEST_F(BudgetTest, ManyAtOnceDoNotOverrunTheBudgetOfTheirGroup) {
  ASSERT_TRUE(groups_->put({"gateways", "hardware=gw1"}));
  set("group", "gateways", "month", 1'050);
  std::atomic<int> going = 0;
  std::vector<std::thread> threads;
  for (int part = 0; part < 4; ++part) {
    threads.emplace_back([&, part] {
      const auto own = Database::open(url());
      ASSERT_TRUE(own) << own.error().text();
      DeploymentStore store(**own);
      for (int i = 0; i < 10; ++i) {
        const std::string serial = "d" + std::to_string(10 * part + i);
        const auto offer =
            store.offer(kRelease, {serial, "gw1", "1.0", "0.1.0"}, now_, {100, FullCause::kNone, false});
        ASSERT_TRUE(offer) << offer.error().text();
        if (offer->verdict.go) ++going;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(going, 10);
  EXPECT_EQ(spent(), 1'000U);
}

TEST_F(BudgetTest, BytesCountForTheDayOnWhichTheyWerePlanned) {
  set("group", "labs", "day", 100);
  EXPECT_TRUE(ask_for(100).go);
  now_ += kDay;
  report(80);
  EXPECT_EQ(spent(), 0U);
  EXPECT_TRUE(ask_for(100).go);
  now_ += kDay;
  report(60);
  report(7);  // without a plan
  EXPECT_EQ(spent(), 7U);
}

TEST_F(BudgetTest, ABudgetOfAGroupBeginsWithWhatItsDevicesSpent) {
  EXPECT_TRUE(ask_for(60).go);
  report(50);
  set("group", "labs", "month", 100);
  EXPECT_EQ(spent(), 50U);
  set("group", "labs", "month", 90);
  EXPECT_EQ(spent(), 50U);
  EXPECT_FALSE(ask_for(41).go);
  EXPECT_TRUE(ask_for(40).go);
  EXPECT_TRUE(ask_for(41, "field-1").go);
}

TEST_F(BudgetTest, ADeploymentHasItsBytesForAllItsLifeAndReportsMakeRoom) {
  const std::string id = std::to_string(deploy());
  set("deployment", id, "all", 100);
  EXPECT_TRUE(ask_for(80).go);
  const Verdict held = ask_for(30, "field-1");
  EXPECT_EQ(held.reason, "over the budget of deployment 1: 100 bytes, 80 spent, 30 wanted");
  EXPECT_TRUE(held.ask_again);
  now_ += 400 * kDay;
  EXPECT_FALSE(ask_for(30, "field-1").go);
  report(70);
  EXPECT_TRUE(ask_for(30, "field-1").go);
  EXPECT_EQ(deployments_->list().value().at(0).started, 2U);
}

TEST_F(BudgetTest, ADeviceThatIsOverItsBudgetIsNotStarted) {
  deploy();
  set("devices", "labs", "day", 100);
  EXPECT_FALSE(ask_for(101).go);
  EXPECT_EQ(deployments_->list().value().at(0).started, 0U);
  EXPECT_TRUE(ask_for(100).go);
  EXPECT_EQ(deployments_->list().value().at(0).started, 1U);
}

TEST_F(BudgetTest, AnotherUpdateTakesThePlaceOfTheOneBefore) {
  set("devices", "labs", "day", 100);
  EXPECT_TRUE(ask_for(80).go);
  EXPECT_TRUE(ask_for(90, "labs-1", FullCause::kNone, "releases/three").go);
  EXPECT_EQ(spent(), 90U);
}

TEST_F(BudgetTest, AMeteredLinkGetsNoFullImageWhateverTheCause) {
  ASSERT_TRUE(groups_->put({"labs", "", false, true}));
  const std::pair<FullCause, const char*> cases[] = {
      {FullCause::kUnknownBase, "the image that it runs is no release's"},
      {FullCause::kUndecodable, "it cannot decode the delta that there is"},
      {FullCause::kNotSmaller, "it is not larger than the delta"},
      {FullCause::kDeltaFailed, "the delta from its image could not be made"}};
  for (const std::int64_t id : {std::int64_t{0}, deploy()}) {
    for (const auto& [cause, why] : cases) {
      for (const std::uint64_t bytes : {0U, 1'000U}) {  // also where it is still to be made
        const Verdict verdict = ask_for(bytes, "labs-1", cause);
        EXPECT_FALSE(verdict.go) << id << why;
        EXPECT_EQ(verdict.reason,
                  "its link is metered, and nothing allows a full image: " + std::string(why));
        EXPECT_FALSE(verdict.ask_again);
      }
    }
  }
  EXPECT_EQ(deployments_->list().value().at(0).started, 0U);
  EXPECT_TRUE(ask_for(1'000, "field-1", FullCause::kDeltaFailed).go);
  set("devices", "field", "month", 1'000'000);  // who has a budget pays by the byte
  EXPECT_FALSE(ask_for(1'000, "field-1", FullCause::kDeltaFailed).go);
  EXPECT_EQ(spent(), 0U);
  EXPECT_TRUE(ask_for(1'000).go);  // a delta
}

TEST_F(BudgetTest, ADeploymentMayAllowFullImagesOverMeteredLinksAndBudgetsHoldThere) {
  set("devices", "labs", "day", 1'000);
  deploy();
  EXPECT_FALSE(ask_for(900, "labs-1", FullCause::kUnknownBase).go);
  deploy(true);
  EXPECT_TRUE(deployments_->list().value().at(1).order.allow_full);
  EXPECT_EQ(ask_for(1'001, "labs-1", FullCause::kUnknownBase).reason,
            "over the budget of each device of group labs: 1000 bytes a day, 0 spent, 1001 wanted, until "
            "2026-11-28");
  EXPECT_TRUE(ask_for(900, "labs-1", FullCause::kUnknownBase).go);
  EXPECT_EQ(deployments_->list().value().at(0).started, 0U);
  EXPECT_EQ(deployments_->list().value().at(1).started, 1U);
}

TEST_F(BudgetTest, WhatWasPaidForADeltaIsNoLeaveForAFullImage) {
  set("devices", "labs", "day", 1'000);
  EXPECT_TRUE(ask_for(500).go);
  EXPECT_FALSE(ask_for(400, "labs-1", FullCause::kUndecodable).go);
  EXPECT_EQ(spent(), 0U);
}

TEST_F(BudgetTest, BudgetsOfWhatIsNotThereAreRefusedAndGoWithTheirGroup) {
  EXPECT_EQ(budgets_->set(budget("group", "none", "day", 1)).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(budgets_->set(budget("deployment", "1", "day", 1)).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(budgets_->remove(budget("group", "labs", "day", 1)).error().kind, ErrorKind::kNotFound);
  set("group", "labs", "day", 0);
  set("devices", "labs", "month", 0);
  EXPECT_FALSE(ask_for(1).go);
  ASSERT_TRUE(budgets_->remove(budget("group", "labs", "day", 0)));
  EXPECT_FALSE(ask_for(1).go);
  ASSERT_TRUE(groups_->remove("labs"));
  EXPECT_TRUE(budgets_->list(now_).value().empty());
  EXPECT_TRUE(ask_for(1).go);
}

TEST_F(BudgetTest, WhatWasSpentLongAgoIsForgottenButForDeployments) {
  set("deployment", std::to_string(deploy()), "all", 1'000);
  set("devices", "labs", "month", 1'000);
  EXPECT_TRUE(ask_for(10).go);
  const auto rows = [&] {
    return database_
        ->transact("count",
                   [](soci::session& sql) {
                     int count = 0;
                     sql << "SELECT COUNT(*) FROM budget_use", soci::into(count);
                     return count;
                   })
        .value();
  };
  ASSERT_TRUE(budgets_->expire(now_ + 62 * kDay));
  EXPECT_EQ(rows(), 2);
  ASSERT_TRUE(budgets_->expire(now_ + 63 * kDay));
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(spent(), 10U);
}

TEST_F(BudgetTest, WhoHasAGroupSeesAndSetsItsBudgetsAlone) {
  const std::string labs = token({{Role::kReleaser, "labs"}});
  const auto set_by = [&](const std::string& who, const char* group) {
    return ask("POST", "/v1/budgets/set",
               R"({"v":1,"of":"devices","period":"month","bytes":5,"group":")" + std::string(group) + "\"}",
               who)
        .status;
  };
  EXPECT_EQ(set_by(labs, "labs"), 200U);
  EXPECT_EQ(set_by(labs, "field"), 403U);
  EXPECT_EQ(set_by(labs, ""), 403U);
  EXPECT_EQ(set_by(token({{Role::kReleaser, ""}}), "field"), 200U);
  EXPECT_EQ(ask("GET", "/v1/budgets", "", labs).text,
            R"({"budgets":[{"bytes":5,"deployment":0,"ends":1796083200,"group":"labs","of":"devices",)"
            R"("period":"month","spent":0}],"v":1})");
  EXPECT_EQ(audit_->list(0, 10).value().at(0).detail, "allowed: 5 bytes, devices, month");
}

}  // namespace
}  // namespace skiff::server::test
