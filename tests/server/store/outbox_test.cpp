// What is written into the outbox, and what becomes of it.
#include "store/outbox.hpp"

#include <algorithm>

#include "fleet/report_intake.hpp"
#include "fleet/webhook_sender.hpp"
#include "store/published_releases.hpp"
#include "tests/server/api_document.hpp"
#include "tests/server/fleet/operator_fixture.hpp"
#include "tests/source_folder.hpp"

namespace skiff::server::test {
namespace {

constexpr std::int64_t kDay = 86'400;
const std::string kUrl = "https://hooks.example/secret-path";

class OutboxTest : public OperatorTest {
 protected:
  void SetUp() override {
    OperatorTest::SetUp();
    outbox_.emplace(*database_);
  }
  std::int64_t add(const std::vector<std::string>& events = {}) {
    return webhooks_->add(kUrl, events, now_).value().id;
  }
  std::vector<Delivery> due() { return outbox_->due(now_).value(); }
  /// Sends all there is, and gives what it was of: "type subject".
  std::vector<std::string> sent() {
    std::vector<std::string> kinds;
    for (;;) {
      const auto deliveries = due();
      if (deliveries.empty()) return kinds;
      for (const Delivery& delivery : deliveries) {
        const Json body = parse_json(as_bytes(delivery.body)).value();
        kinds.push_back(string_member(body, "type").value());
        EXPECT_TRUE(outbox_->note_sent(delivery, now_));
      }
    }
  }
  void post(std::string_view kind) {
    ASSERT_TRUE(database_->transact("test", [&](soci::session& sql) {
      post_event(sql, {kind, {{"n", ++posted_}}, now_});
    }));
  }
  Webhook hook(std::size_t index = 0) { return webhooks_->list().value().at(index); }

