// The power cut in every change of storage of whole updates; SKIFF_POWER_CUTS=N in the environment takes N
// seeds a change instead of kSeeds.
#include "tests/agent/power_cut.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <map>

#include "tests/agent/small_device.hpp"

namespace skiff::testing {
namespace {

using agent::Slot;

constexpr unsigned kSeeds = 40;
constexpr unsigned kLoaderSeeds = 5;  ///< with boot loaders other than `skiff-agent boot`

unsigned seeds(Loader loader) {
  const char* const told = std::getenv("SKIFF_POWER_CUTS");
  return told == nullptr ? loader == Loader::kFile ? kSeeds : kLoaderSeeds
                         : static_cast<unsigned>(std::strtoul(told, nullptr, 10));
}

/// The log of thousands of updates goes nowhere.
class PowerCuts : public ::testing::TestWithParam<std::pair<Situation, Loader>> {
 protected:
  PowerCuts() {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nowhere, STDERR_FILENO);
    ::close(nowhere);
  }
  ~PowerCuts() override {
    ::dup2(kept_, STDERR_FILENO);
    ::close(kept_);
  }

 private:
  int kept_ = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
};

PowerCut cut_of(Situation situation, Loader loader, std::uint64_t change, unsigned seed) {
  return {situation, change, kFates[seed % kFates.size()], seed, seed / kFates.size() % 2 == 1, loader, {}};
}

std::string text(const PowerCut& cut) {
  return to_string(cut.situation) + " with " + to_string(cut.loader) + ": cut in change " +
         std::to_string(cut.change) + ", fate " + std::to_string(static_cast<int>(cut.fate)) + ", seed " +
         std::to_string(cut.seed) + (cut.again ? ", and again" : "");
}

TEST(PowerCut, AnUndisturbedUpdateCommitsAndReports) {
  SmallDevice device;
  const Result<int> boots = device.converge(Fate::kLost, 0);
  ASSERT_TRUE(boots) << boots.error().text();
  EXPECT_EQ(*boots, 2);
  EXPECT_EQ(device.running(), Slot::kB);
  EXPECT_EQ(device.slot_content(Slot::kB), device.image(Slot::kB));
  EXPECT_EQ(device.last_outcome(), "committed");
  const Json& report = device.server.reports.begin()->second;
  const Json& bytes = **object_member(report, "bytes");
  EXPECT_EQ(*unsigned_member(bytes, "payload"), device.server.delta.size());
  EXPECT_EQ(*unsigned_member(bytes, "wasted"), 0U);
}

TEST_P(PowerCuts, AtEveryChangeBreakNoPromise) {
  const auto [situation, loader] = GetParam();
  const std::uint64_t changes = changes_of(situation, loader).size();
  ASSERT_GT(changes, 0U);
  for (std::uint64_t change = 1; change <= changes; ++change) {
    for (unsigned seed = 0; seed < seeds(loader); ++seed) {
      const PowerCut cut = cut_of(situation, loader, change, seed);
      ASSERT_EQ(broken_promise(cut), "") << text(cut);
    }
  }
}

/// With the other boot loaders only those in which the boot state goes another way.
std::vector<std::pair<Situation, Loader>> all_updates() {
  constexpr std::array kOfBoot = {Situation::kFresh, Situation::kRollBack, Situation::kTriesOut,
                                  Situation::kCommit};
  std::vector<std::pair<Situation, Loader>> updates;
  for (const Situation situation : kSituations) updates.emplace_back(situation, Loader::kFile);
  for (const Loader loader : {Loader::kGrub, Loader::kUbootRauc, Loader::kUbootMender}) {
    for (const Situation situation : kOfBoot) updates.emplace_back(situation, loader);
  }
  return updates;
}

INSTANTIATE_TEST_SUITE_P(Of, PowerCuts, ::testing::ValuesIn(all_updates()), [](const auto& tested) {
  return to_string(tested.param.first) + to_string(tested.param.second);
});

class PowerCutTest : public PowerCuts {};

/// AtEveryChangeBreakNoPromise makes one run for each change and seed; some of them leave the same bytes
/// behind.
TEST_F(PowerCutTest, AreEnoughForTwentyThousandRuns) {
  std::uint64_t runs = 0;
  for (const auto& [situation, loader] : all_updates()) {
    runs += changes_of(situation, loader).size() * (loader == Loader::kFile ? kSeeds : kLoaderSeeds);
  }
  RecordProperty("runs", std::to_string(runs));
  EXPECT_GE(runs, 20'000U);
}

/// The syncs of an update, each once, with a boot loader that it happens with; those of reports, whose names
/// are random, as one.
std::map<std::string, Loader> syncs_of_updates() {
  constexpr std::string_view kReport = "sync state/reports/";
  std::map<std::string, Loader> syncs;
  for (const auto& [situation, loader] : all_updates()) {
    for (const std::string& change : changes_of(situation, loader)) {
      if (change.starts_with("sync"))
        syncs.try_emplace(change.starts_with(kReport) ? std::string(kReport) : change, loader);
    }
  }
  return syncs;
}

/// Whether some cut shows that the sync is missing.
bool is_caught(const std::string& sync, Loader loader) {
  for (const Situation situation : kSituations) {
    const std::uint64_t changes = changes_of(situation, loader).size();
    for (std::uint64_t change = 0; change <= changes; ++change) {
      for (unsigned seed = 0; seed < kFates.size(); ++seed) {
        PowerCut cut = cut_of(situation, loader, change, seed);
        cut.elided = sync;
        if (!broken_promise(cut).empty()) return true;
      }
    }
  }
  return false;
}

TEST_F(PowerCutTest, EverySyncIsMissedWhereItIsNotMade) {
  const std::map<std::string, Loader> syncs = syncs_of_updates();
  EXPECT_GE(syncs.size(), 15U);
  for (const auto& [sync, loader] : syncs) EXPECT_TRUE(is_caught(sync, loader)) << sync;
}

}  // namespace
}  // namespace skiff::testing
