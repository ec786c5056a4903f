#include "store/published_releases.hpp"

#include <set>

#include "store/database.hpp"
#include "store/outbox.hpp"

namespace skiff::server {
namespace {

Json::Object json_of(const Release& release) {
  Json::Array hardware;
  for (const std::string& id : release.hardware) hardware.emplace_back(id);
  return {{"release", release.target},
          {"hardware", std::move(hardware)},
          {"version", release.version},
          {"counter", release.release_counter}};
}

}  // namespace

Result<void> PublishedReleases::note(const std::vector<Release>& releases, std::int64_t now) {
  return database_.transact("note published releases", [&](soci::session& sql) {
    std::set<std::string> known;
    {
      const soci::rowset<std::string> rows = sql.prepare << "SELECT target FROM published_releases";
      known.insert(rows.begin(), rows.end());
    }
    for (const Release& release : releases) {
      if (!known.insert(release.target).second) continue;
      sql << "INSERT INTO published_releases (target) VALUES (:target)", soci::use(release.target);
      post_event(sql, {kReleasePublished, json_of(release), now});
    }
  });
}

}  // namespace skiff::server
