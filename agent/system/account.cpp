#include "agent/system/account.hpp"

#include <pwd.h>

#include <cerrno>
#include <cstring>

namespace skiff::agent {

Result<Account> find_account(const std::string& name) {
  const struct passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) return fail(ErrorKind::kNotFound, "there is no account " + name);
  return Account{entry->pw_uid, entry->pw_gid};
}

Result<void> stop_being_root(const std::string& name) {
  if (::geteuid() != 0) return {};
  SKIFF_ASSIGN(const Account account, find_account(name));
  if (::initgroups(name.c_str(), account.group) == 0 &&
      ::setresgid(account.group, account.group, account.group) == 0 &&
      ::setresuid(account.user, account.user, account.user) == 0) {
    return {};
  }
  return fail(ErrorKind::kUnsupported, "cannot become " + name + ": " + std::strerror(errno));
}

}  // namespace skiff::agent