  std::optional<OutboxStore> outbox_;
  int posted_ = 0;
};

TEST_F(OutboxTest, WebhooksAreToldOfWhatTheyWant) {
  const struct {
    std::vector<std::string> events;
    std::vector<std::string> told;
  } cases[] = {
      {{}, {"deployment.created", "deployment.paused", "alarm.raised"}},
      {{"deployment.*"}, {"deployment.created", "deployment.paused"}},
      {{"deployment.paused", "alarm.raised"}, {"deployment.paused", "alarm.raised"}},
      {{"update.*"}, {}},
  };
  for (const auto& c : cases) {
    const std::int64_t id = add(c.events);
    for (const std::string_view kind : {kDeploymentCreated, kDeploymentPaused, kAlarmRaised}) post(kind);
    EXPECT_EQ(sent(), c.told);
    ASSERT_TRUE(webhooks_->remove(id));
  }
  post(kAlarmRaised);  // to nobody
  EXPECT_TRUE(due().empty());
}

TEST_F(OutboxTest, WhatHappensToTheFleetIsToldOnceEach) {
  add();
  DeploymentOrder order;
  order.release = "releases/two";
  order.created_by = "ann";
  const std::int64_t id = deployments_->create(order, now_).value();
  using State = DeploymentState;
  for (const State state : {State::kPaused, State::kPaused, State::kRunning}) {
    ASSERT_TRUE(deployments_->set_state(id, state, "", now_));
  }
  EXPECT_EQ(sent(),
            (std::vector<std::string>{"deployment.created", "deployment.paused", "deployment.resumed"}));
  int reports = 0;
  for (const char* outcome : {"committed", "rolled-back", "failed"}) {
    Report report;
    report.outcome = outcome;
    report.id = std::to_string(++reports);
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(ReportIntake(*database_).take("labs-1", report, 0, now_));
  }
  EXPECT_EQ(sent(), (std::vector<std::string>{"update.committed", "update.rolled-back", "update.failed"}));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(alarms_->raise({"expiring", "certificate", "soon"}, now_));
  ASSERT_TRUE(alarms_->clear("expiring", "certificate", now_).value());
  EXPECT_EQ(sent(), (std::vector<std::string>{"alarm.raised", "alarm.cleared"}));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(admissions_->enrol({"stranger", "key", "192.0.2.9"}, now_));
  PublishedReleases published(*database_);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(published.note(view_->releases, now_));
  EXPECT_EQ(sent(), (std::vector<std::string>{"device.pending", "release.published"}));
  ASSERT_TRUE(deployments_->set_state(id, State::kAborted, "", now_));
  EXPECT_EQ(sent(), std::vector<std::string>{"deployment.aborted"});
}

TEST_F(OutboxTest, ADeploymentThatEndsByItselfIsToldOf) {
  add({"deployment.finished", "deployment.approved", "deployment.paused"});
  ASSERT_TRUE(groups_->put({"labs", "", true}));
  DeploymentOrder order;
  order.release = "releases/two";
  order.group = "labs";
  const std::int64_t id = deployments_->create(order, now_).value();
  ASSERT_TRUE(deployments_->approve({id, "labs", "bob"}, now_));
  ASSERT_TRUE(deployments_->offer(order.release, {"labs-1", "gw1", "1.0", "0.1.0"}, now_).value().verdict.go);
  Report report;
  report.release = order.release;
  report.outcome = "committed";
  ASSERT_TRUE(ReportIntake(*database_).take("labs-1", report, 0, now_));
  ASSERT_TRUE(
      deployments_->advance([](const std::string&) { return std::vector<std::string>{"gw1"}; }, now_));
  EXPECT_EQ(sent(), (std::vector<std::string>{"deployment.approved", "deployment.finished"}));
}

TEST_F(OutboxTest, AnEventIsWrittenWithWhatItTellsOfOrNeitherIs) {
  add();
  const auto failed = database_->transact("test", [&](soci::session& sql) {
    raise_alarm(sql, {"expiring", "certificate", "soon"}, now_);
    throw soci::soci_error("the disk is full");
  });
  EXPECT_FALSE(failed);
  EXPECT_TRUE(due().empty());
  EXPECT_TRUE(alarms_->list().value().empty());
}

TEST_F(OutboxTest, EventsOfOneWebhookComeInOrderAndDoNotHoldUpThoseOfAnother) {
  add();
  add();
  for (int i = 0; i < 3; ++i) post(kAlarmRaised);
  const auto first = due();
  ASSERT_EQ(first.size(), 2U);
  EXPECT_NE(first[0].id, first[1].id);
  ASSERT_TRUE(outbox_->note_failed(first[0], "it answered 500", 60, now_));
  ASSERT_TRUE(outbox_->note_sent(first[1], now_));
  const auto second = due();
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].hook, first[1].hook);
  now_ += 60;
  const auto again = due();
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[0].id, first[0].id);
  EXPECT_EQ(again[0].body, first[0].body);
  EXPECT_EQ(again[0].attempts, 1U);
  EXPECT_EQ(hook(0).error, "it answered 500");
  EXPECT_EQ(hook(0).waiting, 3U);
  EXPECT_EQ(hook(1).sent, kStart);
  ASSERT_TRUE(outbox_->note_sent(again[0], now_));
  EXPECT_EQ(hook(0).error, "");
}

