#include "agent/net/gated_server.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/agent/small_device.hpp"

namespace skiff::testing {
namespace {

using agent::GatedServer;
using agent::LinkAccount;
using agent::LinkPolicy;

constexpr std::int64_t kNoon = agent::kBuildTime / 86'400 * 86'400 + 43'200;
constexpr std::uint64_t kBudget = 100'000;

/// A server with a file of a megabyte, an account on disk, and a clock that stands at noon UTC.
class Gate : public ::testing::Test {
 protected:
  Gate() {
    ::setenv("TZ", "UTC", 1);
    server.delta = Bytes(1'000'000);
    clock.time = kNoon;
  }
  ~Gate() override { ::unsetenv("TZ"); }

  /// One life of the program: `work` with the gate.
  template <typename Work>
  auto live(const Work& work) {
    LinkAccount account = std::move(*LinkAccount::open(storage, "state"));
    GatedServer gate(server, account, policy, {clock, 0});
    return work(gate);
  }
  agent::RangeOutcome fetch(std::uint64_t length) {
    return live([&](GatedServer& gate) {
      return gate.fetch({"file", server.delta.size(), "\"tag\""}, {0, length},
                        [&](ByteView part) -> Result<bool> {
                          fetched += part.size();
                          return true;
                        });
    });
  }
  /// Fetches until something is against it.
  Result<void> exhaust() {
    for (;;) SKIFF_TRY(fetch(kBudget).result);
  }
  agent::LinkUse use() { return LinkAccount::open(storage, "state")->use(); }

  MemoryStorage storage;
  FakeServer server;
  FakeClock clock;
  LinkPolicy policy;
  std::uint64_t fetched = 0;
};

void expect_held(const Result<void>& result, std::string_view why) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().rule, agent::kHeldRule);
  EXPECT_NE(result.error().text().find(why), std::string::npos) << result.error().text();
}

TEST_F(Gate, WithoutAPolicyNothingIsHeldOrWritten) {
  ASSERT_EQ(use(), agent::LinkUse{});
  const std::uint64_t before = storage.changes();
  ASSERT_TRUE(fetch(1'000'000).result);
  EXPECT_EQ(fetched, 1'000'000U);
  EXPECT_EQ(storage.changes(), before);
}

TEST_F(Gate, ABudgetIsNotPassedAndOutlivesTheProgram) {
  policy.budget = kBudget;
  policy.period = LinkPolicy::Period::kDay;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(fetch(40'000).result);
  EXPECT_EQ(use().bytes, 80'000U);
  expect_held(exhaust(), "budget");
  EXPECT_LE(server.wire, kBudget);
  EXPECT_GE(server.wire, kBudget - 6'000) << "what was left was used";
  const std::uint64_t before = server.wire;
  expect_held(fetch(40'000).result, "the budget of 100000 bytes a day is spent");
  EXPECT_EQ(server.wire, before);
  EXPECT_EQ(use().held, "the budget of 100000 bytes a day is spent");
}

TEST_F(Gate, TheNextPeriodHasABudgetOfItsOwn) {
  policy.budget = kBudget;
  for (const auto period : {LinkPolicy::Period::kDay, LinkPolicy::Period::kMonth}) {
    policy.period = period;
    clock.time += 40 * 86'400;
    expect_held(exhaust(), "budget");
    const std::uint64_t wait = live([&](GatedServer& gate) {
      EXPECT_FALSE(gate.fetch({}, {0, 1}, {}).result);
      return *gate.retry_after();
    });
    clock.time += static_cast<std::int64_t>(wait) - 1;
    expect_held(fetch(1).result, "budget");
    clock.time += 1;
    EXPECT_TRUE(fetch(1).result);
    EXPECT_EQ(use().bytes, 1U);
    EXPECT_EQ(use().held, "");
  }
}

TEST_F(Gate, AClockThatIsNotSetBeginsNoPeriod) {
  policy.budget = kBudget;
  expect_held(exhaust(), "budget");
  clock.time = 1'000;
  expect_held(fetch(1).result, "budget");
}

TEST_F(Gate, APowerCutInADownloadForgetsNoByte) {
  policy.budget = kBudget;
  server.on_bytes = [&](ByteRange range) {
    if (range.offset >= 50'000) storage.cut_after(1);
  };
  (void)fetch(kBudget);
  ASSERT_TRUE(storage.is_dead());
  storage.power_cycle(Fate::kLost, 1);
  EXPECT_GE(use().bytes, fetched);
  EXPECT_LE(use().bytes, fetched + kBudget / 50);
}

TEST_F(Gate, ADownloadEndsWithItsWindow) {
  policy.download = agent::Windows({agent::parse_window("11:00-13:00").value()});
  server.on_bytes = [&](ByteRange range) {
    if (range.offset == 5'000) clock.time = kNoon + 3'600;
  };
  expect_held(fetch(1'000'000).result, "outside the download windows 11:00-13:00");
  EXPECT_EQ(fetched, 6'000U);
  EXPECT_EQ(use().held, "outside the download windows 11:00-13:00");
  clock.time = kNoon + 86'400;
  EXPECT_TRUE(fetch(1'000).result);
  EXPECT_EQ(use().held, "");
}

TEST_F(Gate, WindowsAreClosedWhileTheClockIsNotSet) {
  policy.download = agent::Windows({agent::parse_window("00:00-24:00").value()});
  clock.time = 43'200;
  expect_held(fetch(1).result, "the clock is not set");
}

TEST_F(Gate, NothingIsAskedForOutsideTheWindows) {
  policy.download = agent::Windows({agent::parse_window("13:00-14:00").value()});
  server.on_authorise = [] { return fail(ErrorKind::kUsage, "asked"); };
  const auto asked = [](GatedServer& gate) { return gate.authorise({}, {}, 0).map([](const auto&) {}); };
  expect_held(live(asked), "outside");
  EXPECT_EQ(live([&](GatedServer& gate) {
              EXPECT_FALSE(asked(gate));
              return *gate.retry_after();
            }),
            3'600U);
}

TEST_F(Gate, AMeteredLinkCarriesDeltasAndNoFullImage) {
  policy.metered = true;
  const auto asked = [](GatedServer& gate) { return gate.authorise({}, {}, 0).map([](const auto&) {}); };
  server.installation.delta.length = 5'000;
  expect_held(live(asked), "metered link: a full image of 5000 bytes");
  server.installation.delta.base.length = 1;
  EXPECT_TRUE(live(asked));
  policy.largest_download = 4'999;
  expect_held(live(asked), "a download of 5000 bytes, over 4999");
}

TEST_F(Gate, ContactIsNeverRefused) {
  policy.download = agent::Windows({agent::parse_window("13:00-14:00").value()});
  policy.budget = kBudget;
  ASSERT_TRUE(live([](GatedServer& gate) { return gate.check_in({}); }));
  EXPECT_TRUE(live([](GatedServer& gate) { return gate.send_report(R"({"id":"x"})"); }));
}

}  // namespace
}  // namespace skiff::testing
