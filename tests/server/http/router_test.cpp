// Policy and routing: pure functions from a request's head.
#include "http/router.hpp"

#include <gtest/gtest.h>

#include "skiff/json.hpp"

namespace skiff::server {
namespace {

RequestHead make_head(std::string method, std::string target, Fields fields, unsigned version = 11) {
  return {std::move(method), std::move(target), version, std::move(fields)};
}

const Field kHost = {"host", "h"};

struct PolicyCase {
  const char* name;
  RequestHead head;
  unsigned status;  ///< 0: accepted
};

const PolicyCase kPolicyCases[] = {
    {"plain GET", make_head("GET", "/a", {kHost}), 0},
    {"GET with an empty body", make_head("GET", "/a", {kHost, {"content-length", "0"}}), 0},
    {"POST with a length", make_head("POST", "/a", {kHost, {"content-length", "12"}}), 0},
    {"no Host", make_head("GET", "/a", {}), 400},
    {"two Hosts", make_head("GET", "/a", {kHost, kHost}), 400},
    {"HTTP/1.0", make_head("GET", "/a", {kHost}, 10), 400},
    {"chunked", make_head("POST", "/a", {kHost, {"transfer-encoding", "chunked"}}), 411},
    {"chunked and length",
     make_head("POST", "/a", {kHost, {"transfer-encoding", "x"}, {"content-length", "1"}}), 411},
    {"gzip coding", make_head("GET", "/a", {kHost, {"transfer-encoding", "gzip"}}), 411},
    {"empty coding", make_head("GET", "/a", {kHost, {"transfer-encoding", ""}}), 411},
    {"POST without a length", make_head("POST", "/a", {kHost}), 411},
    {"two lengths", make_head("POST", "/a", {kHost, {"content-length", "1"}, {"content-length", "1"}}), 400},
    {"list of lengths", make_head("POST", "/a", {kHost, {"content-length", "4, 4"}}), 400},
    {"negative length", make_head("POST", "/a", {kHost, {"content-length", "-1"}}), 400},
    {"signed length", make_head("POST", "/a", {kHost, {"content-length", "+1"}}), 400},
    {"hexadecimal length", make_head("POST", "/a", {kHost, {"content-length", "0x1"}}), 400},
    {"empty length", make_head("POST", "/a", {kHost, {"content-length", ""}}), 400},
    {"length past 64 bits", make_head("POST", "/a", {kHost, {"content-length", "18446744073709551616"}}),
     413},
    {"absolute target", make_head("GET", "http://h/a", {kHost}), 400},
    {"authority target", make_head("CONNECT", "h:1", {kHost}), 400},
    {"asterisk target", make_head("OPTIONS", "*", {kHost}), 400},
    {"target beyond ASCII", make_head("GET", "/\xc3\xa4", {kHost}), 400},
    {"control character in the target", make_head("GET", "/a\x01", {kHost}), 400},
};

TEST(Policy, EveryNamedHeadIsJudgedAsTheTableSays) {
  for (const PolicyCase& c : kPolicyCases) {
    const auto length = check_head(c.head);
    EXPECT_EQ(length ? 0 : length.error().status, c.status) << c.name;
    if (!length) {
      EXPECT_TRUE(length.error().close) << c.name;
    }
  }
}

TEST(Policy, GivesTheLengthOfTheBody) {
  EXPECT_EQ(check_head(make_head("POST", "/a", {kHost, {"content-length", "0012"}})).value(), 12U);
  EXPECT_EQ(check_head(make_head("GET", "/a", {kHost})).value(), 0U);
}

Router make_router() {
  const auto handler = [](const Request&) { return Response{}; };
  return Router({{{"GET", "HEAD"}, "/files/", 0, true, handler},
                 {{"POST"}, "/say", 10, true, handler},
                 {{"GET"}, "/open", 0, false, handler}});
}

unsigned status_of(const std::string& method, const std::string& target, bool known,
                   const char* length = "0") {
  Peer peer;
  if (known) peer.serial = "d1";
  const Router router = make_router();
  const auto match = router.match(make_head(method, target, {kHost, {"content-length", length}}), peer);
  return match ? 200 : match.error().status;
}

TEST(Router, FindsARouteByPathAndMethod) {
  EXPECT_EQ(status_of("GET", "/files/x", true), 200U);
  EXPECT_EQ(status_of("HEAD", "/files/x/y", true), 200U);
  EXPECT_EQ(status_of("POST", "/say", true, "10"), 200U);
  EXPECT_EQ(status_of("GET", "/open", false), 200U);
}

TEST(Router, RefusesWhatIsNotInTheTable) {
  EXPECT_EQ(status_of("GET", "/files/", true), 404U);
  EXPECT_EQ(status_of("GET", "/files", true), 404U);
  EXPECT_EQ(status_of("GET", "/say/", true), 404U);
  EXPECT_EQ(status_of("GET", "/say?x", true), 404U);
  EXPECT_EQ(status_of("GET", "/say", true), 405U);
  EXPECT_EQ(status_of("BREW", "/files/x", true), 405U);
  EXPECT_EQ(status_of("POST", "/say", true, "11"), 413U);
  EXPECT_EQ(status_of("GET", "/files/x", true, "1"), 413U);
}

TEST(Router, TellsAStrangerNothingAboutPaths) {
  EXPECT_EQ(status_of("GET", "/files/x", false), 401U);
  EXPECT_EQ(status_of("GET", "/nowhere", false), 401U);
  EXPECT_EQ(status_of("PUT", "/say", false), 401U);
}

TEST(Router, NamesTheMethodsOfAPathThatHasOthers) {
  Peer peer;
  peer.serial = "d1";
  const Router router = make_router();
  const auto match = router.match(make_head("PUT", "/files/x", {kHost}), peer);
  ASSERT_FALSE(match);
  EXPECT_EQ(find_field(match.error().fields, "allow"), "GET, HEAD");
}

TEST(Router, EndsTheConnectionWhereABodyIsLeftUnread) {
  Peer peer;
  peer.serial = "d1";
  const Router router = make_router();
  const auto refused = router.match(make_head("POST", "/no", {kHost, {"content-length", "5"}}), peer);
  const auto empty = router.match(make_head("GET", "/no", {kHost}), peer);
  EXPECT_TRUE(refused.error().close);
  EXPECT_FALSE(empty.error().close);
}

TEST(ErrorResponse, HasTheStatusAndNameOfTheTable) {
  for (const ApiErrorName& entry : api_errors()) {
    const Response response = error_response(entry.error, "because");
    EXPECT_EQ(response.status, entry.status);
    const auto body = parse_json(as_bytes(response.text));
    ASSERT_TRUE(body);
    EXPECT_EQ(string_member(*body, "error").value(), entry.name);
    EXPECT_EQ(string_member(*body, "message").value(), "because");
  }
}

TEST(FormatHead, HasADateAndALengthAndSaysWhenItCloses) {
  Response response;
  response.text = "ok";
  EXPECT_EQ(format_head(response, true, 784111777),
            "HTTP/1.1 200 OK\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\ncontent-length: 2\r\n\r\n");
  response.status = 204;
  EXPECT_EQ(format_head(response, false, 784111777),
            "HTTP/1.1 204 No Content\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\nconnection: close\r\n\r\n");
}

}  // namespace
}  // namespace skiff::server
