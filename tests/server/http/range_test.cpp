// Named cases of ranges and conditions (RFC 9110, sections 13 and 14).
#include "http/range.hpp"

#include <gtest/gtest.h>

namespace skiff::server {
namespace {

using Kind = RangeAnswer::Kind;

struct RangeCase {
  const char* name;
  const char* field;
  std::uint64_t length;
  RangeAnswer expected;
};

const RangeCase kRangeCases[] = {
    {"first byte", "bytes=0-0", 10, {Kind::kPart, 0, 1}},
    {"middle", "bytes=2-5", 10, {Kind::kPart, 2, 4}},
    {"open end", "bytes=7-", 10, {Kind::kPart, 7, 3}},
    {"whole by open end", "bytes=0-", 10, {Kind::kPart, 0, 10}},
    {"last byte", "bytes=9-9", 10, {Kind::kPart, 9, 1}},
    {"end past the end is cut", "bytes=5-99", 10, {Kind::kPart, 5, 5}},
    {"end past 64 bits is cut", "bytes=5-99999999999999999999999", 10, {Kind::kPart, 5, 5}},
    {"suffix", "bytes=-3", 10, {Kind::kPart, 7, 3}},
    {"suffix longer than all", "bytes=-30", 10, {Kind::kPart, 0, 10}},
    {"suffix past 64 bits", "bytes=-99999999999999999999999", 10, {Kind::kPart, 0, 10}},
    {"suffix of nothing", "bytes=-0", 10, {Kind::kUnsatisfiable, 0, 0}},
    {"begins at the end", "bytes=10-", 10, {Kind::kUnsatisfiable, 0, 0}},
    {"begins past the end", "bytes=11-12", 10, {Kind::kUnsatisfiable, 0, 0}},
    {"begins past 64 bits", "bytes=99999999999999999999999-", 10, {Kind::kUnsatisfiable, 0, 0}},
    {"nothing of nothing", "bytes=0-", 0, {Kind::kUnsatisfiable, 0, 0}},
    {"suffix of an empty file", "bytes=-1", 0, {Kind::kUnsatisfiable, 0, 0}},
    {"beyond 4 GiB", "bytes=5000000000-5000000001", 6'000'000'000, {Kind::kPart, 5'000'000'000, 2}},
    {"unit in capitals", "BYTES=1-2", 10, {Kind::kPart, 1, 2}},
    {"surrounding space", " bytes=1-2 ", 10, {Kind::kPart, 1, 2}},
    {"several ranges", "bytes=0-1,4-5", 10, {}},
    {"end before start", "bytes=5-2", 10, {}},
    {"other unit", "lines=0-1", 10, {}},
    {"no unit", "0-1", 10, {}},
    {"no dash", "bytes=5", 10, {}},
    {"only a dash", "bytes=-", 10, {}},
    {"empty", "", 10, {}},
    {"negative", "bytes=--5", 10, {}},
    {"plus sign", "bytes=+1-2", 10, {}},
    {"hexadecimal", "bytes=0x1-2", 10, {}},
    {"inner space", "bytes=1 -2", 10, {}},
};

TEST(Range, EveryNamedCaseResolvesAsTheTableSays) {
  for (const RangeCase& c : kRangeCases) EXPECT_EQ(resolve_range(c.field, c.length), c.expected) << c.name;
}

const std::string kEtag = "\"0123\"";
const Bytes kContent = {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'};

Response respond(const std::string& method, Fields fields) {
  Request request;
  request.head.method = method;
  request.head.fields = std::move(fields);
  return representation_response(request,
                                 {std::make_shared<ViewSource>(kContent), kEtag, "text/plain", "no-cache"});
}

struct ConditionCase {
  const char* name;
  const char* method;
  Fields fields;
  unsigned status;
  std::uint64_t length;
};

const ConditionCase kConditionCases[] = {
    {"plain", "GET", {}, 200, 10},
    {"range", "GET", {{"range", "bytes=2-4"}}, 206, 3},
    {"unsatisfiable range", "GET", {{"range", "bytes=10-"}}, 416, 0},
    {"a HEAD has no range", "HEAD", {{"range", "bytes=2-4"}}, 200, 10},
    {"two range fields", "GET", {{"range", "bytes=2-4"}, {"range", "bytes=5-6"}}, 200, 10},
    {"if-range holds", "GET", {{"range", "bytes=2-4"}, {"if-range", kEtag}}, 206, 3},
    {"if-range has another tag", "GET", {{"range", "bytes=2-4"}, {"if-range", "\"x\""}}, 200, 10},
    {"if-range is weak", "GET", {{"range", "bytes=2-4"}, {"if-range", "W/" + kEtag}}, 200, 10},
    {"if-range is a date",
     "GET",
     {{"range", "bytes=2-4"}, {"if-range", "Sun, 22 Nov 2026 08:00:00 GMT"}},
     200,
     10},
    {"if-range fails on a bad range", "GET", {{"range", "bytes=10-"}, {"if-range", "\"x\""}}, 200, 10},
    {"if-none-match holds", "GET", {{"if-none-match", kEtag}}, 304, 0},
    {"if-none-match in a list", "GET", {{"if-none-match", "\"x\", W/" + kEtag}}, 304, 0},
    {"if-none-match star", "HEAD", {{"if-none-match", "*"}}, 304, 0},
    {"if-none-match of another", "GET", {{"if-none-match", "\"x\""}}, 200, 10},
    {"if-none-match goes before range", "GET", {{"if-none-match", kEtag}, {"range", "bytes=2-4"}}, 304, 0},
    {"if-none-match without quotes", "GET", {{"if-none-match", "0123"}}, 200, 10},
};

TEST(Representation, EveryNamedConditionIsAnsweredAsTheTableSays) {
  for (const ConditionCase& c : kConditionCases) {
    const Response response = respond(c.method, c.fields);
    EXPECT_EQ(response.status, c.status) << c.name;
    if (response.streamed) {
      EXPECT_EQ(response.streamed->length, c.length) << c.name;
    }
  }
}

TEST(Representation, APartNamesItsPlaceAndAnUnsatisfiableRangeTheLength) {
  const Response part = respond("GET", {{"range", "bytes=-4"}});
  EXPECT_EQ(find_field(part.fields, "content-range"), "bytes 6-9/10");
  EXPECT_EQ(part.streamed->offset, 6U);
  EXPECT_EQ(find_field(respond("GET", {{"range", "bytes=10-"}}).fields, "content-range"), "bytes */10");
}

TEST(Representation, EveryAnswerButARefusalCarriesTheEtag) {
  for (const ConditionCase& c : kConditionCases) {
    const Response response = respond(c.method, c.fields);
    EXPECT_EQ(find_field(response.fields, "etag").has_value(), c.status != 416) << c.name;
  }
}

}  // namespace
}  // namespace skiff::server
