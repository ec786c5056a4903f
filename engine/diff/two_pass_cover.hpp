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
  /// The covers of a second pass, one for each of the rules; the first pass's where nothing is typed. Copies
  /// without a difference are marked. Errors: kIo, kLimit, kCancelled.
  [[nodiscard]] Result<std::vector<match::Cover>> finish(const std::vector<match::SeedRules>& rules) const;

  /// After prepare().
  [[nodiscard]] const Typing& typing() const { return typing_; }

 private:
  void type();
  [[nodiscard]] Result<std::vector<match::Match>> pass(const match::Rewriter& rewriter, std::string_view name,
                                                       const std::vector<match::SeedRules>& rules) const;

  Images images_;
  const DiffOptions& options_;
  match::Costs costs_;
  match::Cover blocks_;
  match::Cover first_;
  Typing typing_;
  BtfPair btf_;
  match::Part code_;
};

}  // namespace skiff
