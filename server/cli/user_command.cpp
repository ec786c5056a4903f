// `skiff-server user` and `skiff-server audit`: who may run the fleet, and who did what.
#include <algorithm>
#include <ctime>
#include <iostream>
#include <iterator>

#include "access/password.hpp"
#include "cli/verbs.hpp"
#include "fleet/listings.hpp"
#include "skiff/io.hpp"
#include "store/credentials.hpp"

namespace skiff::server {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::uint64_t kPage = 1'000;
constexpr std::int64_t kFirstAdminLifetime = 3'600;  // seconds
constexpr std::uint64_t kMaxKey = 65'536;            // bytes

struct Arguments {
  StateArguments state;
  std::string name;
  std::string role;
  std::string group;
  std::vector<std::string> scope;
  std::int64_t days = 90;
  std::string noted;
  std::filesystem::path key;
};

/// The state folder's database, and its audit log.
struct State {
  std::unique_ptr<Database> database;
  std::unique_ptr<Signer> key;
  [[nodiscard]] AuditLog audit() const { return {*database, *key}; }
};

Result<State> open_state(const Arguments& arguments) {
  State state;
  SKIFF_ASSIGN(state.database, open_database(arguments.state));
  SKIFF_ASSIGN(state.key, open_audit_key(arguments.state.folder));
  return state;
}

/// Opens the database and notes what is about to be done: whoever can write to the state folder can do
/// anything, but this command leaves its trace.
Result<std::unique_ptr<Database>> open(const Arguments& arguments, const std::string& verb,
                                       const std::string& detail = "") {
  SKIFF_ASSIGN(State state, open_state(arguments));
  SKIFF_TRY(state.audit().append({0, std::time(nullptr), "state-folder", verb, arguments.name, detail}));
  return std::move(state.database);
}

Result<Grant> parse_grant(const Arguments& arguments) {
  const auto role = parse_role(arguments.role);
  if (!role) return fail(ErrorKind::kUsage, arguments.role + " is no role");
  return Grant{*role, arguments.group};
}

Result<void> add_user(const Arguments& arguments) {
  SKIFF_ASSIGN(const auto database, open(arguments, "user add"));
  return UserStore(*database).add(arguments.name);
}

/// The password is the first line of standard input, so that it is in no list of processes.
Result<void> set_password(const Arguments& arguments) {
  std::string password;
  std::getline(std::cin, password);
  SKIFF_ASSIGN(const std::string hash, hash_password(password));
  SKIFF_ASSIGN(const auto database, open(arguments, "user password"));
  return CredentialStore(*database).set_password(arguments.name, hash);
}

Result<void> disable_user(const Arguments& arguments) {
  SKIFF_ASSIGN(const auto database, open(arguments, "user disable"));
  return UserStore(*database).disable(arguments.name);
}

Result<void> grant(const Arguments& arguments) {
  SKIFF_ASSIGN(const Grant granted, parse_grant(arguments));
  SKIFF_ASSIGN(const auto database, open(arguments, "user grant", arguments.role + " " + arguments.group));
  return UserStore(*database).grant(arguments.name, granted);
}

Result<void> revoke(const Arguments& arguments) {
  SKIFF_ASSIGN(const Grant revoked, parse_grant(arguments));
  SKIFF_ASSIGN(const auto database, open(arguments, "user revoke", arguments.role + " " + arguments.group));
  return UserStore(*database).revoke(arguments.name, revoked);
}

Result<void> issue_token(const Arguments& arguments) {
  TokenScope scope;
  for (const std::string& text : arguments.scope) {
    const auto role = parse_role(text);
    if (!role) return fail(ErrorKind::kUsage, text + " is no role");
    scope.push_back(*role);
  }
  SKIFF_ASSIGN(const auto database, open(arguments, "user token"));
  SKIFF_ASSIGN(const IssuedToken token,
               CredentialStore(*database).issue(
                   arguments.name, {TokenKind::kToken, scope, arguments.days * kDay}, std::time(nullptr)));
  std::cout << token.secret << '\n';
  return {};
}

/// Whoever can write to the state folder hands the fleet to its first admin, who then needs the folder no
/// more.
Result<void> offer_first_admin(const Arguments& arguments) {
  SKIFF_ASSIGN(const auto database, open(arguments, "user first-admin"));
  SKIFF_ASSIGN(const IssuedToken offer,
               CredentialStore(*database).offer_first_admin(std::time(nullptr), kFirstAdminLifetime));
  std::cout << offer.secret << '\n';
  return {};
}

Result<void> remove_totp(const Arguments& arguments) {
  SKIFF_ASSIGN(const auto database, open(arguments, "user totp-off"));
  return CredentialStore(*database).remove_totp(arguments.name);
}

Result<Json::Array> list_users(Database& database, const Arguments&) {
  SKIFF_ASSIGN(const std::vector<UserRecord> users, UserStore(database).list());
  return listed(users);
}

Result<Json::Array> list_audit(Database& database, const Arguments& arguments) {
  SKIFF_ASSIGN(const auto key, open_audit_key(arguments.state.folder));
  AuditLog audit(database, *key);
  Json::Array items;
  for (std::uint64_t after = 0;;) {
    SKIFF_ASSIGN(const std::vector<AuditEntry> entries, audit.list(after, kPage));
    if (entries.empty()) return items;
    std::ranges::move(listed(entries), std::back_inserter(items));
    after = entries.back().number;
  }
}

/// "NUMBER:HASH", as `audit verify` prints it.
Result<std::optional<AuditHead>> parse_head(const std::string& text) {
  if (text.empty()) return std::optional<AuditHead>();
  const std::size_t colon = text.find(':');
  const std::string number = text.substr(0, colon);
  if (colon == std::string::npos || number.empty() || number.size() > 18 ||
      number.find_first_not_of("0123456789") != std::string::npos ||
      !Sha256::from_hex(text.substr(colon + 1))) {
    return fail(ErrorKind::kUsage, "--noted wants NUMBER:HASH, not " + text);
  }
  return AuditHead{std::stoull(number), text.substr(colon + 1)};
}

/// The key that was noted elsewhere, or else the one in the state folder.
Result<PublicKey> verification_key(const Arguments& arguments, const State& state) {
  if (arguments.key.empty()) return state.key->public_key();
  SKIFF_ASSIGN(const Bytes text, read_file(arguments.key, kMaxKey));
  SKIFF_ASSIGN(const Json key, parse_json(text));
  return PublicKey::parse(key);
}

Result<void> verify_audit(const Arguments& arguments) {
  SKIFF_ASSIGN(const std::optional<AuditHead> noted, parse_head(arguments.noted));
  SKIFF_ASSIGN(const State state, open_state(arguments));
  SKIFF_ASSIGN(const PublicKey key, verification_key(arguments, state));
  SKIFF_ASSIGN(const AuditHead head, state.audit().verify(noted, key));
  std::cout << head.number << ':' << head.hash << '\n';
  return {};
}

Result<void> show_audit_key(const Arguments& arguments) {
  SKIFF_ASSIGN(const State state, open_state(arguments));
  std::cout << json_text(state.key->public_key().json()) << '\n';
  return {};
}

void add_user_verbs(const Verbs<Arguments>& user) {
  Arguments& arguments = user.arguments();
  CLI::App* const add = user.add("add", "Make a user, without any right", add_user);
  CLI::App* const password = user.add("password", "Set a password, read from standard input", set_password);
  CLI::App* const disable = user.add("disable", "End a user, with all rights and tokens", disable_user);
  CLI::App* const give = user.add("grant", "Give a role", grant);
  CLI::App* const take = user.add("revoke", "Take a role", revoke);
  CLI::App* const token = user.add("token", "Issue a token and print it, once", issue_token);
  CLI::App* const totp = user.add("totp-off", "Take away a second factor that was lost", remove_totp);
  user.add("first-admin", "Print a secret by which the first admin is made, once, within an hour",
           offer_first_admin);
  for (CLI::App* const command : {add, password, disable, give, take, token, totp}) {
    command->add_option("USER", arguments.name)->required();
  }
  for (CLI::App* const command : {give, take}) {
    command->add_option("ROLE", arguments.role, "viewer, operator, releaser, admin or auditor")->required();
    command->add_option("--group", arguments.group, "On the devices of this group; on all unless told");
  }
  token->add_option("--days", arguments.days, "Its life")->capture_default_str()->check(CLI::Range(1, 3'650));
  token->add_option("--role", arguments.scope, "What it may do at most; whatever its user may unless told");
}

}  // namespace

void add_user_command(CLI::App& app, Action& chosen) {
  const Verbs<Arguments> user(app, "user", "Users, their roles and tokens", chosen);
  user.add_list("list", "Show every user", shell::users_table(), list_users);
  add_user_verbs(user);
}

void add_audit_command(CLI::App& app, Action& chosen) {
  const Verbs<Arguments> audit(app, "audit", "Who asked what of the fleet", chosen);
  Arguments& arguments = audit.arguments();
  audit.add_list("list", "Show every entry, the oldest first", shell::audit_table(), list_audit);
  audit.add("key", "Print the public key that signs the log: note it elsewhere", show_audit_key);
  CLI::App* const verify = audit.add(
      "verify", "Check that nothing was changed, and print NUMBER:HASH of the last entry", verify_audit);
  verify->add_option("--noted", arguments.noted, "What this printed before: finds what was cut off since");
  verify->add_option("--key", arguments.key,
                     "File of the public key as it was noted; the state folder's unless told");
}

}  // namespace skiff::server
