// StoreTest: a database of its own for each test, which can be closed and opened again.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "store/database.hpp"
#include "tests/server/fleet_files.hpp"

namespace skiff::server::test {

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    database_.reset();
    auto opened = Database::open(folder_.path() / "db");
    ASSERT_TRUE(opened) << opened.error().text();
    database_ = *std::move(opened);
  }

  TemporaryFolder folder_{memory_folder()};
  std::unique_ptr<Database> database_;
};

}  // namespace skiff::server::test
