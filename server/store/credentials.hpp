// CredentialStore: how users prove who they are: passwords, second factors, sessions and tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "access/authorise.hpp"
#include "skiff/result.hpp"

namespace skiff::server {

class Database;

/// A session begins with a password and ends with it; a token is of a program, and ends on its day.
enum class TokenKind : std::uint8_t { kToken, kSession };
std::string_view to_string(TokenKind kind);

/// What a token may do at most; empty: whatever its user may.
using TokenScope = std::vector<Role>;

struct TokenOrder {
  TokenKind kind = TokenKind::kToken;
  TokenScope scope{};
  std::int64_t lifetime = 0;  ///< seconds
};

/// A new token, shown once: what is kept is its SHA-256.
struct IssuedToken {
  std::string secret;
  std::int64_t expires = 0;  ///< seconds since 1970 UTC
};

/// A token as it is listed.
struct TokenRecord {
  std::string id;  ///< the beginning of its SHA-256
  TokenKind kind = TokenKind::kToken;
  std::string scope;  ///< names of roles; empty: whatever its user may
  std::int64_t issued = 0;
  std::int64_t expires = 0;
};

/// What a login is compared with.
struct Login {
  std::string hash;             ///< of the password; empty: there is none
  std::string totp;             ///< secret of the second factor; empty: none is asked for
  std::int64_t last_step = 0;   ///< of the last code that was taken
  std::int64_t wait_until = 0;  ///< until then nothing is compared; seconds since 1970 UTC
};

/// Whatever is taken away holds from the next request on.
///
/// Thread-safe, as the database is. Errors: kIo; kNotFound for users that are not there or disabled; as said.
class CredentialStore {
 public:
  explicit CredentialStore(Database& database) : database_(database) {}

  /// `hash`: see hash_password(). Ends the waiting time and every session.
  Result<void> set_password(const std::string& name, const std::string& hash);
  /// Of a name that nobody has, what takes as long to compare.
  Result<Login> login(const std::string& name);
  /// Each failure in a row from the third on doubles the waiting time; of names that nobody has, too, so that
  /// waiting tells no one who is there.
  Result<void> note_login(const std::string& name, bool right, std::int64_t now);

  /// A second factor that is asked for as soon as confirm_totp() has seen a code of it.
  Result<void> begin_totp(const std::string& name, const std::string& secret);
  /// kUsage: none was begun, or this is no code of it.
  Result<void> confirm_totp(const std::string& name, const std::string& code, std::int64_t now);
  Result<void> remove_totp(const std::string& name);
  /// Takes a code's step, once: false if it, or a later one, was taken before.
  Result<bool> take_step(const std::string& name, std::int64_t step);

  Result<IssuedToken> issue(const std::string& name, const TokenOrder& order, std::int64_t now);
  /// Who a token is of, with the rights that both have; nullopt: nobody's, or it has expired.
  Result<std::optional<Principal>> find(std::string_view secret, std::int64_t now);
  /// Those of a user that have not expired, the newest first.
  Result<std::vector<TokenRecord>> tokens(const std::string& name, std::int64_t now);
  /// kNotFound: the user has no such token.
  Result<void> revoke(const std::string& name, const std::string& id);

  /// A secret by which the first admin of the whole fleet is made, once. kUsage: there is one already.
  Result<IssuedToken> offer_first_admin(std::int64_t now, std::int64_t lifetime);
  /// Whether this is that secret, and has not expired.
  Result<bool> is_first_admin_secret(const std::string& secret, std::int64_t now);
  /// Makes the user, an admin of all devices, and ends the secret. kSignature: it is not that secret, or it
  /// was used; kUsage: an odd name, or it is there already.
  Result<void> make_first_admin(const std::string& secret, const std::string& name, const std::string& hash,
                                std::int64_t now);

 private:
  Database& database_;
};

}  // namespace skiff::server
