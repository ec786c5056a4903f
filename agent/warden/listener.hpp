// The warden's socket: one account may connect, and gets one answer a connection.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "agent/warden/warden.hpp"

namespace skiff::agent {

/// A socket at `path`, in place of one that was left there.
Result<Descriptor> listen_at(const std::filesystem::path& path);

/// Takes the next connection, answers its request and ends it. Whose peer is not `user` (SO_PEERCRED,
/// unix(7)), what says no request and what is silent for ten seconds gets no answer. An error: the listener
/// is of no use any more.
Result<void> serve_next(int listener, uid_t user, const Warden& warden);

}  // namespace skiff::agent
