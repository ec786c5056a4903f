// The database itself: what a failed transaction leaves, what two of them see of each other, and what is
// refused.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "fleet/report_intake.hpp"
#include "store/devices.hpp"
#include "store/leadership.hpp"
#include "store/reports.hpp"
#include "tests/server/store/database_fixture.hpp"

namespace skiff::server::test {
namespace {

class DatabaseTest : public StoreTest {
 protected:
  /// Runs `work(Database&)` in so many threads at once, each with a connection of its own.
  template <typename Work>
  void in_threads(int count, const Work& work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([&] {
        const auto own = Database::open(url());
        ASSERT_TRUE(own) << own.error().text();
        work(**own);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
};

/// What only a file can do.
class SqliteTest : public StoreTest {};

/// What only a server of databases can do.
class PostgresqlTest : public StoreTest {
 protected:
  [[nodiscard]] std::string named_url() const { return url() + "&application_name=" + name_; }
  /// Ends the connections of named_url(), as a restart of PostgreSQL does.
  void end_connections() const {
    soci::session sql("postgresql", postgresql_url());
    const soci::rowset<int> ended =
        (sql.prepare << "SELECT CAST(pg_terminate_backend(pid, 10000) AS INTEGER) FROM pg_stat_activity"
                        " WHERE application_name = :name",
         soci::use(name_));
    ASSERT_NE(std::distance(ended.begin(), ended.end()), 0);
  }

  const std::string name_ = folder_.path().filename().string();
};

TEST_F(DatabaseTest, OfTransactionsThatMeetNoneIsLost) {
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  ASSERT_TRUE(database_->transact("count", [](soci::session& sql) {
    sql << "CREATE TABLE counter (value BIGINT NOT NULL)";
    sql << "INSERT INTO counter (value) VALUES (0)";
  }));
  const auto read = [](soci::session& sql) {
    Integer value = 0;
    sql << "SELECT value FROM counter", soci::into(value);
    return value;
  };
  in_threads(kThreads, [&](Database& own) {
    for (int i = 0; i < kEach; ++i) {
      const auto counted = own.transact("count", [&](soci::session& sql) {
        const Integer next = read(sql) + 1;
        sql << "UPDATE counter SET value = :next", soci::use(next);
      });
      EXPECT_TRUE(counted) << counted.error().text();
    }
  });
  EXPECT_EQ(database_->transact("count", read).value(), kThreads * kEach);
}

TEST_F(DatabaseTest, WhatLooksBeforeItWritesSeesWhatOthersWrote) {
  std::atomic<int> added = 0;
  in_threads(4, [&](Database& own) {
    ReportIntake reports(own);
    Report report;
    report.outcome = "committed";
    for (int i = 0; i < 10; ++i) {
      report.id = std::to_string(i);
      const auto is_new = reports.take("d1", report, 0, 1);
      ASSERT_TRUE(is_new) << is_new.error().text();
      if (*is_new) ++added;
    }
  });
  EXPECT_EQ(added, 10);
}

TEST_F(DatabaseTest, ProgramsThatMakeTheSchemaAtOnceMakeItOnce) {
  const std::string fresh = test_database(folder_.path() / "fresh");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto opened = Database::open(fresh);
      EXPECT_TRUE(opened) << opened.error().text();
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto versions = Database::open(fresh).value()->transact("count", [](soci::session& sql) {
    int count = 0;
    sql << "SELECT COUNT(*) FROM schema_version", soci::into(count);
    return count;
  });
  EXPECT_EQ(versions.value(), 1);
}

TEST_F(DatabaseTest, ManyTransactionsAtOnceShareTheConnectionsThereAre) {
  const auto database = Database::open(url(), 3).value();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      DeviceStatus status;
      status.serial = "d" + std::to_string(i);
      EXPECT_TRUE(DeviceStore(*database).check_in(status, 1));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(DeviceStore(*database).list().value().size(), 8U);
}

TEST_F(DatabaseTest, AUrlOfAnotherDatabaseIsRefused) {
  for (const char* odd : {"", "sqlite:", "mysql://localhost/skiff", "/var/lib/skiff.sqlite"}) {
    const auto opened = Database::open(odd);
    ASSERT_FALSE(opened) << odd;
    EXPECT_EQ(opened.error().kind, ErrorKind::kUsage) << odd;
  }
}

TEST_F(DatabaseTest, AnErrorTellsWhereTheDatabaseIsAndNoPassword) {
  const auto opened = Database::open("postgresql://ann:hush@127.0.0.1:1/skiff?password=hush");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::kIo);
  EXPECT_NE(opened.error().text().find("postgresql://127.0.0.1:1/skiff"), std::string::npos)
      << opened.error().text();
  EXPECT_EQ(opened.error().text().find("hush"), std::string::npos) << opened.error().text();
}

TEST_F(PostgresqlTest, AConnectionThatWasLostIsMadeAnew) {
  const auto database = Database::open(named_url()).value();
  end_connections();
  const auto listed = DeviceStore(*database).list();
  EXPECT_TRUE(listed) << listed.error().text();
}

TEST_F(PostgresqlTest, ATransactionWhoseConnectionIsLostIsRunAgain) {
  const auto database = Database::open(named_url()).value();
  int runs = 0;
  const auto done = database->transact("count", [&](soci::session& sql) {
    sql << "INSERT INTO fleet_epoch (value) VALUES (7)";
    if (++runs == 1) end_connections();
    int rows = 0;
    sql << "SELECT COUNT(*) FROM fleet_epoch WHERE value = 7", soci::into(rows);
    return rows;
  });
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(*done, 1);
  EXPECT_EQ(runs, 2);
}

TEST_F(PostgresqlTest, OneServerLeadsUntilItGoesOrLosesItsConnection) {
  const auto first = Database::open(named_url()).value();
  const auto second = Database::open(url()).value();
  Leadership successor(*second, "upkeep");
  Leadership other_task(*second, "other");
  {
    Leadership leader(*first, "upkeep");
    EXPECT_TRUE(leader.has());
    EXPECT_TRUE(leader.has());
    EXPECT_FALSE(successor.has());
    EXPECT_TRUE(other_task.has());
    end_connections();
    EXPECT_TRUE(successor.has());
    EXPECT_FALSE(leader.has());
    EXPECT_FALSE(leader.has());
  }
  EXPECT_TRUE(successor.has());
}

TEST_F(PostgresqlTest, ALeaderThatGoesMakesRoom) {
  auto leader = std::make_unique<Leadership>(*database_, "upkeep");
  Leadership successor(*database_, "upkeep");
  EXPECT_TRUE(leader->has());
  EXPECT_FALSE(successor.has());
  leader.reset();
  while (!successor.has()) std::this_thread::yield();
}

TEST_F(SqliteTest, AFullDiskIsAnErrorAndTheStoreGoesOnWhenThereIsRoomAgain) {
  const auto limit_pages = [&](const std::string& pages) {
    ASSERT_TRUE(
        database_->transact("limit", [&](soci::session& sql) { sql << "PRAGMA max_page_count = " + pages; }));
  };
  ReportIntake reports(*database_);
  limit_pages("1");  // as many as there are: SQLite says that the disk is full when it needs one more
  Report report;
  report.checks = std::string(1 << 20, 'x');
  report.id = "full";
  const auto refused = reports.take("d1", report, 0, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kLimit);
  EXPECT_NE(refused.error().text().find("full"), std::string::npos);
  EXPECT_TRUE(ReportStore(*database_).list().value().empty());
  limit_pages("1000000");
  EXPECT_TRUE(reports.take("d1", report, 0, 2).value());
}

TEST_F(SqliteTest, AFileThatIsNoDatabaseIsRefused) {
  std::ofstream(folder_.path() / "odd") << std::string(5'000, 'x');
  EXPECT_FALSE(Database::open(sqlite_url(folder_.path() / "odd")));
}

TEST_F(DatabaseTest, ADatabaseOfANewerProgramIsLeftAlone) {
  ASSERT_TRUE(database_->transact(
      "test", [](soci::session& sql) { sql << "INSERT INTO schema_version (version) VALUES (99)"; }));
  const auto opened = Database::open(url());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("newer"), std::string::npos);
}

TEST_F(DatabaseTest, WhatThrewIsRolledBack) {
  DeviceStore devices(*database_);
  const auto outcome = database_->transact("test", [](soci::session& sql) {
    sql << "INSERT INTO devices SELECT 'd9', 'accepted', '', '', '', 0, '', 0, '', '', 0, 0, 0, 0, 0";
    sql << "no statement";
  });
  EXPECT_FALSE(outcome);
  EXPECT_TRUE(devices.list().value().empty());
}

}  // namespace
}  // namespace skiff::server::test
