// ProgressReport: hands a stage's progress on to the caller's function, and its wish to stop back.
#pragma once

#include <string>

#include "skiff/diff.hpp"

namespace skiff {

class ProgressReport {
 public:
  /// `options` must outlive it.
  explicit ProgressReport(const DiffOptions& options) : options_(options) {}
  /// kCancelled where the caller wants to stop.
  [[nodiscard]] Result<void> operator()(std::string_view stage, double done) const {
    if (!options_.progress || options_.progress(stage, done)) return {};
    return fail(ErrorKind::kCancelled, "cancelled while in stage " + std::string(stage));
  }

 private:
  const DiffOptions& options_;
};

}  // namespace skiff
