// The whole server on loopback with a repository on disk: check-in, job, delta, plan; reports; reload.
#include "fleet_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <set>
#include <thread>

#include "deltas/worker_place.hpp"
#include "skiff/applier.hpp"
#include "skiff/trust.hpp"
#include "tests/server/api_document.hpp"
#include "tests/server/fleet_files.hpp"
#include "tests/server/release_builder.hpp"
#include "tests/server/store/test_database.hpp"

namespace skiff::server::test {
namespace {

class FleetServerTest : public ::testing::Test {
 protected:
  void start(unsigned workers = 1) {
    ServerOptions options;
    options.repository = builder_.repository();
    options.state = fleet_.folder() / "state";
    options.database = database_url();
    options.http.tls = fleet_.server();
    options.public_http.emplace().tls = fleet_.server();
    options.public_http->tls.device_ca.clear();
    options.upkeep.tick = std::chrono::milliseconds(20);
    options.upkeep.renew = std::chrono::milliseconds(20);
    options.upkeep.keep_unused = keep_unused_;
    options.workers = workers;
    options.clock = [this] { return now_.load(); };
    auto server = FleetServer::create(std::move(options), builder_.online_keys());
    ASSERT_TRUE(server) << server.error().text();
    server_ = *std::move(server);
    server_->start();
  }

  [[nodiscard]] std::string database_url() const { return test_database(fleet_.folder() / "db"); }

  Answer ask(const std::string& request, const std::string& serial = "d1") {
    TlsClient client(server_->port(), fleet_.device(serial));
    return client.ask(request).value_or(Answer{});
  }

  Json check_in(const ImageId& running, std::uint64_t floor, const std::string& serial = "d1") {
    const Json body(
        Json::Object{{"v", 1},
                     {"hardware", "gw1"},
                     {"image", Json::Object{{"sha256", running.sha256.hex()}, {"length", running.length}}},
                     {"version", "1"},
                     {"counter_floor", floor},
                     {"agent", "0.1.0"},
                     {"decoder", Json::Object{{"formats", Json::Array{1}},
                                              {"codecs", Json::Array{"zstd", "cm"}},
                                              {"memory", std::uint64_t{64} << 20}}},
                     {"state", "IDLE"}});
    const Answer answer = ask(post("/v1/check-in", json_text(body)), serial);
    EXPECT_EQ(answer.status, 200U) << answer.body;
    return parse_json(as_bytes(answer.body)).value();
  }

  /// Checks in until the plan is another than `wait`; the worker's progress is what ends this.
  Json final_plan(const ImageId& running, std::uint64_t floor) {
    for (;;) {
      Json plan = check_in(running, floor);
      if (string_member(plan, "plan").value() != "wait") return plan;
      std::this_thread::yield();
    }
  }

  /// The poll of a device that knows all: what is published between its check-in and the poll is news to it.
  std::string quiet_poll(const ImageId& running, std::uint64_t floor) {
    for (;;) {
      const Json plan = check_in(running, floor);
      std::string poll =
          get("/v1/check-in", "If-None-Match: \"" + string_member(plan, "tag").value() + "\"\r\n");
      if (ask(poll).status == 304) return poll;
      std::this_thread::yield();
    }
  }

