// Releases over the operators' API: who may upload, where pieces belong, and what publishing is told.
#include "fleet/upload_api.hpp"

#include "tests/server/fleet/operator_fixture.hpp"

namespace skiff::server::test {
namespace {

const std::string kImage = "an image of some bytes";
const std::string kDigest = sha256(as_bytes(kImage)).hex();

class UploadTest : public OperatorTest {
 protected:
  Response piece(const std::string& place, const std::string& bytes, const std::string& token) {
    UploadApi api(*credentials_, uploads_, [this] { return now_; });
    const Route route = api.route();
    const RequestHead head{"POST", "/v1/uploads/" + place, 11, {{"authorization", "Bearer " + token}}};
    if (auto refused = route.before_body(head)) return *std::move(refused);
    return route.handler({head, bytes, {"192.0.2.1", {}, "", ""}});
  }
  Response begin(const std::string& token) {
    const Json body =
        Json::Object{{"v", 1}, {"name", "two.img"}, {"sha256", kDigest}, {"length", kImage.size()}};
    return ask("POST", "/v1/uploads/begin", json_text(body), token);
  }
  Response finish(const std::string& token) {
    return ask("POST", "/v1/uploads/finish", json_text(Json::Object{{"v", 1}, {"sha256", kDigest}}), token);
  }
  static std::uint64_t offset(const Response& answer) {
    return unsigned_member(*parse_json(as_bytes(answer.text)), "offset").value_or(~std::uint64_t{0});
  }
};

TEST_F(UploadTest, APieceIsTakenOfReleasersOfAllDevicesAlone) {
  begin(token({{Role::kReleaser, ""}}));
  for (const Role role : kRoles) {
    for (const char* group : {"", "labs"}) {
      const bool may = (role == Role::kReleaser || role == Role::kAdmin) && *group == '\0';
      const Response answer = piece(kDigest + "/99", "x", token({{role, group}}));
      EXPECT_EQ(answer.status, may ? 409U : 403U) << to_string(role) << " of '" << group << "'";
    }
  }
  EXPECT_EQ(piece(kDigest + "/0", "x", "skiff_00").status, 401U);
}

TEST_F(UploadTest, PiecesMakeAnImage) {
  const std::string releaser = token({{Role::kReleaser, ""}});
  EXPECT_EQ(offset(begin(releaser)), 0U);
  EXPECT_EQ(offset(piece(kDigest + "/0", "an ", releaser)), 3U);
  const Response wrong = piece(kDigest + "/4", "x", releaser);
  EXPECT_EQ(wrong.status, 409U);
  EXPECT_EQ(offset(wrong), 3U);
  EXPECT_EQ(finish(releaser).status, 409U);
  EXPECT_EQ(offset(begin(releaser)), 3U);
  EXPECT_EQ(piece(kDigest + "/3", kImage.substr(3), releaser).status, 200U);
  const Response done = finish(releaser);
  EXPECT_EQ(done.status, 200U) << done.text;
  const Response list = ask("GET", "/v1/uploads", "", releaser);
  EXPECT_NE(list.text.find("\"user\":\"user-1\",\"verified\":true"), std::string::npos) << list.text;
  const auto entries = audit_->list(0, 10).value();
  ASSERT_EQ(entries.size(), 4U);  // begun twice, finished twice
  EXPECT_EQ(entries.front().object, "two.img");
}

TEST_F(UploadTest, OddPlacesAreNowhere) {
  const std::string releaser = token({{Role::kReleaser, ""}});
  for (const std::string& place :
       {std::string("x/0"), kDigest, kDigest + "/", kDigest + "/-1", kDigest + "/1x",
        kDigest + "/99999999999999999999", "../" + kDigest + "/0"}) {
    EXPECT_EQ(piece(place, "x", releaser).status, 404U) << place;
  }
  EXPECT_EQ(piece(kDigest + "/0", "x", releaser).status, 404U);  // not begun
}

TEST_F(UploadTest, ALongBodyIsReadForThoseWhoHaveATokenAlone) {
  const auto routes = api_->routes();
  const auto publish = std::find_if(routes.begin(), routes.end(), [](const Route& route) {
    return route.path == "/v1/repository/publish";
  });
  ASSERT_NE(publish, routes.end());
  EXPECT_GT(publish->max_body, kMaxOperatorBody);
  const auto refusal = publish->before_body({"POST", "/v1/repository/publish", 11, {}});
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 401U);
  for (const Route& route : routes) EXPECT_EQ(route.max_body > kMaxOperatorBody, bool(route.before_body));
}

TEST_F(UploadTest, WhatIsPublishedIsWrittenDownByName) {
  const std::string releaser = token({{Role::kReleaser, ""}});
  const std::string body = R"({"v":1,"files":{"4.releases.json":{"signed":{"version":4}}}})";
  EXPECT_EQ(ask("POST", "/v1/repository/publish", body, releaser).status, 200U);
  EXPECT_TRUE(published_.contains("4.releases.json"));
  EXPECT_EQ(audit_->list(0, 10)->back().detail, "allowed: 4.releases.json");
  const Response refused = ask("POST", "/v1/repository/publish", R"({"v":1,"files":{}})", releaser);
  EXPECT_EQ(refused.status, 400U);
  EXPECT_NE(refused.text.find("0 of 1 signatures"), std::string::npos);
}

}  // namespace
}  // namespace skiff::server::test
