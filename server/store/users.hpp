// UserStore: people and programs that run the fleet, what they may do, and on which devices. How they prove
// who they are is the CredentialStore's.
#pragma once

#include <soci/soci.h>

#include <string>
#include <vector>

#include "access/authorise.hpp"
#include "skiff/result.hpp"

namespace skiff::server {

class Database;

/// Within a transaction: whether there is such a user, not disabled.
bool is_active_user(soci::session& sql, const std::string& name);
/// Within a transaction: the grants of a user, by role and group.
std::vector<Grant> grants_of(soci::session& sql, const std::string& name);
/// Within a transaction: makes a user without any right; false: there is one of this name.
bool add_user(soci::session& sql, const std::string& name);
/// 1 to 64 of A-Z a-z 0-9 . _ - @
bool is_user_name(std::string_view name);

struct UserRecord {
  std::string name;
  bool disabled = false;
  bool has_password = false;
  bool has_totp = false;
  std::vector<Grant> grants;
};

/// Whatever is taken away from a user or a token holds from the next request on.
///
/// Thread-safe, as the database is. Errors: kIo; kNotFound for users; kUsage as said.
class UserStore {
 public:
  explicit UserStore(Database& database) : database_(database) {}

  /// kUsage: an odd name, or it is there already.
  Result<void> add(const std::string& name);
  /// A disabled user has no rights and no tokens; both are gone for good.
  Result<void> disable(const std::string& name);
  Result<void> grant(const std::string& name, const Grant& grant);
  /// kNotFound: there is no such grant.
  Result<void> revoke(const std::string& name, const Grant& grant);
  /// By name.
  Result<std::vector<UserRecord>> list();

 private:
  Database& database_;
};

}  // namespace skiff::server
