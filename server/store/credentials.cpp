#include "store/credentials.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include "access/totp.hpp"
#include "skiff/trust.hpp"
#include "store/database.hpp"
#include "store/users.hpp"

namespace skiff::server {
namespace {

constexpr std::array<std::string_view, 2> kKinds = {"token", "session"};
constexpr std::size_t kTokenBytes = 32;
constexpr std::string_view kTokenMark = "skiff_";  // so that scanners for lost secrets know one
constexpr std::size_t kIdLength = 16;              // hexadecimal digits: 64 bits of a SHA-256
constexpr int kFreeTries = 3;
constexpr int kMostDoublings = 10;    // about a quarter of an hour
constexpr std::size_t kNobodies = 3;  // digits: so many names that nobody has share a waiting time

std::string digest_of(std::string_view secret) { return sha256(as_bytes(secret)).hex(); }
std::string new_secret() { return std::string(kTokenMark) + to_hex(random_bytes(kTokenBytes)); }

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

/// Under which name failures are counted. The table stays small whatever strangers ask for.
std::string waiting_name(soci::session& sql, const std::string& name) {
  return is_active_user(sql, name) ? name : "?" + digest_of(name).substr(0, kNobodies);
}

/// Turns what a transaction found into an error where there was no such user.
Result<void> require_user(const Result<bool>& done, const std::string& name) {
  if (!done) return tl::unexpected(done.error());
  if (!*done) return fail(ErrorKind::kNotFound, "there is no user " + name + ", or it is disabled");
  return {};
}

bool has_first_admin(soci::session& sql) {
  int found = 0;
  sql << "SELECT COUNT(*) FROM user_grants WHERE role = 'admin' AND group_name = ''", soci::into(found);
  return found != 0;
}

bool is_offered(soci::session& sql, const std::string& secret, Integer now) {
  const std::string digest = digest_of(secret);
  int found = 0;
  sql << "SELECT COUNT(*) FROM first_admin WHERE secret_sha256 = :digest AND expires > :now",
      soci::use(digest), soci::use(now), soci::into(found);
  return found != 0 && !has_first_admin(sql);
}

}  // namespace

std::string_view to_string(TokenKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

Result<void> CredentialStore::set_password(const std::string& name, const std::string& hash) {
  return require_user(
      database_.transact("set a password",
                         [&](soci::session& sql) {
                           if (!is_active_user(sql, name)) return false;
                           sql << "UPDATE users SET password = :hash WHERE name = :name", soci::use(hash),
                               soci::use(name);
                           sql << "DELETE FROM login_waits WHERE name = :name", soci::use(name);
                           sql << "DELETE FROM tokens WHERE name = :name AND kind = 'session'",
                               soci::use(name);
                           return true;
                         }),
      name);
}

Result<Login> CredentialStore::login(const std::string& name) {
  return database_.transact("look up a user", [&](soci::session& sql) {
    Login login;
    Integer step = 0;
    sql << "SELECT password, totp, totp_step FROM users WHERE name = :name AND disabled = 0", soci::use(name),
        soci::into(login.hash), soci::into(login.totp), soci::into(step);
    login.last_step = step;
    const std::string waiting = waiting_name(sql, name);
    Integer wait_until = 0;
    sql << "SELECT wait_until FROM login_waits WHERE name = :name", soci::use(waiting),
        soci::into(wait_until);
    if (sql.got_data()) login.wait_until = wait_until;
    return login;
  });
}

Result<void> CredentialStore::note_login(const std::string& name, bool right, std::int64_t now) {
  return database_.transact("note a login", [&](soci::session& sql) {
    const std::string waiting = waiting_name(sql, name);
    if (right) {
      sql << "DELETE FROM login_waits WHERE name = :name", soci::use(waiting);
      return;
    }
    int failures = 0;
    sql << "SELECT failures FROM login_waits WHERE name = :name", soci::use(waiting), soci::into(failures);
    ++failures;
    const int doublings = std::min(failures - kFreeTries, kMostDoublings);
    const Integer wait_until = doublings < 0 ? 0 : now + (Integer{1} << doublings);
    sql << "INSERT INTO login_waits (name, failures, wait_until) VALUES (:name, :failures, :wait)"
           " ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, wait_until = excluded.wait_until",
        soci::use(waiting), soci::use(failures), soci::use(wait_until);
  });
}

Result<void> CredentialStore::begin_totp(const std::string& name, const std::string& secret) {
  return require_user(database_.transact("begin a second factor",
                                         [&](soci::session& sql) {
                                           if (!is_active_user(sql, name)) return false;
                                           sql << "UPDATE users SET next_totp = :secret WHERE name = :name",
                                               soci::use(secret), soci::use(name);
                                           return true;
                                         }),
                      name);
}

Result<void> CredentialStore::confirm_totp(const std::string& name, const std::string& code,
                                           std::int64_t now) {
  const auto confirmed = database_.transact("confirm a second factor", [&](soci::session& sql) {
    std::string secret;
    sql << "SELECT next_totp FROM users WHERE name = :name AND disabled = 0", soci::use(name),
        soci::into(secret);
    const auto step = totp_step(secret, code, now, 0);
    if (secret.empty() || !step) return false;
    const Integer taken = *step;
    sql << "UPDATE users SET totp = :secret, next_totp = '', totp_step = :step WHERE name = :name",
        soci::use(secret), soci::use(taken), soci::use(name);
    return true;
  });
  if (!confirmed) return tl::unexpected(confirmed.error());
  if (!*confirmed) return fail(ErrorKind::kUsage, "code: it is none of the second factor that was begun");
  return {};
}

Result<void> CredentialStore::remove_totp(const std::string& name) {
  return require_user(
      database_.transact("remove a second factor",
                         [&](soci::session& sql) {
                           if (!is_active_user(sql, name)) return false;
                           sql << "UPDATE users SET totp = '', next_totp = '' WHERE name = :name",
                               soci::use(name);
                           return true;
                         }),
      name);
}

Result<bool> CredentialStore::take_step(const std::string& name, std::int64_t step) {
  return database_.transact("take a code", [&](soci::session& sql) {
    const Integer taken = step;
    soci::statement take = (sql.prepare << "UPDATE users SET totp_step = :step WHERE name = :name AND"
                                           " totp_step < :again",
                            soci::use(taken), soci::use(name), soci::use(taken));
    take.execute(true);
    return take.get_affected_rows() == 1;
  });
}

Result<IssuedToken> CredentialStore::issue(const std::string& name, const TokenOrder& order,
                                           std::int64_t now) {
  const IssuedToken token{new_secret(), now + order.lifetime};
  const auto issued = database_.transact("issue a token", [&](soci::session& sql) {
    if (!is_active_user(sql, name)) return false;
    const std::string digest = digest_of(token.secret);
    const std::string roles = scope_text(order.scope);
    const std::string kind(to_string(order.kind));
    const Integer expires = token.expires;
    const Integer time = now;
    sql << "DELETE FROM tokens WHERE expires <= :now", soci::use(time);
    sql << "INSERT INTO tokens (token_sha256, name, scope, expires, kind, issued)"
           " VALUES (:digest, :name, :scope, :expires, :kind, :issued)",
        soci::use(digest), soci::use(name), soci::use(roles), soci::use(expires), soci::use(kind),
        soci::use(time);
    return true;
  });
  SKIFF_TRY(require_user(issued, name));
  return token;
}

Result<std::optional<Principal>> CredentialStore::find(std::string_view secret, std::int64_t now) {
  const std::string digest = digest_of(secret);
  return database_.transact("look up a token", [&](soci::session& sql) -> std::optional<Principal> {
    std::string name;
    std::string scope;
    std::string kind;
    const Integer time = now;
    sql << "SELECT name, scope, kind FROM tokens WHERE token_sha256 = :digest AND expires > :now",
        soci::use(digest), soci::use(time), soci::into(name), soci::into(scope), soci::into(kind);
    if (!sql.got_data()) return std::nullopt;
    return Principal{name, within(grants_of(sql, name), scope), digest.substr(0, kIdLength),
                     kind == to_string(TokenKind::kSession)};
  });
}

Result<std::vector<TokenRecord>> CredentialStore::tokens(const std::string& name, std::int64_t now) {
  return database_.transact("list tokens", [&](soci::session& sql) {
    std::vector<TokenRecord> tokens;
    const Integer time = now;
    const soci::rowset<soci::row> rows =
        (sql.prepare << "SELECT token_sha256, kind, scope, issued, expires FROM tokens"
                        " WHERE name = :name AND expires > :now ORDER BY issued DESC, token_sha256",
         soci::use(name), soci::use(time));
    for (const soci::row& row : rows) {
      const bool is_session = row.get<std::string>(1) == to_string(TokenKind::kSession);
      tokens.push_back({row.get<std::string>(0).substr(0, kIdLength),
                        is_session ? TokenKind::kSession : TokenKind::kToken, row.get<std::string>(2),
                        row.get<Integer>(3), row.get<Integer>(4)});
    }
    return tokens;
  });
}

Result<void> CredentialStore::revoke(const std::string& name, const std::string& id) {
  const auto revoked = database_.transact("revoke a token", [&](soci::session& sql) {
    soci::statement remove = (sql.prepare << "DELETE FROM tokens WHERE name = :name"
                                             " AND substr(token_sha256, 1, 16) = :id",
                              soci::use(name), soci::use(id));
    remove.execute(true);
    return remove.get_affected_rows() != 0;
  });
  if (!revoked) return tl::unexpected(revoked.error());
  if (!*revoked) return fail(ErrorKind::kNotFound, name + " has no token " + id);
  return {};
}

Result<IssuedToken> CredentialStore::offer_first_admin(std::int64_t now, std::int64_t lifetime) {
  const IssuedToken offer{new_secret(), now + lifetime};
  const auto made = database_.transact("offer a first admin", [&](soci::session& sql) {
    if (has_first_admin(sql)) return false;
    const std::string digest = digest_of(offer.secret);
    const Integer expires = offer.expires;
    sql << "DELETE FROM first_admin";
    sql << "INSERT INTO first_admin (secret_sha256, expires) VALUES (:digest, :expires)", soci::use(digest),
        soci::use(expires);
    return true;
  });
  if (!made) return tl::unexpected(made.error());
  if (!*made) return fail(ErrorKind::kUsage, "the fleet has an admin already");
  return offer;
}

Result<bool> CredentialStore::is_first_admin_secret(const std::string& secret, std::int64_t now) {
  return database_.transact("look up the first admin",
                            [&](soci::session& sql) { return is_offered(sql, secret, now); });
}

Result<void> CredentialStore::make_first_admin(const std::string& secret, const std::string& name,
                                               const std::string& hash, std::int64_t now) {
  if (!is_user_name(name)) return fail(ErrorKind::kUsage, "user: 1 to 64 of A-Z a-z 0-9 . _ - @");
  enum class Outcome : std::uint8_t { kMade, kWrong, kThere };
  const auto outcome = database_.transact("make the first admin", [&](soci::session& sql) {
    if (!is_offered(sql, secret, now)) return Outcome::kWrong;
    if (!add_user(sql, name)) return Outcome::kThere;
    sql << "UPDATE users SET password = :hash WHERE name = :name", soci::use(hash), soci::use(name);
    sql << "INSERT INTO user_grants (name, role, group_name) VALUES (:name, 'admin', '')", soci::use(name);
    sql << "DELETE FROM first_admin";
    return Outcome::kMade;
  });
  if (!outcome) return tl::unexpected(outcome.error());
  if (*outcome == Outcome::kWrong)
    return fail(ErrorKind::kSignature, "it is not the secret of a first admin");
  if (*outcome == Outcome::kThere) return fail(ErrorKind::kUsage, "there is a user " + name + " already");
  return {};
}

}  // namespace skiff::server
