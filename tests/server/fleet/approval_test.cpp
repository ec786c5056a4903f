// Devices of protected groups, and the second person whom they wait for.
#include "tests/server/fleet/operator_fixture.hpp"

namespace skiff::server::test {
namespace {

const std::string kRelease = "releases/two";

class ApprovalTest : public OperatorTest {
 protected:
  void SetUp() override {
    OperatorTest::SetUp();
    ASSERT_TRUE(groups_->put({"labs", "", true}));
  }
  ReleaseOffer offer(const std::string& serial) {
    return deployments_->offer(kRelease, {serial, "gw1", "1.0", "0.1.0"}, now_).value();
  }
  unsigned deploy(const std::string& token, const std::string& group) {
    return ask("POST", "/v1/deployments/create",
               R"({"v":1,"release":")" + kRelease + R"(","group":")" + group + "\"}", token)
        .status;
  }
  Response approve(const std::string& token, const std::string& group = "labs") {
    return ask("POST", "/v1/deployments/approve", R"({"v":1,"id":1,"group":")" + group + "\"}", token);
  }
  const std::vector<Grant> releaser_ = {{Role::kReleaser, ""}};
};

TEST_F(ApprovalTest, ADeviceStartsWhenAnotherThanTheMakerHasApproved) {
  const std::string maker = token(releaser_);
  ASSERT_EQ(deploy(maker, "labs"), 200U);
  EXPECT_FALSE(offer("labs-1").verdict.go);
  EXPECT_EQ(offer("labs-1").verdict.reason, "a second person has to approve it");
  EXPECT_EQ(approve(maker).status, 400U);
  // Another token of the maker is no other person.
  const std::string again =
      credentials_->issue("user-1", {TokenKind::kToken, {}, kLife}, now_).value().secret;
  EXPECT_EQ(approve(again).status, 400U);
  EXPECT_FALSE(offer("labs-1").verdict.go);
  const std::uint64_t before = groups_->epoch().value();
  EXPECT_EQ(approve(token(releaser_)).status, 200U);
  EXPECT_GT(groups_->epoch().value(), before);  // devices that were told "nothing" ask again
  EXPECT_TRUE(offer("labs-1").verdict.go);
}

TEST_F(ApprovalTest, ADeploymentToAllStopsAtTheProtectedGroup) {
  ASSERT_EQ(deploy(token(releaser_), ""), 200U);
  EXPECT_TRUE(offer("field-1").verdict.go);
  EXPECT_FALSE(offer("labs-1").verdict.go);
  EXPECT_EQ(approve(token({{Role::kReleaser, "field"}})).status, 403U);
  EXPECT_EQ(approve(token({{Role::kReleaser, "labs"}})).status, 200U);
  EXPECT_TRUE(offer("labs-1").verdict.go);
}

TEST_F(ApprovalTest, EachProtectedGroupOfADeviceHasToApprove) {
  ASSERT_TRUE(groups_->put({"gateways", "hardware=gw1", true}));
  ASSERT_EQ(deploy(token(releaser_), "labs"), 200U);
  ASSERT_EQ(approve(token(releaser_)).status, 200U);
  EXPECT_FALSE(offer("labs-1").verdict.go);
  ASSERT_EQ(approve(token(releaser_), "gateways").status, 200U);
  EXPECT_TRUE(offer("labs-1").verdict.go);
}

TEST_F(ApprovalTest, AReleaseWithoutADeploymentReachesNoProtectedDevice) {
  EXPECT_TRUE(offer("labs-1").governed);
  EXPECT_FALSE(offer("labs-1").verdict.go);
  EXPECT_FALSE(offer("field-1").governed);
}

TEST_F(ApprovalTest, WhatWasStartedIsBroughtToItsEndWhenTheGroupIsProtectedLater) {
  ASSERT_EQ(deploy(token(releaser_), "field"), 200U);
  ASSERT_TRUE(offer("field-1").verdict.go);
  ASSERT_TRUE(groups_->put({"field", "", true}));
  EXPECT_TRUE(offer("field-1").verdict.go);
}

TEST_F(ApprovalTest, ApprovalsAreShownAndAuditedAndThoseOfNothingRefused) {
  EXPECT_EQ(approve(token(releaser_)).status, 404U);
  ASSERT_EQ(deploy(token(releaser_), "labs"), 200U);
  EXPECT_EQ(approve(token(releaser_), "field").status, 400U);
  ASSERT_EQ(approve(token(releaser_)).status, 200U);
  const std::string shown = ask("GET", "/v1/deployments", "", token({{Role::kViewer, ""}})).text;
  EXPECT_NE(shown.find(R"("approved":[{"group":"labs","who":"user-4"}])"), std::string::npos) << shown;
  EXPECT_NE(shown.find(R"("created_by":"user-2")"), std::string::npos) << shown;
  EXPECT_EQ(audit_->list(0, 10).value().back().verb, "/v1/deployments/approve");
}

TEST_F(ApprovalTest, ADeploymentOfAReleaseThatIsNotPublishedIsRefused) {
  const std::string order = R"({"v":1,"release":"releases/typo","group":"labs"})";
  const Response answer = ask("POST", "/v1/deployments/create", order, token(releaser_));
  EXPECT_EQ(answer.status, 404U);
  EXPECT_NE(answer.text.find("releases/typo"), std::string::npos);
  EXPECT_TRUE(deployments_->list().value().empty());
}

}  // namespace
}  // namespace skiff::server::test
