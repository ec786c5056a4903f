// TwoPassCover: what a result is copied from, found in two passes: with references blanked, then with
// references translated by the first cover.
#pragma once

#include "diff/btf_pair.hpp"
#include "diff/images.hpp"
#include "diff/progress_report.hpp"
#include "match/matcher.hpp"

namespace skiff {

class TwoPassCover {
 public:
  /// The arguments must outlive it. `costs` are those of the codec.
  TwoPassCover(const Images& images, const DiffOptions& options, const match::Costs& costs)
      : images_(images), options_(options), costs_(costs) {}

  /// Types the images and makes the first pass. Errors: kIo, kLimit, kCancelled.
  Result<void> prepare();
  /// The cover of a second pass with these rules; the first one's where nothing is typed. Copies without a
  /// difference are marked. `options` say the threads and take the progress: several of these may run at
  /// once. Errors: kIo, kLimit, kCancelled.
  [[nodiscard]] Result<match::Cover> finish(const match::SeedRules& rules, const DiffOptions& options) const;

  /// After prepare().
  [[nodiscard]] const Typing& typing() const { return typing_; }

 private:
  [[nodiscard]] Result<match::Cover> pass(const match::Rewriter& rewriter, std::string_view name,
                                          const match::SeedRules& rules, const DiffOptions& options) const;

  Images images_;
  const DiffOptions& options_;
  match::Costs costs_;
  match::Cover blocks_;
  match::Cover first_;
  Typing typing_;
  BtfPair btf_;
};

}  // namespace skiff
