// ServerAccess: which server commands ask, and by which token: what `skiff login` keeps, or the environment
// of a program.
#pragma once

#include <cstdint>
#include <string>

#include "skiff/result.hpp"

namespace skiff::cli {

struct ServerAccess {
  std::string url;
  std::string token;
  std::string ca{};          ///< PEM file of the authority that vouches for the server; empty: the system's
  std::int64_t expires = 0;  ///< of the token, seconds since 1970 UTC; 0: not known
};

/// Of SKIFF_SERVER, SKIFF_TOKEN and, if it is set, SKIFF_CA; where the first is not set, of the last login.
/// kUsage: there is neither. kExpired: the login has run out.
Result<ServerAccess> current_access();

/// Of the last login alone.
Result<ServerAccess> kept_access();

/// Keeps a login in $XDG_CONFIG_HOME/skiff (or ~/.config/skiff), readable by its owner alone.
Result<void> keep_access(const ServerAccess& access);
/// Forgets it.
Result<void> forget_access();

/// The value of a variable of the environment; empty where it is not set.
std::string environment(const char* name);

}  // namespace skiff::cli