TEST_F(OutboxTest, RetriesComeWithinTwiceAsLongEachTimeUpToSixHours) {
  EXPECT_EQ(retry_ceiling(1), 5);
  EXPECT_EQ(retry_ceiling(2), 10);
  EXPECT_EQ(retry_ceiling(12), 10'240);
  EXPECT_EQ(retry_ceiling(14), 6 * 3'600);
  EXPECT_EQ(retry_ceiling(1'000), 6 * 3'600);
}

TEST(Outbox, ARetryWaitsAsLongAsTheAnswerAsks) {
  const struct {
    long status;
    std::int64_t retry_after;
    std::int64_t wait;  ///< where 5 seconds were drawn
  } cases[] = {{503, 0, 5},           {503, 3, 5},   {503, 120, 120}, {429, 120, 120},
               {429, 86'400, 21'600}, {500, 120, 5}, {0, 120, 5},     {302, 120, 5}};
  for (const auto& c : cases) {
    EXPECT_EQ(retry_wait({1, c.status, "", c.retry_after}, 5), c.wait) << c.status << ' ' << c.retry_after;
  }
}

TEST_F(OutboxTest, WhatIsThreeDaysOldIsGivenUpWithAnAlarm) {
  add();
  post(kUpdateFailed);
  now_ += kDay;
  post(kUpdateCommitted);
  now_ += 2 * kDay - 1;
  ASSERT_TRUE(outbox_->note_failed(due().at(0), "no answer", 1, now_));
  EXPECT_TRUE(alarms_->list().value().empty());
  now_ += 1;
  ASSERT_TRUE(outbox_->note_failed(due().at(0), "no answer", 1, now_));
  const Alarm alarm = alarms_->list().value().at(0);
  EXPECT_EQ(alarm.kind, kFailingWebhook);
  EXPECT_EQ(alarm.subject, "webhook 1");
  EXPECT_EQ(alarm.detail, "1 events were given up: no answer");
  EXPECT_EQ(sent(), (std::vector<std::string>{"update.committed", "alarm.raised"}));
}

TEST_F(OutboxTest, AWebhookThatIsGoneIsDisabledAndToldNothingMore) {
  add();
  add({"alarm.raised"});
  post(kUpdateFailed);
  post(kUpdateFailed);
  ASSERT_TRUE(outbox_->note_gone(due().at(0), now_));
  EXPECT_EQ(hook().disabled, "it answered 410");
  EXPECT_EQ(hook().waiting, 0U);
  post(kUpdateFailed);
  EXPECT_EQ(webhooks_->test(1, now_).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(hook().waiting, 0U);
  EXPECT_EQ(alarms_->list().value().at(0).kind, kFailingWebhook);
  EXPECT_EQ(sent(), std::vector<std::string>{"alarm.raised"});
}

TEST_F(OutboxTest, ASecretIsToldOnceAndAPathIsInNoAudit) {
  const std::string admin = token({{Role::kAdmin, ""}});
  const Response made = ask("POST", "/v1/webhooks/add", R"({"v":1,"url":")" + kUrl + "\"}", admin);
  ASSERT_EQ(made.status, 200U) << made.text;
  const std::string secret = member(made, "secret");
  EXPECT_TRUE(secret.starts_with("whsec_"));
  const std::string listed = ask("GET", "/v1/webhooks", "", admin).text;
  EXPECT_EQ(listed.find(secret), std::string::npos);
  EXPECT_NE(listed.find(R"("state":"active")"), std::string::npos) << listed;
  const AuditEntry entry = audit_->list(0, 10).value().at(0);
  EXPECT_EQ(entry.object, "hooks.example");
  EXPECT_EQ((entry.object + entry.detail).find("secret"), std::string::npos);
  const std::string event = member(ask("POST", "/v1/webhooks/test", R"({"v":1,"id":1})", admin), "event");
  EXPECT_EQ(due().at(0).id, event);
  EXPECT_EQ(due().at(0).secret, secret);
  EXPECT_EQ(due().at(0).body, R"({"data":{},"timestamp":"2026-11-18T11:06:40Z","type":"webhook.test"})");
  EXPECT_EQ(ask("POST", "/v1/webhooks/remove", R"({"v":1,"id":1})", admin).status, 200U);
  EXPECT_TRUE(due().empty());
}

TEST_F(OutboxTest, ThereAreAtMostThirtyTwoWebhooks) {
  for (int i = 0; i < 32; ++i) add();
  EXPECT_EQ(webhooks_->add(kUrl, {}, now_).error().kind, ErrorKind::kUsage);
}

TEST(Outbox, EveryKindOfTheDocumentIsOneAndTheOtherWayRound) {
  std::ifstream file(testing::source_folder() + "/server/OPERATORS.md");
  std::vector<std::string> described;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) is_inside = line == "## Webhooks";
    if (!is_inside || !line.starts_with("| `")) continue;
    const std::string cell = table_cells(line).at(0);
    described.push_back(cell.substr(1, cell.size() - 2));
  }
  EXPECT_TRUE(std::equal(described.begin(), described.end(), kEventKinds.begin(), kEventKinds.end()));
}

}  // namespace
}  // namespace skiff::server::test
