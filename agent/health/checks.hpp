// Checks: the integrator's programs that say whether a new slot is good enough to keep.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "skiff/result.hpp"

namespace skiff::agent {

struct CheckResult {
  std::string name;
  int exit = 0;
  std::string output;  ///< printable, at most kMaxCheckOutput bytes
};
inline constexpr std::size_t kMaxCheckOutput = 1024;
inline constexpr std::size_t kMaxChecks = 32;

struct ChecksOutcome {
  enum class Verdict : std::uint8_t { kPassed, kRetry, kFailed };
  Verdict verdict = Verdict::kPassed;
  std::string reason;  ///< "check 20-selftest failed with exit 1"; empty when passed
  std::vector<CheckResult> results;
};

class Checks {
 public:
  virtual ~Checks() = default;
  virtual ChecksOutcome run() = 0;
};

struct CheckOptions {
  std::filesystem::path folder;  ///< empty: there are no checks, and all pass
  std::string user;              ///< account they run as; empty: the agent's
  std::chrono::milliseconds timeout{60'000};
  std::string slot;  ///< handed to them as SKIFF_SLOT
};

/// Runs the files `NN-name` of the folder (two digits, then letters, digits, '.', '_', '-') by name, one
/// after another, up to the first that does not exit 0. Exit 75 asks to be tried again; every other exit, a
/// timeout, a file that others than its owner may write or whose owner is neither root nor the agent, a
/// folder that cannot be read, and more than kMaxChecks files are failures: what cannot be checked did not
/// pass.
class CheckRunner final : public Checks {
 public:
  explicit CheckRunner(CheckOptions options) : options_(std::move(options)) {}
  ChecksOutcome run() override;

 private:
  CheckOptions options_;
};

}  // namespace skiff::agent
