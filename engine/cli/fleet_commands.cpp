// skiff device, user and audit: who the devices of a server are, who may run them, and who did what.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/remote_verbs.hpp"
#include "cli/server_commands.hpp"

namespace skiff::cli {
namespace {

/// NUMBER:HASH, as `skiff-server audit verify --noted` takes it.
Result<void> show_head(const Json& answer) {
  SKIFF_ASSIGN(const std::int64_t number, integer_member(answer, "number"));
  SKIFF_ASSIGN(const std::string hash, string_member(answer, "hash"));
  std::printf("%lld:%s\n", static_cast<long long>(number), hash.c_str());
  return {};
}

struct AdmissionVerb {
  const char* name;
  const char* description;
  const char* admission;
  bool of_claims;  ///< whether it can be said of one key
};
constexpr AdmissionVerb kAdmissionVerbs[] = {
    {"accept", "Let the device speak to the server, or make KEY its key", "accepted", true},
    {"reject", "Refuse the device, or KEY's claim to be it", "rejected", true},
    {"decommission", "End the device: no key can speak for it any more", "decommissioned", false},
};

}  // namespace

void add_device_command(CLI::App& app, Action& chosen) {
  const RemoteVerbs verbs(app, "device", "List a server's devices, admit and refuse them", chosen);
  verbs.get_pages("list", "Show the devices that your grants reach", "/v1/devices",
                  as_table(shell::devices_table()));
  verbs.get("claims", "Show the keys that say they are devices, and wait or were refused", "/v1/claims",
            as_table(shell::claims_table()));
  for (const AdmissionVerb& verb : kAdmissionVerbs) {
    const RemoteVerb added =
        verbs.post(verb.name, verb.description, {"/v1/devices/admission", {{"admission", verb.admission}}});
    added.text("SERIAL", "serial", "the device's serial")
        .text("--group", "group", "a group that it is in, by your grant on which you act");
    if (verb.of_claims) added.text("--key", "key", "one of `device claims`");
  }
}

void add_user_command(CLI::App& app, Action& chosen) {
  const RemoteVerbs verbs(app, "user", "Users of a server, and their roles", chosen);
  verbs.get("list", "Show every user", "/v1/users", as_table(shell::users_table()));
  const auto add = [&](const char* name, const char* description, const char* path) {
    const RemoteVerb verb = verbs.post(name, description, {path, {}});
    verb.text("USER", "user", "name of a user");
    return verb;
  };
  add("add", "Make a user, without any right", "/v1/users/add");
  add("disable", "End a user, with all rights and tokens", "/v1/users/disable");
  for (const auto& [name, description, path] : {std::tuple("grant", "Give a role", "/v1/users/grant"),
                                                std::tuple("revoke", "Take a role", "/v1/users/revoke")}) {
    add(name, description, path)
        .text("ROLE", "role", "viewer, operator, releaser, admin or auditor")
        .text("--group", "group", "on the devices of this group; on all unless told");
  }
}

void add_audit_command(CLI::App& app, Action& chosen) {
  const RemoteVerbs verbs(app, "audit", "Who asked what of a server's fleet", chosen);
  verbs.get("list", "Show the last 1,000 entries", "/v1/audit", as_table(shell::audit_table()));
  verbs.get("head", "Print NUMBER:HASH of the last entry: note it elsewhere", "/v1/audit/head", show_head);
}

}  // namespace skiff::cli
