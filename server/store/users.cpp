#include "store/users.hpp"

#include <algorithm>

#include "store/database.hpp"

namespace skiff::server {
namespace {

constexpr std::size_t kLongestName = 64;

}  // namespace

bool is_user_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '@';
  });
}

bool is_active_user(soci::session& sql, const std::string& name) {
  int found = 0;
  sql << "SELECT COUNT(*) FROM users WHERE name = :name AND disabled = 0", soci::use(name), soci::into(found);
  return found != 0;
}

std::vector<Grant> grants_of(soci::session& sql, const std::string& name) {
  std::vector<Grant> grants;
  const soci::rowset<soci::row> rows =
      (sql.prepare << "SELECT role, group_name FROM user_grants WHERE name = :name ORDER BY role, group_name",
       soci::use(name));
  for (const soci::row& row : rows) {
    if (const auto role = parse_role(row.get<std::string>(0)))
      grants.push_back({*role, row.get<std::string>(1)});
  }
  return grants;
}

bool add_user(soci::session& sql, const std::string& name) {
  int found = 0;
  sql << "SELECT COUNT(*) FROM users WHERE name = :name", soci::use(name), soci::into(found);
  if (found != 0) return false;
  sql << "INSERT INTO users (name, password, disabled) VALUES (:name, '', 0)", soci::use(name);
  return true;
}

namespace {

Result<void> require(const Result<bool>& done, ErrorKind kind, const std::string& otherwise) {
  if (!done) return tl::unexpected(done.error());
  if (!*done) return fail(kind, otherwise);
  return {};
}

std::string no_user(const std::string& name) { return "there is no user " + name + ", or it is disabled"; }

}  // namespace

Result<void> UserStore::add(const std::string& name) {
  if (!is_user_name(name)) return fail(ErrorKind::kUsage, "a user's name is 1 to 64 of A-Z a-z 0-9 . _ - @");
  return require(database_.transact("add a user", [&](soci::session& sql) { return add_user(sql, name); }),
                 ErrorKind::kUsage, "there is a user " + name + " already");
}

Result<void> UserStore::disable(const std::string& name) {
  return require(database_.transact("disable a user",
                                    [&](soci::session& sql) {
                                      if (!is_active_user(sql, name)) return false;
                                      sql << "UPDATE users SET disabled = 1, password = '', totp = '', "
                                             "next_totp = '' WHERE name = :name",
                                          soci::use(name);
                                      sql << "DELETE FROM user_grants WHERE name = :name", soci::use(name);
                                      sql << "DELETE FROM tokens WHERE name = :name", soci::use(name);
                                      return true;
                                    }),
                 ErrorKind::kNotFound, no_user(name));
}

Result<void> UserStore::grant(const std::string& name, const Grant& grant) {
  const std::string role(to_string(grant.role));
  return require(database_.transact("grant a role",
                                    [&](soci::session& sql) {
                                      if (!is_active_user(sql, name)) return false;
                                      sql << "INSERT INTO user_grants (name, role, group_name)"
                                             " VALUES (:name, :role, :group)"
                                             " ON CONFLICT (name, role, group_name) DO NOTHING",
                                          soci::use(name), soci::use(role), soci::use(grant.group);
                                      return true;
                                    }),
                 ErrorKind::kNotFound, no_user(name));
}

Result<void> UserStore::revoke(const std::string& name, const Grant& grant) {
  const std::string role(to_string(grant.role));
  return require(
      database_.transact("revoke a role",
                         [&](soci::session& sql) {
                           soci::statement remove =
                               (sql.prepare << "DELETE FROM user_grants WHERE name = :name AND role = :role"
                                               " AND group_name = :group",
                                soci::use(name), soci::use(role), soci::use(grant.group));
                           remove.execute(true);
                           return remove.get_affected_rows() != 0;
                         }),
      ErrorKind::kNotFound, name + " is no " + role + " of that group");
}

Result<std::vector<UserRecord>> UserStore::list() {
  return database_.transact("list users", [](soci::session& sql) {
    std::vector<UserRecord> users;
    {
      const soci::rowset<soci::row> rows =
          sql.prepare << "SELECT name, password, disabled, totp FROM users ORDER BY name";
      for (const soci::row& row : rows) {
        users.push_back({row.get<std::string>(0),
                         row.get<Integer>(2) != 0,
                         !row.get<std::string>(1).empty(),
                         !row.get<std::string>(3).empty(),
                         {}});
      }
    }
    for (UserRecord& user : users) user.grants = grants_of(sql, user.name);
    return users;
  });
}

}  // namespace skiff::server
