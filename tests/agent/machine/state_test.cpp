#include "agent/machine/state.hpp"

#include <gtest/gtest.h>

#include "agent/machine/reconcile.hpp"
#include "agent/machine/trusted_time.hpp"
#include "skiff/io.hpp"
#include "tests/source_folder.hpp"

namespace skiff::agent {
namespace {

std::string table_of_document() {
  const Result<Bytes> text = read_file(testing::source_folder() + "/agent/STATES.md", 65'536);
  EXPECT_TRUE(text);
  const std::string document(as_text(*text));
  const std::string heading = "| from | event | to |\n|---|---|---|\n";
  const std::size_t begin = document.find(heading);
  EXPECT_NE(begin, std::string::npos);
  const std::size_t end = document.find("\n\n", begin);
  return document.substr(begin + heading.size(), end + 1 - begin - heading.size());
}

TEST(State, TheDocumentHasTheTableOfTheProgram) {
  std::string table;
  for (const Transition& row : kTransitions) {
    table += "| " + std::string(to_string(row.from)) + " | " + std::string(to_string(row.event)) + " | " +
             std::string(to_string(row.to)) + " |\n";
  }
  EXPECT_EQ(table_of_document(), table);
}

TEST(State, NamesAreReadBack) {
  for (std::size_t i = 0; i < kStates; ++i) {
    const auto state = static_cast<State>(i);
    EXPECT_EQ(state_of(to_string(state)), state);
  }
  EXPECT_EQ(state_of("RUNNING"), std::nullopt);
}

TEST(State, AnEventThatCannotHappenHasNoAnswer) {
  EXPECT_EQ(next_state(State::kCommitted, Event::kTrialFailed), std::nullopt);
  EXPECT_EQ(next_state(State::kApplying, Event::kArmingDecided), std::nullopt);
}

struct ReconcileCase {
  Situation situation;
  std::optional<Event> event;
};

TEST(Reconcile, KnowsEverySituationAStartCanFind) {
  const ReconcileCase cases[] = {
      {{State::kIdle, Slot::kB, Slot::kA, Bootable::kBad}, std::nullopt},
      {{State::kApplying, Slot::kB, Slot::kA, Bootable::kBad}, std::nullopt},
      {{State::kApplying, Slot::kB, Slot::kB, Bootable::kGood}, Event::kUpdateFailed},
      {{State::kVerified, Slot::kB, Slot::kB, Bootable::kGood}, Event::kUpdateFailed},
      {{State::kArmed, Slot::kB, Slot::kA, Bootable::kBad}, std::nullopt},
      {{State::kArmed, Slot::kB, Slot::kA, Bootable::kArmed}, std::nullopt},
      {{State::kArmed, Slot::kB, Slot::kA, Bootable::kExhausted}, Event::kBootedOld},
      {{State::kArmed, Slot::kB, Slot::kB, Bootable::kArmed}, Event::kBootedNew},
      {{State::kTrial, Slot::kB, Slot::kB, Bootable::kArmed}, std::nullopt},
      {{State::kChecks, Slot::kB, Slot::kA, Bootable::kExhausted}, Event::kBootedOld},
      {{State::kContact, Slot::kB, Slot::kB, Bootable::kArmed}, std::nullopt},
      {{State::kContact, Slot::kB, Slot::kB, Bootable::kGood}, Event::kCommitted},
      {{State::kContact, Slot::kB, Slot::kA, Bootable::kBad}, Event::kBootedOld},
      {{State::kCommitted, Slot::kB, Slot::kB, Bootable::kGood}, std::nullopt},
      {{State::kRolledBack, Slot::kB, Slot::kA, Bootable::kBad}, std::nullopt},
  };
  for (const ReconcileCase& c : cases) {
    EXPECT_EQ(reconcile(c.situation), c.event) << to_string(c.situation.state);
  }
}

TEST(Reconcile, NamesOnlyEventsThatTheTableAllows) {
  for (std::size_t state = 0; state < kStates; ++state) {
    for (const Slot running : {Slot::kA, Slot::kB}) {
      for (int bootable = 0; bootable < 4; ++bootable) {
        const Situation now{static_cast<State>(state), Slot::kB, running, static_cast<Bootable>(bootable)};
        const std::optional<Event> event = reconcile(now);
        EXPECT_TRUE(!event || next_state(now.state, *event)) << to_string(now.state);
      }
    }
  }
}

TEST(TrustedTime, IsTheLatestThatCanBe) {
  constexpr std::int64_t kBuild = 1'000'000'000;
  EXPECT_EQ(trusted_time({0, 0, kBuild, 0}), kBuild) << "no clock: 1970";
  EXPECT_EQ(trusted_time({kBuild - 5, 0, kBuild, 0}), kBuild) << "a clock before the build";
  EXPECT_EQ(trusted_time({kBuild + 5, 0, kBuild, 0}), kBuild + 5) << "a good clock";
  EXPECT_EQ(trusted_time({kBuild + 5, kBuild + 9, kBuild, 0}), kBuild + 9) << "a clock that was set back";
  EXPECT_EQ(trusted_time({0, kBuild + 1, kBuild, kBuild + 7}), kBuild + 7) << "a release signed later";
  EXPECT_EQ(trusted_time({kBuild + kLongestLife + 1, kBuild + 3, kBuild, 0}), kBuild + 3) << "2106";
  EXPECT_EQ(trusted_time({kBuild + kLongestLife, 0, kBuild, 0}), kBuild + kLongestLife)
      << "the last good second";
  EXPECT_EQ(trusted_time({(std::int64_t{1} << 31) + 1, 0, kBuildTime, 0}), (std::int64_t{1} << 31) + 1)
      << "past 2038";
}

}  // namespace
}  // namespace skiff::agent
