// Peak memory of the agent and its decoder, for reports.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skiff::agent {

/// Largest resident set so far in bytes, of this process: VmHWM of /proc/self/status (proc(5)), pages of
/// shared libraries and of the program's file counted in. Not ru_maxrss of getrusage(2), which a process
/// inherits from the one that started it. 0 where /proc is not there.
std::uint64_t peak_memory();
/// Of another, by its number; 0 where it has ended.
std::uint64_t peak_memory_of_process(const std::string& process);

/// The bytes that the line "VmHWM: N kB" of a status file names; 0 without such a line.
std::uint64_t peak_memory_of(std::string_view status);

}  // namespace skiff::agent
