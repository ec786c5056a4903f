#include "store/unused_deltas.hpp"

#include <map>

#include "store/database.hpp"

namespace skiff::server {

Result<std::vector<std::string>> UnusedDeltas::note(const std::set<std::string>& unused, std::int64_t keep,
                                                    std::int64_t now) {
  return database_.transact("note unused deltas", [&](soci::session& sql) {
    std::map<std::string, Integer> known;
    const soci::rowset<soci::row> rows = sql.prepare << "SELECT target, since FROM unused_deltas";
    for (const soci::row& row : rows) known[row.get<std::string>(0)] = row.get<Integer>(1);
    for (const auto& [target, since] : known) {
      if (!unused.contains(target))
        sql << "DELETE FROM unused_deltas WHERE target = :target", soci::use(target);
    }
    std::vector<std::string> expired;
    const Integer since = now;
    for (const std::string& target : unused) {
      const auto found = known.find(target);
      if (found == known.end()) {
        sql << "INSERT INTO unused_deltas (target, since) VALUES (:target, :since)", soci::use(target),
            soci::use(since);
      }
      if ((found == known.end() ? since : found->second) <= now - keep) expired.push_back(target);
    }
    return expired;
  });
}

}  // namespace skiff::server