  std::atomic<std::int64_t> now_ = kNow + 10;
  FleetFiles fleet_;
  Builder builder_{fleet_.folder()};
  Bytes old_ = random_image(1, 200'000);
  std::chrono::seconds keep_unused_{7 * 86'400};
  std::unique_ptr<FleetServer> server_;
};

TEST_F(FleetServerTest, ADeviceWaitsForItsDeltaAndIsThenToldToFetchOneThatWorks) {
  const Bytes newer = changed(old_);
  builder_.release("one", 1, old_);
  builder_.release("two", 2, newer);
  start();
  const Json plan = final_plan(id_of(old_), 1);
  EXPECT_EQ(string_member(plan, "plan").value(), "delta");
  EXPECT_EQ(string_member(plan, "release").value(), "releases/two");
  const auto offers = Repository::open(builder_.repository()).value().deltas().value();
  const auto offer = std::find_if(offers.begin(), offers.end(), [&](const DeltaOffer& candidate) {
    return candidate.target == string_member(plan, "delta").value();
  });
  ASSERT_NE(offer, offers.end());
  EXPECT_EQ(unsigned_member(plan, "bytes").value(), offer->length);
  const Answer delta = ask(get("/v1/targets/" + offer->wire_path));
  EXPECT_EQ(delta.status, 200U);
  EXPECT_EQ(delta.fields.at("etag"), "\"" + offer->sha256.hex() + "\"");
  EXPECT_NE(delta.fields.at("cache-control").find("immutable"), std::string::npos);
  BytesSink result;
  ApplyOptions options;
  options.max_memory = std::uint64_t{64} << 20;
  ASSERT_TRUE(apply_delta(ViewSource(old_), ViewSource(as_bytes(delta.body)), result, options, make_sha256));
  EXPECT_EQ(result.bytes(), newer);
}

TEST_F(FleetServerTest, ADeviceWithAnUnknownImageGetsTheFullImage) {
  builder_.release("one", 1, old_);
  start();
  const Json plan = final_plan(id_of(random_image(9, 10)), 0);
  EXPECT_EQ(string_member(plan, "plan").value(), "full");
  EXPECT_EQ(unsigned_member(plan, "bytes").value(), unsigned_member(plan, "full_bytes").value());
}

TEST_F(FleetServerTest, AReleasePublishedWhileItRunsIsSeen) {
  builder_.release("one", 1, old_);
  start(0);
  EXPECT_EQ(string_member(check_in(id_of(old_), 1), "plan").value(), "nothing");
  const Answer before = ask(get("/v1/metadata/timestamp.json"));
  builder_.release("two", 2, changed(old_));
  EXPECT_EQ(string_member(check_in(id_of(old_), 1), "plan").value(), "wait");
  const Answer after = ask(get("/v1/metadata/timestamp.json"));
  EXPECT_NE(before.fields.at("etag"), after.fields.at("etag"));
  EXPECT_EQ(after.fields.at("etag"), "\"" + sha256(as_bytes(after.body)).hex() + "\"");
  EXPECT_EQ(after.fields.at("cache-control"), "no-cache");
}

TEST_F(FleetServerTest, AReleaseThatIsNotPublishedIsNeitherOfferedNorPublishedByTheServer) {
  builder_.release("one", 1, old_);
  builder_.add("two", 2, changed(old_));
  start();
  EXPECT_EQ(string_member(check_in(id_of(old_), 1), "plan").value(), "nothing");
  const Json plan = final_plan(id_of(random_image(9, 10)), 0);  // the server publishes a delta of its own
  EXPECT_EQ(string_member(plan, "release").value(), "releases/one");
  EXPECT_EQ(string_member(check_in(id_of(old_), 1), "plan").value(), "nothing");
  const Repository repository = Repository::open(builder_.repository()).value();
  EXPECT_EQ(repository.published_releases().value().size(), 1U);
  EXPECT_EQ(repository.published_deltas().value().size(), 1U);
}

TEST_F(FleetServerTest, AJobThatWasRunningWhenTheProcessDiedIsMadeByTheNext) {
  builder_.release("one", 1, old_);
  builder_.release("two", 2, changed(old_));
  start(0);
  EXPECT_EQ(string_member(check_in(id_of(old_), 1), "plan").value(), "wait");
  server_->stop();
  server_.reset();
  {
    const auto database = Database::open(database_url()).value();
    const WorkerPlace dead = WorkerPlace::take(fleet_.folder() / "state").value();
    ASSERT_TRUE(JobStore(*database).claim(dead.name(), kNow + 10).value());
  }
  start(1);
  EXPECT_EQ(string_member(final_plan(id_of(old_), 1), "plan").value(), "delta");
}

TEST_F(FleetServerTest, AReportIsKeptOnceWhateverTheTries) {
  builder_.release("one", 1, old_);
  start(0);
  const std::string report = api_document().examples.at(2);
  EXPECT_EQ(ask(post("/v1/reports", report)).status, 204U);
  EXPECT_EQ(ask(post("/v1/reports", report)).status, 204U);
  server_->stop();
  const auto database = Database::open(database_url()).value();
  EXPECT_EQ(ReportStore(*database).list().value().size(), 1U);
}

TEST_F(FleetServerTest, TheLedgerHasWhatUpdatesCostSavedAndWasted) {
  builder_.release("one", 1, old_);
  start();
  const std::uint64_t full = unsigned_member(final_plan(id_of(random_image(9, 10)), 0), "bytes").value();
  const auto report = [&](const std::string& serial, const std::string& outcome) {
    Json body = parse_json(as_bytes(api_document().examples.at(2))).value();
    (*body.object())["release"] = "releases/one";
    (*body.object())["outcome"] = outcome;
    if (outcome != "committed") (*body.object())["reason"] = "contact";
    (*body.object())["bytes"] =
        Json::Object{{"payload", 1'000}, {"metadata", 50}, {"wire", 1'500}, {"wasted", 200}};
    EXPECT_EQ(ask(post("/v1/reports", json_text(body)), serial).status, 204U);
  };
  report("d1", "committed");
  report("d1", "committed");  // the same report again
  report("d2", "failed");
  server_->stop();
  const auto database = Database::open(database_url()).value();
  LedgerStore ledger(*database);
  const LedgerSum month = ledger.sums(LedgerBy::kMonth).value().at(0);
  EXPECT_EQ(month.name, "2026-11");
  EXPECT_EQ(month.updates, 2U);
  EXPECT_EQ(month.bytes.sent, 3'000U);
  EXPECT_EQ(month.bytes.saved, full - 1'000);
  EXPECT_EQ(month.bytes.wasted, 1'200U);
  const auto devices = ledger.sums(LedgerBy::kDevice).value();
  ASSERT_EQ(devices.size(), 2U);
  EXPECT_EQ(devices[1].name, "d2");
  EXPECT_EQ(devices[1].bytes.saved, 0U);
  EXPECT_EQ(devices[1].bytes.wasted, 1'000U);
  EXPECT_EQ(ledger.sums(LedgerBy::kDeployment).value().at(0).name, "0");
}

TEST_F(FleetServerTest, ARejectedDeviceIsRefusedEverywhereFromTheNextRequest) {
  builder_.release("one", 1, old_);
  start(0);
  TlsClient client(server_->port(), fleet_.device("d1"));
  EXPECT_EQ(client.ask(get("/v1/metadata/timestamp.json"))->status, 200U);
  const auto other_process = Database::open(database_url()).value();
  ASSERT_TRUE(AdmissionStore(*other_process).decide("d1", Admission::kRejected));
  for (const std::string& request : {get("/v1/metadata/timestamp.json"), get("/v1/targets/x"),
                                     post("/v1/check-in", "{}"), post("/v1/reports", "{}")}) {
    EXPECT_EQ(client.ask(request)->status, 403U) << request;
  }
  EXPECT_EQ(client.ask(get("/healthz"))->status, 200U);
  EXPECT_EQ(ask(get("/v1/metadata/timestamp.json"), "d2").status, 200U);
}

TEST_F(FleetServerTest, AReleaseReachesTheDevicesOfItsDeploymentAndIsWithdrawnWhenThatIsAborted) {
  builder_.release("one", 1, old_);
  builder_.release("two", 2, changed(old_));
  start();
  const auto other_process = Database::open(database_url()).value();
  ASSERT_TRUE(GroupStore(*other_process).put({"labs", ""}));
  DeploymentOrder order;
  order.release = "releases/two";
  order.group = "labs";
  const std::int64_t id = DeploymentStore(*other_process).create(order, kNow).value();
  const Json held = check_in(id_of(old_), 1);
  EXPECT_EQ(string_member(held, "plan").value(), "nothing");
  EXPECT_EQ(string_member(held, "reason").value(), "no deployment has the device");
  const std::string poll = quiet_poll(id_of(old_), 1);
  ASSERT_TRUE(GroupStore(*other_process).add("labs", {"d1"}));
  EXPECT_EQ(ask(poll).status, 200U);
  const std::string delta = string_member(final_plan(id_of(old_), 1), "delta").value();
  const auto offers = Repository::open(builder_.repository()).value().deltas().value();
  const auto offer = std::find_if(offers.begin(), offers.end(),
                                  [&](const DeltaOffer& candidate) { return candidate.target == delta; });
  ASSERT_NE(offer, offers.end());
  const std::string fetch = get("/v1/targets/" + offer->wire_path);
  EXPECT_EQ(ask(fetch).status, 200U);
  ASSERT_TRUE(DeploymentStore(*other_process).set_state(id, DeploymentState::kAborted, "no", now_));
  EXPECT_EQ(ask(fetch).status, 403U);
  EXPECT_EQ(string_member(check_in(id_of(old_), 1), "plan").value(), "nothing");
}

TEST_F(FleetServerTest, ADownloadThatStandsStillEndsWithinASecondOfTheAbort) {
  const Bytes newer = random_image(2, 3'000'000);
  builder_.release("one", 1, old_);
  builder_.release("two", 2, newer);
  start();
  const auto other_process = Database::open(database_url()).value();
  DeploymentOrder order;
  order.release = "releases/two";
  const std::int64_t id = DeploymentStore(*other_process).create(order, kNow).value();
  EXPECT_EQ(string_member(final_plan(id_of(random_image(9, 10)), 0), "plan").value(), "full");
  const auto offers = Repository::open(builder_.repository()).value().deltas().value();
  const auto full = std::find_if(offers.begin(), offers.end(), [&](const DeltaOffer& candidate) {
    return candidate.is_full_image() && candidate.result == id_of(newer);
  });
  ASSERT_NE(full, offers.end());
  TlsClient client(server_->port(), fleet_.device("d1"));
  ASSERT_TRUE(client.send(get("/v1/targets/" + full->wire_path)));
  ASSERT_EQ(client.read_bytes(15), "HTTP/1.1 200 OK");
  EXPECT_FALSE(client.is_cut_within(std::chrono::seconds(2)));
  ASSERT_TRUE(DeploymentStore(*other_process).set_state(id, DeploymentState::kAborted, "no", now_));
  EXPECT_TRUE(client.is_cut_within(std::chrono::seconds(1)));
}

TEST_F(FleetServerTest, ADownloadThatStandsStillEndsWithinASecondOfTheDevicesRejection) {
  builder_.release("one", 1, random_image(2, 3'000'000));
  start();
  EXPECT_EQ(string_member(final_plan(id_of(random_image(9, 10)), 0), "plan").value(), "full");
  const auto offers = Repository::open(builder_.repository()).value().deltas().value();
  ASSERT_EQ(offers.size(), 1U);
  TlsClient client(server_->port(), fleet_.device("d1"));
  ASSERT_TRUE(client.send(get("/v1/targets/" + offers[0].wire_path)));
  EXPECT_FALSE(client.is_cut_within(std::chrono::seconds(2)));
  const auto other_process = Database::open(database_url()).value();
  ASSERT_TRUE(AdmissionStore(*other_process).decide("d1", Admission::kRejected));
  EXPECT_TRUE(client.is_cut_within(std::chrono::seconds(1)));
}

TEST_F(FleetServerTest, AFleetOverItsBudgetWaitsWithTheReasonAndIsUpdatedWhenTheMonthTurns) {
  builder_.release("one", 1, old_);
  builder_.release("two", 2, changed(old_));
  start();
  const std::uint64_t bytes = unsigned_member(final_plan(id_of(old_), 1), "bytes").value();
  const auto other_process = Database::open(database_url()).value();
  BudgetStore budgets(*other_process);
  Budget budget = parse_budget("group", "", "month").value();
  budget.bytes = bytes + bytes / 2;
  ASSERT_TRUE(budgets.set(budget));  // the first device's update counts
  const Json held = check_in(id_of(old_), 1, "d2");
  EXPECT_EQ(string_member(held, "plan").value(), "nothing");
  EXPECT_EQ(string_member(held, "reason").value(),
            "over the budget of all devices: " + std::to_string(budget.bytes) + " bytes a month, " +
                std::to_string(bytes) + " spent, " + std::to_string(bytes) + " wanted, until 2026-12-01");
  EXPECT_EQ(unsigned_member(held, "poll_after").value(), 1'800U);
  EXPECT_EQ(held.find("tag"), nullptr);
  EXPECT_EQ(string_member(check_in(id_of(old_), 1, "d1"), "plan").value(), "delta");  // it was paid for
  const std::int64_t december = budgets.list(now_).value().at(0).ends;
  now_ = december - 7;
  EXPECT_EQ(unsigned_member(check_in(id_of(old_), 1, "d2"), "poll_after").value(), 7U);
  now_ = december;
  EXPECT_EQ(string_member(check_in(id_of(old_), 1, "d2"), "plan").value(), "delta");
  EXPECT_EQ(string_member(check_in(id_of(old_), 1, "d3"), "plan").value(), "nothing");
}

TEST_F(FleetServerTest, DeltasAreMadeAheadForWhatDevicesRunAndGoWithTheirFilesWhenNobodyNeedsThem) {
  const Bytes newer = changed(old_);
  const Bytes newest = changed(random_image(2, 200'000));
  builder_.release("one", 1, old_);
  keep_unused_ = std::chrono::seconds(0);
  start();
  const Repository repository = Repository::open(builder_.repository()).value();
  const auto pairs = [&] {
    std::set<ImagePair> found;
    const auto deltas = repository.published_deltas().value();
    for (const DeltaOffer& offer : deltas) found.insert({offer.base, offer.result});
    return found;
  };
  const auto wait_until_there_are = [&](const std::set<ImagePair>& wanted) {
    while (pairs() != wanted) std::this_thread::yield();
  };
  const ImageId nothing{0, sha256({})};
  check_in(id_of(old_), 1);
  builder_.release("two", 2, newer);  // nobody asks for it
  wait_until_there_are({{nothing, id_of(newer)}, {id_of(old_), id_of(newer)}});
  check_in(id_of(newer), 2);
  wait_until_there_are({{nothing, id_of(newer)}});
  builder_.release("three", 3, newest);
  wait_until_there_are({{nothing, id_of(newest)}});  // from `newer` it would not be smaller
  const auto kept = repository.published_deltas().value().at(0);
  std::size_t files = 0;
  do {
    files = static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(builder_.repository() / "targets/deltas"), {}));
  } while (files != 1);
  EXPECT_EQ(ask(get("/v1/targets/" + kept.wire_path)).status, 200U);
  const std::map<std::string, const Bytes*> images = {{"one", &old_}, {"two", &newer}, {"three", &newest}};
  for (const auto& [name, image] : images) {
    EXPECT_EQ(ask(get("/v1/targets/releases/" + sha256(*image).hex() + "." + name)).status, 200U) << name;
  }
}

TEST_F(FleetServerTest, OnlyFilesOfTheRepositoryAreServed) {
  builder_.release("one", 1, old_);
  start(0);
  for (const char* path : {"/v1/metadata/../keys/root.key", "/v1/metadata/none.json", "/v1/metadata/%2e%2e/x",
                           "/v1/metadata//etc/passwd", "/v1/targets/releases/one", "/v1/targets/../x"}) {
    EXPECT_EQ(ask(get(path)).status, 404U) << path;
  }
  EXPECT_EQ(ask(get("/v1/metadata/1.root.json")).status, 200U);
  EXPECT_EQ(ask(get("/v1/targets/releases/" + sha256(old_).hex() + ".one")).body, as_text(old_));
}

TEST_F(FleetServerTest, TheLedgerOfADeviceIsWrittenDown) {
  builder_.release("one", 1, old_);
  start(0);
  check_in(id_of(old_), 1);
  server_->stop();
  const auto database = Database::open(database_url()).value();
  const auto devices = DeviceStore(*database).list().value();
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_GT(devices[0].wire.received, 500U);
  EXPECT_GT(devices[0].wire.sent, 500U);
}

TEST_F(FleetServerTest, EverybodyGetsWhatIsSignedAndNothingElseOnThePublicPort) {
  builder_.release("one", 1, old_);
  start(0);
  const auto target = "/v1/targets/releases/" + sha256(old_).hex() + ".one";
  const auto anybody = [&](const std::string& request) {
    return TlsClient(server_->public_port(), fleet_.stranger()).ask(request).value_or(Answer{});
  };
  EXPECT_EQ(anybody(get("/v1/metadata/timestamp.json")).body, ask(get("/v1/metadata/timestamp.json")).body);
  EXPECT_EQ(anybody(get(target)).body, as_text(old_));
  EXPECT_EQ(anybody(get(target, "Range: bytes=5-9\r\n")).body, as_text(old_).substr(5, 5));
  EXPECT_EQ(anybody(get("/healthz")).status, 200U);
  EXPECT_EQ(anybody(get("/v1/check-in")).status, 401U);
  EXPECT_EQ(anybody(post("/v1/reports", "{}")).status, 401U);
  TlsClient stranger(server_->port(), fleet_.stranger());
  EXPECT_EQ(stranger.ask(get(target))->status, 401U);
}

TEST(Contract, EveryPathOfTheDocumentIsARouteAndTheOtherWayRound) {
  const ApiDocument document = api_document();
  const FleetFiles fleet;
  Builder builder(fleet.folder());
  const auto database = Database::open(test_database(fleet.folder() / "db")).value();
  const auto catalogue = Catalogue::open(builder.repository()).value();
  AdmissionStore admissions(*database);
  DeviceStore devices(*database);
  ReportIntake reports(*database);
  JobStore jobs(*database);
  GroupStore groups(*database);
  DeploymentStore deployments(*database);
  ContactLedger contacts;
  DeviceApi api({*catalogue, admissions, devices, reports, jobs, groups, deployments, contacts}, {},
                [] { return kNow; }, {});
  std::vector<std::pair<std::string, std::string>> described;
  EnrolmentApi enrolment(admissions, DeviceAuthority::open(fleet.ca()).value(), {}, [] { return kNow; });
  std::vector<Route> routes = api.routes();
  std::ranges::move(enrolment.device_routes(), std::back_inserter(routes));
  std::ranges::move(enrolment.stranger_routes(), std::back_inserter(routes));
  for (const Route& route : routes) {
    std::string methods;
    for (const std::string& method : route.methods) methods += (methods.empty() ? "" : ", ") + method;
    std::string path = route.path;
    if (path == "/v1/metadata/") path += "<file>";
    if (path == "/v1/targets/") path += "<wire path>";
    described.emplace_back(methods + " `" + path + "`", std::to_string(route.max_body));
  }
  EXPECT_EQ(described, document.paths);
}

TEST(Contract, EveryErrorOfTheDocumentIsInTheTableAndTheOtherWayRound) {
  std::vector<std::pair<unsigned, std::string>> errors;
  for (const ApiErrorName& entry : api_errors()) errors.emplace_back(entry.status, entry.name);
  EXPECT_EQ(errors, api_document().errors);
}

}  // namespace
}  // namespace skiff::server::test
