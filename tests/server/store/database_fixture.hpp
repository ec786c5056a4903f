// StoreTest: a database of its own for each test, which can be closed and opened again.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "tests/server/fleet_files.hpp"
#include "tests/server/store/test_database.hpp"

namespace skiff::server::test {

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    database_.reset();
    auto opened = Database::open(url());
    ASSERT_TRUE(opened) << opened.error().text();
    database_ = *std::move(opened);
  }

  [[nodiscard]] std::string url() const { return test_database(folder_.path() / "db"); }

  TemporaryFolder folder_{memory_folder()};
  std::unique_ptr<Database> database_;
};

}  // namespace skiff::server::test
