// Devices that start an update and fall silent, and deployments to those that match a filter.
#include "store/devices.hpp"
#include "tests/server/fleet/operator_fixture.hpp"

namespace skiff::server::test {
namespace {

constexpr std::int64_t kDeadline = 3'600;
const std::string kRelease = "releases/two";

class SilenceTest : public OperatorTest {
 protected:
  std::int64_t deploy(std::int64_t deadline, const std::string& filter = "") {
    DeploymentOrder order;
    order.release = kRelease;
    order.deadline = deadline;
    order.filter = filter;
    order.phases = parse_phases("1 100%").value();
    return deployments_->create(order, now_).value();
  }
  Verdict ask_for(const std::string& serial) {
    return deployments_->offer(kRelease, {serial, "gw1", "1.0", "0.1.0"}, now_).value().verdict;
  }
  void advance() {
    const auto hardware = [](const std::string&) { return std::vector<std::string>{"gw1"}; };
    ASSERT_TRUE(deployments_->advance(hardware, now_));
  }
  Deployment first() { return deployments_->list().value().at(0); }
};

TEST_F(SilenceTest, ADeviceThatFallsSilentCountsAsFailedUntilItIsHeardOf) {
  deploy(kDeadline);
  ASSERT_TRUE(ask_for("labs-1").go);
  now_ += kDeadline - 1;
  advance();
  EXPECT_EQ(first().failed, 0U);
  now_ += 1;
  advance();
  advance();
  EXPECT_EQ(first().failed, 1U);
  // It asks again and goes on, without another attempt.
  EXPECT_TRUE(ask_for("labs-1").go);
  EXPECT_EQ(first().failed, 0U);
  EXPECT_EQ(first().started, 1U);
  now_ += kDeadline;
  advance();
  EXPECT_EQ(first().failed, 1U);
  ASSERT_TRUE(database_->transact("test", [&](soci::session& sql) {
    return record_outcome(sql, kRelease, "labs-1", {true, now_});
  }));
  EXPECT_EQ(first().failed, 0U);
  EXPECT_EQ(first().committed, 1U);
}

TEST_F(SilenceTest, ContactIsNoSilence) {
  deploy(kDeadline);
  ASSERT_TRUE(ask_for("labs-1").go);
  now_ += kDeadline;
  ASSERT_TRUE(devices_->add_contacts({{"labs-1", {1, now_ - 1, {}}}}));
  advance();
  EXPECT_EQ(first().failed, 0U);
  now_ += kDeadline;
  advance();
  EXPECT_EQ(first().failed, 1U);
}

TEST_F(SilenceTest, WithoutADeadlineNobodyIsSilent) {
  deploy(0);
  ASSERT_TRUE(ask_for("labs-1").go);
  now_ += 1'000 * kDeadline;
  advance();
  EXPECT_EQ(first().failed, 0U);
}

TEST_F(SilenceTest, SilencePausesADeploymentAsFailuresDo) {
  DeploymentOrder order;
  order.release = kRelease;
  order.deadline = kDeadline;
  ASSERT_TRUE(deployments_->create(order, now_));
  for (const char* serial : {"a", "b", "c"}) ASSERT_TRUE(ask_for(serial).go);
  now_ += kDeadline;
  advance();
  EXPECT_EQ(first().state, DeploymentState::kPaused);
  EXPECT_EQ(first().failed, 3U);
  EXPECT_EQ(alarms_->list().value().at(0).kind, kFailingDeployment);
}

TEST_F(SilenceTest, AFilterNarrowsADeploymentAndOneThatIsNoneIsRefused) {
  deploy(0, "serial=field-*");
  EXPECT_FALSE(ask_for("labs-1").go);
  EXPECT_TRUE(ask_for("field-1").go);
  const std::string admin = token({{Role::kAdmin, ""}});
  const auto create = [&](const std::string& filter) {
    return ask("POST", "/v1/deployments/create",
               R"({"v":1,"release":")" + kRelease + R"(","filter":")" + filter + "\"}", admin)
        .status;
  };
  EXPECT_EQ(create("colour=red"), 400U);
  EXPECT_EQ(create("version!=2.0"), 200U);
}

}  // namespace
}  // namespace skiff::server::test
