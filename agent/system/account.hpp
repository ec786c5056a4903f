// Accounts: who a process is.
#pragma once

#include <grp.h>
#include <sys/types.h>
#include <unistd.h>

#include <string>

#include "skiff/result.hpp"

namespace skiff::agent {

struct Account {
  uid_t user = 0;
  gid_t group = 0;
};

/// kNotFound: there is no account of that name.
Result<Account> find_account(const std::string& name);

/// Makes root this account for good, without other groups; false where it cannot. Async-signal-safe.
inline bool become(const Account& account) {
  return ::setgroups(0, nullptr) == 0 && ::setresgid(account.group, account.group, account.group) == 0 &&
         ::setresuid(account.user, account.user, account.user) == 0;
}

/// Makes root the account of that name for good, with its groups; does nothing where this process is not
/// root.
Result<void> stop_being_root(const std::string& name);

}  // namespace skiff::agent
