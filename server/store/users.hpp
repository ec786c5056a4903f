// UserStore: people and programs that run the fleet, what they may do, and how they prove who they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "access/authorise.hpp"
#include "skiff/result.hpp"

namespace skiff::server {

class Database;

struct UserRecord {
  std::string name;
  bool disabled = false;
  bool has_password = false;
  std::vector<Grant> grants;
};

/// A new token, shown once: what is kept is its SHA-256.
struct IssuedToken {
  std::string secret;
  std::int64_t expires = 0;  ///< seconds since 1970 UTC
};

/// What a token may do at most; empty: whatever its user may.
using TokenScope = std::vector<Role>;

/// Whatever is taken away from a user or a token holds from the next request on.
///
/// Thread-safe, as the database is. Errors: kIo; kNotFound for users; kUsage as said.
class UserStore {
 public:
  explicit UserStore(Database& database) : database_(database) {}

  /// kUsage: an odd name, or it is there already.
  Result<void> add(const std::string& name);
  /// `hash`: see hash_password(). Ends the waiting time after wrong passwords.
  Result<void> set_password(const std::string& name, const std::string& hash);
  /// A disabled user has no rights and no tokens; both are gone for good.
  Result<void> disable(const std::string& name);
  Result<void> grant(const std::string& name, const Grant& grant);
  /// kNotFound: there is no such grant.
  Result<void> revoke(const std::string& name, const Grant& grant);
  /// By name.
  Result<std::vector<UserRecord>> list();

  /// A token of a user who is there and not disabled.
  Result<IssuedToken> issue_token(const std::string& name, const TokenScope& scope, std::int64_t now,
                                  std::int64_t lifetime);
  /// Who a token is of, with the rights that both have; nullopt: nobody's, or it has expired.
  Result<std::optional<Principal>> find_token(std::string_view secret, std::int64_t now);

  /// The hash to compare a password with; empty: there is none. Until `wait_until` no password is looked at:
  /// each wrong one in a row doubles that time.
  struct Login {
    std::string hash;
    std::int64_t wait_until = 0;  ///< seconds since 1970 UTC
  };
  Result<Login> login(const std::string& name);
  Result<void> note_login(const std::string& name, bool right, std::int64_t now);

 private:
  Database& database_;
};

}  // namespace skiff::server
