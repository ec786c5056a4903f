// How users prove who they are, and what of it is kept.

#include "access/totp.hpp"
#include "tests/server/fleet/operator_fixture.hpp"

namespace skiff::server::test {
namespace {

/// Ann has a password, and may see.
class LoginTest : public OperatorTest {
 protected:
  void SetUp() override {
    OperatorTest::SetUp();
    ASSERT_TRUE(users_->add("ann"));
    ASSERT_TRUE(credentials_->set_password("ann", hash_password(kPassword).value()));
    ASSERT_TRUE(users_->grant("ann", {Role::kViewer, ""}));
  }
  /// Begins and confirms a second factor; gives its secret.
  std::string add_totp(const std::string& session, const std::string& code = "") {
    const Response begun = ask("POST", "/v1/totp/begin", R"({"v":1,"code":")" + code + "\"}", session);
    EXPECT_EQ(begun.status, 200U) << begun.text;
    const std::string secret = member(begun, "secret");
    const std::string confirm = R"({"v":1,"code":")" + totp_code(secret, now_ / kTotpStep) + "\"}";
    EXPECT_EQ(ask("POST", "/v1/totp/confirm", confirm, session).status, 200U);
    return secret;
  }
};

TEST_F(OperatorTest, APasswordOpensASessionAndWrongOnesMakeItWait) {
  ASSERT_TRUE(users_->add("ann"));
  EXPECT_EQ(log_in(kPassword).status, 401U);  // none is set
  ASSERT_TRUE(credentials_->set_password("ann", hash_password(kPassword).value()));
  ASSERT_TRUE(users_->grant("ann", {Role::kViewer, ""}));
  const Response session = log_in(kPassword);
  ASSERT_EQ(session.status, 200U) << session.text;
  const std::string secret = member(session, "token");
  EXPECT_EQ(ask("GET", "/v1/devices", "", secret).status, 200U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(log_in("wrong horse battery").status, 401U);
  EXPECT_EQ(log_in(kPassword).status, 429U);
  now_ += 1;
  EXPECT_EQ(log_in("wrong horse battery").status, 401U);
  now_ += 1;
  EXPECT_EQ(log_in(kPassword).status, 429U);
  now_ += 1;
  EXPECT_EQ(log_in(kPassword).status, 200U);
}

TEST_F(OperatorTest, SecretsAreNotInTheDatabase) {
  const std::string secret = token({{Role::kAdmin, ""}});
  ASSERT_TRUE(credentials_->set_password("user-1", hash_password(kPassword).value()));
  const std::string content = content_of(*database_);
  EXPECT_EQ(content.find(secret), std::string::npos);
  EXPECT_EQ(content.find(kPassword), std::string::npos);
  EXPECT_NE(content.find("$argon2id$v=19$m=19456,t=2,p=1$"), std::string::npos);
}

TEST_F(LoginTest, WaitingTellsNobodyWhoIsThere) {
  std::vector<unsigned> nobodys;
  std::vector<unsigned> anns;
  for (int i = 0; i < 5; ++i) {
    nobodys.push_back(log_in("wrong horse battery", "", "nobody").status);
    anns.push_back(log_in("wrong horse battery").status);
  }
  EXPECT_EQ(nobodys, anns);
  EXPECT_EQ(nobodys.back(), 429U);
}

TEST_F(LoginTest, ASecondFactorIsAskedForFromItsConfirmationOn) {
  const std::string session = member(log_in(kPassword), "token");
  const std::string begun = member(ask("POST", "/v1/totp/begin", R"({"v":1})", session), "secret");
  EXPECT_EQ(log_in(kPassword).status, 200U);  // begun is not confirmed
  EXPECT_EQ(ask("POST", "/v1/totp/confirm", R"({"v":1,"code":"12345"})", session).status, 400U);
  const std::string secret = add_totp(session);
  EXPECT_NE(secret, begun);
  now_ += kTotpStep;
  EXPECT_EQ(log_in(kPassword).status, 401U);
  EXPECT_EQ(log_in(kPassword, totp_code(begun, now_ / kTotpStep)).status, 401U);
  EXPECT_EQ(log_in("wrong horse battery", totp_code(secret, now_ / kTotpStep)).status, 401U);
  now_ += 1;  // three wrong ones
  EXPECT_EQ(log_in(kPassword, totp_code(secret, now_ / kTotpStep)).status, 200U);
}

TEST_F(LoginTest, ACodeIsGoodOnce) {
  const std::string secret = add_totp(member(log_in(kPassword), "token"));
  now_ += kTotpStep;
  const std::string code = totp_code(secret, now_ / kTotpStep);
  EXPECT_EQ(log_in(kPassword, code).status, 200U);
  EXPECT_EQ(log_in(kPassword, code).status, 401U);
  now_ += 3 * kTotpStep;
  EXPECT_EQ(log_in(kPassword, code).status, 401U);
}

TEST_F(LoginTest, ASecondFactorIsReplacedByWhoHasIt) {
  const std::string session = member(log_in(kPassword), "token");
  const std::string secret = add_totp(session);
  now_ += kTotpStep;
  EXPECT_EQ(ask("POST", "/v1/totp/begin", R"({"v":1})", session).status, 400U);
  add_totp(session, totp_code(secret, now_ / kTotpStep));
}

TEST_F(LoginTest, AnAdminResetsWhoLostEverything) {
  const std::string session = member(log_in(kPassword), "token");
  add_totp(session);
  const std::string reset = R"({"v":1,"user":"ann","password":"another horse battery"})";
  EXPECT_EQ(ask("POST", "/v1/users/reset", reset, token({{Role::kAdmin, ""}})).status, 200U);
  EXPECT_EQ(ask("GET", "/v1/devices", "", session).status, 401U);
  EXPECT_EQ(log_in(kPassword).status, 401U);
  EXPECT_EQ(log_in("another horse battery").status, 200U);
}

TEST_F(LoginTest, APasswordIsChangedByWhoHasItAndEndsSessionsButNoTokens) {
  const std::string session = member(log_in(kPassword), "token");
  const std::string program =
      member(ask("POST", "/v1/tokens/issue", R"({"v":1,"days":1})", session), "token");
  const auto change = [&](const std::string& old) {
    return ask("POST", "/v1/password",
               R"({"v":1,"user":"ann","new_password":"another horse battery","password":")" + old + "\"}", "")
        .status;
  };
  EXPECT_EQ(change("wrong horse battery"), 401U);
  EXPECT_EQ(change(kPassword), 200U);
  EXPECT_EQ(ask("GET", "/v1/devices", "", session).status, 401U);
  EXPECT_EQ(ask("GET", "/v1/devices", "", program).status, 200U);
  EXPECT_EQ(log_in("another horse battery").status, 200U);
}

