// Where tests have their databases: files of SQLite, or schemas of the PostgreSQL that the environment names.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "skiff/trust.hpp"
#include "store/database.hpp"

namespace skiff::server::test {

/// Of the PostgreSQL that tests/e2e/postgresql.py started; empty: tests run on SQLite.
inline std::string postgresql_url() {
  const char* const file = std::getenv("SKIFF_TEST_POSTGRESQL");
  std::string url;
  if (file != nullptr) std::getline(std::ifstream(file), url);
  return url;
}

/// The URL of a database that is this test's own, and the same for the same file.
inline std::string test_database(const std::filesystem::path& file) {
  const std::string server = postgresql_url();
  if (server.empty()) return sqlite_url(file);
  const std::string schema = "test_" + sha256(as_bytes(file.string())).hex().substr(0, 32);
  soci::session sql("postgresql", server);
  sql << "SET client_min_messages = warning";
  sql << "CREATE SCHEMA IF NOT EXISTS " + schema;
  return server + "&options=-csearch_path%3D" + schema;
}

/// Every value of every table.
inline std::string content_of(Database& database) {
  return database
      .transact(
          "read everything",
          [](soci::session& sql) {
            const std::string tables =
                postgresql_url().empty()
                    ? "SELECT name FROM sqlite_master WHERE type = 'table'"
                    : "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = current_schema()";
            const soci::rowset<std::string> found = sql.prepare << tables;
            const std::vector<std::string> names(found.begin(), found.end());
            std::string content;
            for (const std::string& name : names) {
              const soci::rowset<soci::row> rows = sql.prepare << "SELECT * FROM " + name;
              for (const soci::row& row : rows) {
                for (std::size_t i = 0; i < row.size(); ++i) {
                  if (row.get_properties(i).get_data_type() == soci::dt_string)
                    content += row.get<std::string>(i) + "\n";
                }
              }
            }
            return content;
          })
      .value();
}

}  // namespace skiff::server::test
