#include "agent/health/checks.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "agent/system/process.hpp"

namespace skiff::agent {
namespace {

namespace fs = std::filesystem;
using Verdict = ChecksOutcome::Verdict;

constexpr int kTryAgain = 75;   // EX_TEMPFAIL of sysexits.h
constexpr int kTimedOut = 124;  // as timeout(1) has it

bool is_check_name(std::string_view name) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return name.size() > 3 && name.size() <= 64 && digit(name[0]) && digit(name[1]) && name[2] == '-' &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

Result<std::vector<fs::path>> find_checks(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code code;
  for (fs::directory_iterator entry(folder, code); !code && entry != fs::directory_iterator();
       entry.increment(code)) {
    if (is_check_name(entry->path().filename().string())) files.push_back(entry->path());
  }
  if (code) return fail(ErrorKind::kIo, "checks: " + folder.string() + ": " + code.message());
  if (files.size() > kMaxChecks)
    return fail(ErrorKind::kLimit, "checks: more than " + std::to_string(kMaxChecks));
  std::sort(files.begin(), files.end());
  return files;
}

Result<void> refuse_foreign(const fs::path& file) {
  struct stat status = {};
  if (::lstat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(ErrorKind::kUsage, "is not a regular file");
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(ErrorKind::kUsage, "may be written by others than its owner");
  }
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return fail(ErrorKind::kUsage, "belongs to another account");
  }
  return {};
}

/// Output goes into logs and reports: what is not printable ASCII becomes '?'.
std::string printable(std::string text) {
  for (char& c : text) {
    if (c != '\n' && (c < ' ' || c > '~')) c = '?';
  }
  return text;
}

Result<CheckResult> run_check(const fs::path& file, const CheckOptions& options) {
  SKIFF_TRY(refuse_foreign(file));
  ProcessRequest request;
  request.argv = {file.string()};
  request.environment = {"SKIFF_SLOT=" + options.slot};
  request.user = options.user;
  request.timeout = options.timeout;
  request.max_output = kMaxCheckOutput;
  SKIFF_ASSIGN(ProcessResult process, run_process(request));
  return CheckResult{file.filename().string(), process.timed_out ? kTimedOut : process.exit,
                     printable(std::move(process.output))};
}

std::string reason_for(const CheckResult& result) {
  if (result.exit == kTimedOut) return "check " + result.name + " timed out";
  return "check " + result.name + " failed with exit " + std::to_string(result.exit);
}

}  // namespace

ChecksOutcome CheckRunner::run() {
  ChecksOutcome outcome;
  if (options_.folder.empty()) return outcome;
  const Result<std::vector<fs::path>> files = find_checks(options_.folder);
  if (!files) return {Verdict::kFailed, files.error().message, {}};
  for (const fs::path& file : *files) {
    const Result<CheckResult> result = run_check(file, options_);
    if (!result) {
      outcome.verdict = Verdict::kFailed;
      outcome.reason = "check " + file.filename().string() + ": " + result.error().message;
      return outcome;
    }
    outcome.results.push_back(*result);
    if (result->exit == 0) continue;
    outcome.verdict = result->exit == kTryAgain ? Verdict::kRetry : Verdict::kFailed;
    outcome.reason = reason_for(*result);
    return outcome;
  }
  return outcome;
}

}  // namespace skiff::agent