TEST_F(LoginTest, SessionsAndTokensAreListedAndRevoked) {
  const std::string session = member(log_in(kPassword), "token");
  const std::string issue = R"({"v":1,"roles":["viewer"]})";
  const std::string program = member(ask("POST", "/v1/tokens/issue", issue, session), "token");
  EXPECT_EQ(ask("POST", "/v1/tokens/issue", issue, program).status, 403U);  // a token makes no tokens
  const Json listed = parse_json(as_bytes(ask("GET", "/v1/tokens", "", program).text)).value();
  const Json::Array tokens = *array_member(listed, "tokens").value()->array();
  ASSERT_EQ(tokens.size(), 2U);
  for (const Json& one : tokens) {
    if (string_member(one, "kind").value() != "token") continue;
    const std::string revoke = R"({"v":1,"id":")" + string_member(one, "id").value() + "\"}";
    EXPECT_EQ(ask("POST", "/v1/tokens/revoke", revoke, token({{Role::kAdmin, ""}})).status, 404U);
    EXPECT_EQ(ask("POST", "/v1/tokens/revoke", revoke, session).status, 200U);
  }
  EXPECT_EQ(ask("GET", "/v1/devices", "", program).status, 401U);
  EXPECT_EQ(ask("POST", "/v1/session/end", R"({"v":1})", session).status, 200U);
  EXPECT_EQ(ask("GET", "/v1/devices", "", session).status, 401U);
}

TEST_F(OperatorTest, TheFirstAdminIsMadeByASecretThatWorksOnceAndNotForLong) {
  const auto redeem = [&](const std::string& secret, const std::string& user) {
    const Json body = Json::Object{{"v", 1}, {"secret", secret}, {"user", user}, {"password", kPassword}};
    return ask("POST", "/v1/first-admin", json_text(body), "").status;
  };
  EXPECT_EQ(redeem("skiff_00", "ann"), 401U);
  const std::string expired = credentials_->offer_first_admin(now_, 60).value().secret;
  now_ += 60;
  EXPECT_EQ(redeem(expired, "ann"), 401U);
  const std::string secret = credentials_->offer_first_admin(now_, 60).value().secret;
  EXPECT_EQ(redeem(secret, "odd name"), 400U);
  EXPECT_EQ(redeem(secret, "ann"), 200U);
  EXPECT_EQ(redeem(secret, "eve"), 401U);
  EXPECT_FALSE(credentials_->offer_first_admin(now_, 60));
  const std::string session = member(log_in(kPassword), "token");
  EXPECT_EQ(ask("POST", "/v1/users/add", R"({"v":1,"user":"bob"})", session).status, 200U);
  EXPECT_EQ(ask("GET", "/v1/users", "", session).status, 200U);
}

// RFC 6238, appendix B; the last six of its eight digits.
TEST(Totp, CodesAreThoseOfTheRfc) {
  const std::string secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";  // "12345678901234567890"
  const std::pair<std::int64_t, const char*> cases[] = {{59, "287082"},
                                                        {1'111'111'109, "081804"},
                                                        {1'111'111'111, "050471"},
                                                        {1'234'567'890, "005924"},
                                                        {2'000'000'000, "279037"},
                                                        {20'000'000'000, "353130"}};
  for (const auto& [time, code] : cases) {
    EXPECT_EQ(totp_code(secret, time / kTotpStep), code);
    EXPECT_EQ(totp_step(secret, code, time, 0), time / kTotpStep);
  }
}

TEST(Totp, NeighbouringStepsAreTakenAndNoOthers) {
  const std::string secret = new_totp_secret();
  EXPECT_EQ(secret.size(), 32U);
  constexpr std::int64_t kStep = 1'000'000;
  for (std::int64_t step = kStep - 3; step <= kStep + 3; ++step) {
    const bool is_near = step >= kStep - 1 && step <= kStep + 1;
    EXPECT_EQ(totp_step(secret, totp_code(secret, step), kStep * kTotpStep, 0).has_value(), is_near) << step;
  }
  EXPECT_FALSE(totp_step(secret, "", kStep * kTotpStep, 0));
  EXPECT_FALSE(totp_step("", "000000", kStep * kTotpStep, 0));
}

}  // namespace
}  // namespace skiff::server::test
