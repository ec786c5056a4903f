// What deployments would cost, before they begin.
#include "fleet/cost.hpp"

#include "tests/server/fleet/operator_fixture.hpp"

namespace skiff::server::test {
namespace {

ImageId image(std::string_view name) { return {name.size(), sha256(as_bytes(name))}; }

class CostTest : public OperatorTest {
 protected:
  static void add_release(CatalogueView& view, const std::string& name, std::uint64_t counter) {
    Release release;
    release.target = "releases/" + name;
    release.hardware = {"gw1"};
    release.release_counter = counter;
    release.image = image(name);
    view.releases.push_back(release);
  }
  void add_delta(const ImageId& base, std::uint64_t length) {
    OfferedDelta delta;
    delta.offer.base = base;
    delta.offer.result = image("two");
    delta.offer.length = length;
    view_->deltas.push_back(delta);
  }
  void SetUp() override {
    OperatorTest::SetUp();
    *view_ = {};
    add_release(*view_, "one", 1);
    add_release(*view_, "two", 2);
    check_in("labs-1", image("one"), 1);
    check_in("field-1", image("one"), 1);
    check_in("field-2", image("home-made"), 0);
    check_in("field-3", image("two"), 2);
    ASSERT_TRUE(groups_->add("field", {"field-2", "field-3"}));
  }
  void check_in(const std::string& serial, const ImageId& running, std::uint64_t floor) {
    ASSERT_TRUE(
        devices_->check_in({serial, "k", "f", "gw1", running, "1.0", floor, "0.1.0", "IDLE"}, kStart));
  }
  Json cost(const std::string& more = "") {
    const Response answer =
        ask("POST", "/v1/deployments/cost", R"({"v":1,"release":"releases/two")" + more + "}",
            token({{Role::kViewer, ""}}));
    EXPECT_EQ(answer.status, 200U) << answer.text;
    return parse_json(as_bytes(answer.text)).value();
  }
  static Json line(std::vector<std::uint64_t> numbers, std::uint64_t held = 0) {
    return Json::Object{{"devices", numbers[0]}, {"bytes", numbers[1]},   {"pending", numbers[2]},
                        {"held", held},          {"at_most", numbers[3]}, {"full", numbers[4]}};
  }
};

TEST_F(CostTest, IsTheSmallerOfDeltaAndFullImageForEachDeviceThatIsDue) {
  add_delta({0, sha256({})}, 1'000);
  add_delta(image("one"), 10);
  const Json answer = cost();
  EXPECT_EQ(*answer.find("all"), line({3, 1'020, 0, 1'020, 3'000}));
  const Json::Array groups = *answer.find("groups")->array();
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(string_member(groups[0], "name").value(), "field");
  EXPECT_EQ(*groups[0].find("cost"), line({2, 1'010, 0, 1'010, 2'000}));
  EXPECT_EQ(*groups[1].find("cost"), line({1, 10, 0, 10, 1'000}));
}

TEST_F(CostTest, OfDeltasThatAreStillToBeMadeIsAtMostTheFullImage) {
  EXPECT_EQ(*cost().find("all"), line({3, 0, 3, 0, 0}));
  add_delta({0, sha256({})}, 1'000);
  EXPECT_EQ(*cost().find("all"), line({3, 1'000, 2, 3'000, 3'000}));
  add_delta(image("one"), 2'000);  // nobody would be told to fetch it
  EXPECT_EQ(*cost().find("all"), line({3, 3'000, 0, 3'000, 3'000}));
}

TEST_F(CostTest, IsOfTheDevicesThatTheDeploymentWouldReach) {
  add_delta({0, sha256({})}, 1'000);
  EXPECT_EQ(*cost(R"(,"group":"labs")").find("all"), line({1, 0, 1, 1'000, 1'000}));
  EXPECT_EQ(*cost(R"(,"filter":"serial=field-2")").find("all"), line({1, 1'000, 0, 1'000, 1'000}));
  ASSERT_TRUE(admissions_->decide("labs-1", Admission::kRejected));
  EXPECT_EQ(*cost(R"(,"group":"labs")").find("all"), line({0, 0, 0, 0, 0}));
}

TEST_F(CostTest, TellsOnHowManyMeteredLinksAFullImageWouldBeHeldBack) {
  ASSERT_TRUE(groups_->put({"field", "", false, true}));
  EXPECT_EQ(*cost().find("all"), line({3, 0, 2, 0, 0}, 1));  // field-2 runs no release
  add_delta({0, sha256({})}, 1'000);
  EXPECT_EQ(*cost().find("all"), line({3, 0, 2, 2'000, 3'000}, 1));
  EXPECT_EQ(*cost(R"(,"allow_full":true)").find("all"), line({3, 1'000, 2, 3'000, 3'000}));
  add_delta(image("one"), 2'000);  // a full image would be smaller
  EXPECT_EQ(*cost().find("all"), line({3, 1'000, 0, 1'000, 3'000}, 2));
  ASSERT_TRUE(groups_->put({"field", ""}));
  Budget budget = parse_budget("devices", "labs", "month").value();
  ASSERT_TRUE(budgets_->set(budget));
  EXPECT_EQ(*cost().find("all"), line({3, 2'000, 0, 2'000, 3'000}, 1));
}

TEST_F(CostTest, OddQuestionsAreRefused) {
  const std::string viewer = token({{Role::kViewer, ""}});
  const auto status = [&](const std::string& fields) {
    return ask("POST", "/v1/deployments/cost", R"({"v":1)" + fields + "}", viewer).status;
  };
  EXPECT_EQ(status(R"(,"release":"releases/none")"), 404U);
  EXPECT_EQ(status(R"(,"release":"releases/two","group":"none")"), 404U);
  EXPECT_EQ(status(R"(,"release":"releases/two","filter":"colour=red")"), 400U);
}

}  // namespace
}  // namespace skiff::server::test
