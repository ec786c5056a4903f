#include "agent/health/checks.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

namespace skiff::agent {
namespace {

using Verdict = ChecksOutcome::Verdict;

/// A folder of checks that goes with the test.
class CheckFolder {
 public:
  CheckFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "skiff-checks-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  CheckFolder(const CheckFolder&) = delete;
  CheckFolder& operator=(const CheckFolder&) = delete;
  ~CheckFolder() { std::filesystem::remove_all(path_); }

  std::filesystem::path add(const std::string& name, const std::string& script, mode_t mode = 0755) {
    const std::filesystem::path file = path_ / name;
    std::ofstream(file) << "#!/bin/sh\n" << script << '\n';
    ::chmod(file.c_str(), mode);
    return file;
  }
  ChecksOutcome run(std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
    return CheckRunner({path_, "", timeout, "B"}).run();
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(Checks, RunInOrderAndPass) {
  CheckFolder folder;
  folder.add("20-second", "test -e " + (folder.path() / "seen").string());
  folder.add("10-first", "echo slot $SKIFF_SLOT; touch " + (folder.path() / "seen").string());
  folder.add("README", "exit 1");
  const ChecksOutcome outcome = folder.run();
  EXPECT_EQ(outcome.verdict, Verdict::kPassed) << outcome.reason;
  ASSERT_EQ(outcome.results.size(), 2U);
  EXPECT_EQ(outcome.results[0].output, "slot B\n");
}

TEST(Checks, TheFirstThatFailsIsTheReason) {
  CheckFolder folder;
  folder.add("10-good", "exit 0");
  folder.add("20-selftest", "echo broken >&2; exit 7");
  folder.add("30-never", "exit 0");
  const ChecksOutcome outcome = folder.run();
  EXPECT_EQ(outcome.verdict, Verdict::kFailed);
  EXPECT_EQ(outcome.reason, "check 20-selftest failed with exit 7");
  ASSERT_EQ(outcome.results.size(), 2U);
  EXPECT_EQ(outcome.results[1].output, "broken\n");
}

TEST(Checks, Exit75AsksToBeTriedAgain) {
  CheckFolder folder;
  folder.add("10-wait", "exit 75");
  EXPECT_EQ(folder.run().verdict, Verdict::kRetry);
}

/// Whether a process that was killed is gone or a zombie, which no longer runs, once the kernel got round to
/// it.
bool ends_soon(pid_t pid) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (; std::chrono::steady_clock::now() < deadline; std::this_thread::yield()) {
    std::string word;
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    if (!(stat >> word >> word >> word) || word == "Z" || word == "X") return true;
  }
  return false;
}

TEST(Checks, ATimeoutKillsTheWholeGroup) {
  CheckFolder folder;
  const std::filesystem::path child = folder.path() / "child";
  folder.add("10-hang", "sleep 600 & echo $! > " + child.string() + "; wait");
  const ChecksOutcome outcome = folder.run(std::chrono::milliseconds(1'500));
  EXPECT_EQ(outcome.verdict, Verdict::kFailed);
  EXPECT_EQ(outcome.reason, "check 10-hang timed out");
  pid_t pid = 0;
  ASSERT_TRUE(std::ifstream(child) >> pid);
  EXPECT_TRUE(ends_soon(pid));
}

TEST(Checks, OutputIsCappedAndPrintable) {
  CheckFolder folder;
  folder.add("10-loud", "head -c 100000 /dev/zero; printf '\\033'");
  const ChecksOutcome outcome = folder.run();
  ASSERT_EQ(outcome.results.size(), 1U) << outcome.reason;
  EXPECT_EQ(outcome.results[0].output, std::string(kMaxCheckOutput, '?'));
}

TEST(Checks, AFileThatOthersMayWriteIsNotRun) {
  for (const mode_t mode : {0775, 0757}) {
    CheckFolder folder;
    folder.add("10-open", "exit 0", mode);
    EXPECT_EQ(folder.run().verdict, Verdict::kFailed);
  }
}

TEST(Checks, WhatCannotRunDidNotPass) {
  CheckFolder folder;
  folder.add("10-plain", "exit 0", 0644);
  EXPECT_EQ(folder.run().verdict, Verdict::kFailed);
  EXPECT_EQ(CheckRunner({"/nowhere/at/all", "", std::chrono::seconds(1), "A"}).run().verdict,
            Verdict::kFailed);
  EXPECT_EQ(CheckRunner({"", "", std::chrono::seconds(1), "A"}).run().verdict, Verdict::kPassed);
}

}  // namespace
}  // namespace skiff::agent
