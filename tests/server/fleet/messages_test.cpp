// Messages: the JSON examples of API.md, and what is refused.
#include "fleet/messages.hpp"

#include <gtest/gtest.h>

#include "skiff/json.hpp"
#include "skiff/trust.hpp"
#include "tests/server/api_document.hpp"

namespace skiff::server::test {
namespace {

std::string example(std::size_t index) { return api_document().examples.at(index); }

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(CheckIn, TheExampleOfTheContractIsRead) {
  const auto device = parse_check_in(example(0));
  ASSERT_TRUE(device) << device.error().text();
  EXPECT_EQ(device->hardware, "gw1");
  EXPECT_EQ(device->image.length, 104'857'600U);
  EXPECT_EQ(device->codecs, (std::vector<std::string>{"zstd", "cm"}));
  EXPECT_EQ(device->decoder_memory, 33'554'432U);
  EXPECT_EQ(device->repackers, (RepackerVersions{{"deflate", 10'211}, {"xz", 50'040'012}, {"zstd", 10'504}}));
}

TEST(CheckIn, ARefusalNamesTheField) {
  const struct {
    const char* from;
    const char* to;
    const char* field;
  } cases[] = {
      {"\"v\": 1", "\"v\": 2", "v "},
      {"\"gw1\"", "\"gw 1\"", "hardware"},
      {"\"gw1\"", "7", "hardware"},
      {"\"counter_floor\": 1,", "", "counter_floor"},
      {"\"counter_floor\": 1", "\"counter_floor\": -1", "counter_floor"},
      {"\"state\": \"IDLE\"", "\"state\": \"I\\nDLE\"", "state"},
      {"\"length\": 104857600", "\"length\": 104857600, \"x\": 1", "image.x"},
      {"\"length\": 104857600", "\"length\": \"1\"", "image.length"},
      {"\"memory\": 33554432", "\"memory\": 33554432, \"y\": 1", "decoder.y"},
      {"\"xz\": 50040012", "\"xz\": \"5.4\"", "decoder.repackers"},
      {"[1]", "[\"1\"]", "decoder.formats"},
      {"[\"zstd\", \"cm\"]", "[1]", "decoder.codecs"},
      {"\"v\": 1", "\"v\": 1, \"extra\": 1", "extra"},
  };
  for (const auto& c : cases) {
    const auto device = parse_check_in(replaced(example(0), c.from, c.to));
    ASSERT_FALSE(device) << c.to;
    EXPECT_NE(device.error().message.find(c.field), std::string::npos) << device.error().message;
  }
}

TEST(Plan, HasTheMembersOfTheContractsExample) {
  Plan plan;
  plan.kind = PlanKind::kDelta;
  plan.release = "releases/gw1-2.0.img";
  plan.delta = "deltas/0123456789abcdef-fedcba9876543210.skd";
  plan.bytes = 6'500'000;
  plan.full_bytes = 73'000'000;
  plan.poll_after = 1'800;
  EXPECT_EQ(parse_json(as_bytes(plan_json(plan))).value(), parse_json(as_bytes(example(1))).value());
}

TEST(Plan, SaysNoMoreThanItsKindHas) {
  Plan plan;
  plan.poll_after = 9;
  EXPECT_EQ(plan_json(plan), R"({"plan":"nothing","poll_after":9,"v":1})");
  plan.kind = PlanKind::kWait;
  plan.release = "releases/r";
  EXPECT_EQ(plan_json(plan), R"({"plan":"wait","poll_after":9,"release":"releases/r","v":1})");
}

TEST(Report, TheExampleOfTheContractIsRead) {
  const auto report = parse_report(example(2));
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->outcome, "committed");
  EXPECT_EQ(report->wire_bytes, 6'600'000U);
  EXPECT_EQ(report->checks, R"([{"exit":0,"name":"10-network","output":"ok"}])");
}

TEST(Report, OddOnesAreRefused) {
  const struct {
    const char* from;
    const char* to;
  } cases[] = {
      {"\"committed\"", "\"fine\""},
      {"\"0123456789abcdef0123456789abcdef\"", "\"0123\""},
      {"\"0123456789abcdef0123456789abcdef\"", "\"0123456789ABCDEF0123456789abcdef\""},
      {"\"wasted\": 0", "\"wasted\": -1"},
      {"\"exit\": 0", "\"exit\": \"0\""},
      {"\"output\": \"ok\"", "\"output\": \"ok\", \"more\": 1"},
  };
  for (const auto& c : cases) EXPECT_FALSE(parse_report(replaced(example(2), c.from, c.to))) << c.to;
}

TEST(Report, HasAtMostThirtyTwoChecks) {
  const std::string check = R"({"name": "10-network", "exit": 0, "output": "ok"})";
  std::string checks = check;
  for (int i = 1; i < 32; ++i) checks += "," + check;
  EXPECT_TRUE(parse_report(replaced(example(2), check, checks)));
  EXPECT_FALSE(parse_report(replaced(example(2), check, checks + "," + check)));
}

}  // namespace
}  // namespace skiff::server::test
