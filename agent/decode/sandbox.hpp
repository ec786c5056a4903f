// Sandbox: what a process gives up for good before it looks at bytes that came over a network.
#pragma once

#include <cstdint>

#include "skiff/result.hpp"

namespace skiff::agent {

/// The one descriptor that a sandboxed process has.
inline constexpr int kSandboxSocket = 0;

/// For a program with one thread. All descriptors but kSandboxSocket are closed; root becomes nobody, without
/// groups; no new privileges, no core dumps, no files, no processes, at most `memory` bytes of its own, dies
/// with its parent. From then on the kernel (seccomp, libseccomp) lets it receive and send on that socket,
/// manage its own memory (none of it executable), run threads (re-packers that cut a stream into blocks or
/// jobs do) and end, and kills it at any other system call. kUnsupported where any of this cannot be had:
/// then nothing may be decoded here.
Result<void> enter_sandbox(std::uint64_t memory);

}  // namespace skiff::agent
