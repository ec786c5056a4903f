// run_process: runs one program to its end, with a time limit, a cap on its output and no way to outlive it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "skiff/result.hpp"

namespace skiff::agent {

struct ProcessRequest {
  std::vector<std::string> argv;         ///< argv[0] is the path of the program
  std::vector<std::string> environment;  ///< "NAME=value"; all there is but PATH
  std::string user;                      ///< run as this account, all groups dropped; empty: as we are
  std::chrono::milliseconds timeout{60'000};
  std::size_t max_output = 1024;  ///< bytes of output kept; the rest is read and thrown away
};

struct ProcessResult {
  int exit = 0;            ///< exit status, or 128 + the signal that ended it
  bool timed_out = false;  ///< its process group was killed
  std::string output;      ///< standard output and error, as they came
};

/// Blocks. The program gets its own process group, which is killed whole at the timeout and again when the
/// program has ended, so that nothing it started in the group stays behind. kNotFound: no such program or
/// account; kIo: it could not be started.
Result<ProcessResult> run_process(const ProcessRequest& request);

}  // namespace skiff::agent
