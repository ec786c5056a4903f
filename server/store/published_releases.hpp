// PublishedReleases: which releases were seen published, so that each is told of once.
#pragma once

#include <cstdint>
#include <vector>

#include "skiff/repository.hpp"

namespace skiff::server {

class Database;

/// Thread-safe, as the database is. Errors: kIo.
class PublishedReleases {
 public:
  explicit PublishedReleases(Database& database) : database_(database) {}

  /// Remembers those that are new, and tells webhooks of them.
  Result<void> note(const std::vector<Release>& releases, std::int64_t now);

 private:
  Database& database_;
};

}  // namespace skiff::server
