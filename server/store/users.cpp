#include "store/users.hpp"

#include <algorithm>
#include <sstream>

#include "skiff/trust.hpp"
#include "store/database.hpp"

namespace skiff::server {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kTokenBytes = 32;
constexpr std::string_view kTokenMark = "skiff_";  // so that scanners for lost secrets know one
constexpr int kFreeTries = 3;
constexpr int kMostDoublings = 10;  // about a quarter of an hour

bool is_user_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '@';
  });
}

bool is_active(soci::session& sql, const std::string& name) {
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

Result<void> require(const Result<bool>& done, ErrorKind kind, const std::string& otherwise) {
  if (!done) return tl::unexpected(done.error());
  if (!*done) return fail(kind, otherwise);
  return {};
}

std::string no_user(const std::string& name) { return "there is no user " + name + ", or it is disabled"; }

std::string digest_of(std::string_view secret) { return sha256(as_bytes(secret)).hex(); }

std::string scope_text(const TokenScope& scope) {
  std::string text;
  for (const Role role : scope) text += (text.empty() ? "" : " ") + std::string(to_string(role));
  return text;
}

/// The grants that remain of a user's within a token's scope.
std::vector<Grant> within(std::vector<Grant> grants, const std::string& scope) {
  if (scope.empty()) return grants;
  TokenScope roles;
  std::istringstream words(scope);
  for (std::string word; words >> word;) {
    if (const auto role = parse_role(word)) roles.push_back(*role);
  }
  std::erase_if(grants, [&](const Grant& grant) {
    return std::find(roles.begin(), roles.end(), grant.role) == roles.end();
  });
  return grants;
}

}  // namespace

Result<void> UserStore::add(const std::string& name) {
  if (!is_user_name(name)) return fail(ErrorKind::kUsage, "a user's name is 1 to 64 of A-Z a-z 0-9 . _ - @");
  return require(
      database_.transact("add a user",
                         [&](soci::session& sql) {
                           int found = 0;
                           sql << "SELECT COUNT(*) FROM users WHERE name = :name", soci::use(name),
                               soci::into(found);
                           if (found != 0) return false;
                           sql << "INSERT INTO users (name, password, disabled, failures, wait_until)"
                                  " VALUES (:name, '', 0, 0, 0)",
                               soci::use(name);
                           return true;
                         }),
      ErrorKind::kUsage, "there is a user " + name + " already");
}

Result<void> UserStore::set_password(const std::string& name, const std::string& hash) {
  return require(database_.transact("set a password",
                                    [&](soci::session& sql) {
                                      if (!is_active(sql, name)) return false;
                                      sql << "UPDATE users SET password = :hash, failures = 0, wait_until = 0"
                                             " WHERE name = :name",
                                          soci::use(hash), soci::use(name);
                                      return true;
                                    }),
                 ErrorKind::kNotFound, no_user(name));
}

Result<void> UserStore::disable(const std::string& name) {
  return require(
      database_.transact("disable a user",
                         [&](soci::session& sql) {
                           if (!is_active(sql, name)) return false;
                           sql << "UPDATE users SET disabled = 1, password = '' WHERE name = :name",
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
                                      if (!is_active(sql, name)) return false;
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
      const soci::rowset<soci::row> rows = sql.prepare
                                           << "SELECT name, password, disabled FROM users ORDER BY name";
      for (const soci::row& row : rows) {
        users.push_back(
            {row.get<std::string>(0), row.get<Integer>(2) != 0, !row.get<std::string>(1).empty(), {}});
      }
    }
    for (UserRecord& user : users) user.grants = grants_of(sql, user.name);
    return users;
  });
}

Result<IssuedToken> UserStore::issue_token(const std::string& name, const TokenScope& scope, std::int64_t now,
                                           std::int64_t lifetime) {
  const IssuedToken token{std::string(kTokenMark) + to_hex(random_bytes(kTokenBytes)), now + lifetime};
  const auto issued = database_.transact("issue a token", [&](soci::session& sql) {
    if (!is_active(sql, name)) return false;
    const std::string digest = digest_of(token.secret);
    const std::string roles = scope_text(scope);
    const Integer expires = token.expires;
    const Integer time = now;
    sql << "DELETE FROM tokens WHERE expires <= :now", soci::use(time);
    sql << "INSERT INTO tokens (token_sha256, name, scope, expires) VALUES (:digest, :name, :scope, "
           ":expires)",
        soci::use(digest), soci::use(name), soci::use(roles), soci::use(expires);
    return true;
  });
  SKIFF_TRY(require(issued, ErrorKind::kNotFound, no_user(name)));
  return token;
}

Result<std::optional<Principal>> UserStore::find_token(std::string_view secret, std::int64_t now) {
  const std::string digest = digest_of(secret);
  return database_.transact("look up a token", [&](soci::session& sql) -> std::optional<Principal> {
    std::string name;
    std::string scope;
    const Integer time = now;
    sql << "SELECT name, scope FROM tokens WHERE token_sha256 = :digest AND expires > :now",
        soci::use(digest), soci::use(time), soci::into(name), soci::into(scope);
    if (!sql.got_data()) return std::nullopt;
    return Principal{name, within(grants_of(sql, name), scope)};
  });
}

Result<UserStore::Login> UserStore::login(const std::string& name) {
  return database_.transact("look up a user", [&](soci::session& sql) {
    Login login;
    Integer wait_until = 0;
    sql << "SELECT password, wait_until FROM users WHERE name = :name AND disabled = 0", soci::use(name),
        soci::into(login.hash), soci::into(wait_until);
    if (sql.got_data()) login.wait_until = wait_until;
    return login;
  });
}

Result<void> UserStore::note_login(const std::string& name, bool right, std::int64_t now) {
  return database_.transact("note a login", [&](soci::session& sql) {
    int failures = 0;
    sql << "SELECT failures FROM users WHERE name = :name", soci::use(name), soci::into(failures);
    failures = right ? 0 : failures + 1;
    const int doublings = std::min(failures - kFreeTries, kMostDoublings);
    const Integer wait_until = doublings < 0 ? 0 : now + (Integer{1} << doublings);
    sql << "UPDATE users SET failures = :failures, wait_until = :wait WHERE name = :name",
        soci::use(failures), soci::use(wait_until), soci::use(name);
  });
}

}  // namespace skiff::server
