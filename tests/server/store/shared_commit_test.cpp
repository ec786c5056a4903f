// Transactions that share a commit: when they do, what each of them is answered, and what a failure takes
// with it.
#include "store/shared_commit.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <stdexcept>
#include <thread>

#include "store/database.hpp"
#include "tests/server/fleet_files.hpp"

namespace skiff::server::test {
namespace {

using Step = SharedCommit::Step;
using Outcome = std::future<void>;  ///< of a transaction: void, or what it threw

constexpr std::chrono::seconds kPatience{20};

class SharedCommits : public ::testing::Test {
 protected:
  SharedCommits() {
    dialect_->connect(sql_);
    dialect_->connect(other_);
    sql_ << "CREATE TABLE notes (number INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL)";
    sql_ << "CREATE TABLE answers (note INTEGER REFERENCES notes (number) DEFERRABLE INITIALLY DEFERRED)";
  }

  static Step add(const std::string& text) {
    return [text](soci::session& sql) { sql << "INSERT INTO notes (text) VALUES (:text)", soci::use(text); };
  }
  /// Has the turn until `count` others wait for it.
  Step until_waiting(std::uint64_t count, const Step& step) {
    return [this, count, step](soci::session& sql) {
      while (commits_.waiting() < count) std::this_thread::yield();
      step(sql);
    };
  }
  /// Runs these at once: the first has the turn until all others wait for it, in their order.
  std::vector<Outcome> run(const std::vector<Step>& steps) {
    std::vector<Outcome> outcomes;
    std::promise<void> all;
    std::atomic<bool> began = false;
    const Step first = [&, go = all.get_future().share()](soci::session& sql) {
      began = true;
      go.wait();
      steps[0](sql);
    };
    for (std::size_t i = 0; i < steps.size(); ++i) {
      outcomes.push_back(
          std::async(std::launch::async, [this, &step = i == 0 ? first : steps[i]] { commits_.run(step); }));
      while (i == 0 ? !began : commits_.waiting() < i) std::this_thread::yield();
    }
    all.set_value();
    for (const Outcome& outcome : outcomes) outcome.wait();
    return outcomes;
  }

  /// What another connection sees, in order: what is committed.
  std::string committed() {
    std::string text;
    const soci::rowset<std::string> found = other_.prepare << "SELECT text FROM notes ORDER BY number";
    for (const std::string& one : found) text += one;
    return text;
  }
  /// Commits that changed the file so far, by its header (SQLite's file format, 1.3.7).
  std::uint32_t commits() const {
    constexpr std::streamoff kChangeCounter = 24;
    std::ifstream file(folder_.path() / "db", std::ios::binary);
    file.seekg(kChangeCounter);
    std::uint32_t count = 0;
    for (int i = 0; i < 4; ++i) count = count << 8 | static_cast<std::uint32_t>(file.get());
    return count;
  }

  TemporaryFolder folder_{memory_folder()};
  std::unique_ptr<Dialect> dialect_ = Dialect::of(sqlite_url(folder_.path() / "db")).value();
  soci::session sql_;
  soci::session other_;
  SharedCommit commits_{*dialect_, sql_};
};

TEST_F(SharedCommits, AreThoseOfTransactionsThatWaitTogether) {
  const std::uint32_t before = commits();
  for (Outcome& outcome : run({add("a"), add("b"), add("c"), add("d")})) EXPECT_NO_THROW(outcome.get());
  EXPECT_EQ(commits(), before + 1);
  EXPECT_EQ(committed(), "abcd");
}

TEST_F(SharedCommits, AreNotThoseOfTransactionsThatComeOneAfterTheOther) {
  const std::uint32_t before = commits();
  commits_.run(add("a"));
  EXPECT_EQ(committed(), "a");
  commits_.run(add("b"));
  EXPECT_EQ(committed(), "ab");
  EXPECT_EQ(commits(), before + 2);
}

TEST_F(SharedCommits, AnswerNobodyBefore) {
  std::future<void> first;
  std::atomic<bool> is_held = true;
  const Step hold = [&](soci::session& sql) {
    add("b")(sql);
    while (is_held) std::this_thread::yield();
  };
  std::atomic<bool> began = false;
  first = std::async(std::launch::async, [&] {
    commits_.run([&](soci::session& sql) {
      began = true;
      until_waiting(1, add("a"))(sql);
    });
  });
  while (!began) std::this_thread::yield();
  Outcome second = std::async(std::launch::async, [&] { commits_.run(hold); });
  EXPECT_EQ(first.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  EXPECT_EQ(committed(), "");
  is_held = false;
  first.get();
  EXPECT_EQ(committed(), "ab");
  second.get();
}

TEST_F(SharedCommits, LetThoseGoThatFoundNothingToCommit) {
  commits_.run(add("a"));  // from here on it is known what is committed
  std::promise<void> answered;
  std::shared_future<void> is_answered = answered.get_future().share();
  std::atomic<bool> began = false;
  Outcome reader = std::async(std::launch::async, [&] {
    commits_.run([&](soci::session& sql) {
      began = true;
      until_waiting(1, [](soci::session&) {})(sql);
    });
    answered.set_value();
  });
  while (!began) std::this_thread::yield();
  commits_.run([&](soci::session& sql) {
    add("b")(sql);
    EXPECT_EQ(is_answered.wait_for(kPatience), std::future_status::ready);
  });
  EXPECT_EQ(committed(), "ab");
}

TEST_F(SharedCommits, AreNotSpoiltByOneThatFails) {
  const Step fail = [](soci::session& sql) {
    add("x")(sql);
    throw std::runtime_error("odd");
  };
  for (std::size_t failing = 0; failing < 4; ++failing) {
    std::vector<Step> steps = {add("a"), add("b"), add("c")};
    steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(failing), fail);
    std::vector<Outcome> outcomes = run(steps);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      if (i == failing) {
        EXPECT_THROW(outcomes[i].get(), std::runtime_error);
      } else {
        EXPECT_NO_THROW(outcomes[i].get());
      }
    }
    EXPECT_EQ(committed(), "abc") << failing;
    commits_.run([](soci::session& sql) { sql << "DELETE FROM notes"; });
  }
}

TEST_F(SharedCommits, FailForAllWhereTheyFail) {
  const Step dangling = [](soci::session& sql) { sql << "INSERT INTO answers (note) VALUES (99)"; };
  for (Outcome& outcome : run({add("a"), dangling, add("b")})) EXPECT_THROW(outcome.get(), soci::soci_error);
  EXPECT_EQ(committed(), "");
  commits_.run(add("c"));
  EXPECT_EQ(committed(), "c");
}

TEST_F(SharedCommits, FailForThoseWhoseChangesWereLostWithTheTransaction) {
  const Step lose = [](soci::session& sql) {
    sql << "ROLLBACK";  // as SQLite does after some errors
    throw std::runtime_error("odd");
  };
  std::vector<Outcome> outcomes = run({add("a"), lose, add("b")});
  EXPECT_THROW(outcomes[0].get(), std::runtime_error);
  EXPECT_THROW(outcomes[1].get(), std::runtime_error);
  EXPECT_NO_THROW(outcomes[2].get());
  EXPECT_EQ(committed(), "b");
}

}  // namespace
}  // namespace skiff::server::test
