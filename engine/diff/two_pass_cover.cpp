#include "diff/two_pass_cover.hpp"

#include "diff/reference_rewriter.hpp"
#include "match/equal_runs.hpp"
#include "typing/image_typing.hpp"

namespace skiff {

Result<void> TwoPassCover::prepare() {
  const ProgressReport progress(options_);
  const auto stage = [&](double done) { return progress("blocks", done); };
  SKIFF_ASSIGN(blocks_, match::find_blocks(images_.base, images_.result, stage));
  SKIFF_TRY(progress("typing", 0));
  typing_.base = typing::type_image(images_.base);
  typing_.result = typing::type_image(images_.result);
  btf_ = {typing::find_btf(images_.base), typing::find_btf(images_.result)};
  typing::type_btf(btf_.base, typing_.base);
  typing::type_btf(btf_.result, typing_.result);
  const BlankingRewriter blanking({images_, typing_});
  SKIFF_ASSIGN(first_, pass(blanking, "match", match::SeedRules{}, options_));
  place_strings(btf_, first_, typing_);
  return {};
}

Result<match::Cover> TwoPassCover::finish(const match::SeedRules& rules, const DiffOptions& options) const {
  match::Cover cover = first_;
  if (!typing_.base.empty() && !typing_.result.empty()) {
    const TranslatingRewriter translating({images_, typing_}, first_);
    SKIFF_ASSIGN(cover, pass(translating, "rematch", rules, options));
  }
  return match::split_equal_runs(cover, images_.base, images_.result);
}

Result<match::Cover> TwoPassCover::pass(const match::Rewriter& rewriter, std::string_view name,
                                        const match::SeedRules& rules, const DiffOptions& options) const {
  const match::MatchOptions match_options{
      .threads = options.threads, .max_memory = options.max_memory, .rules = rules, .costs = costs_};
  const ProgressReport progress(options);
  const MeaningRewriter shown(rewriter, btf_);
  const match::ResidueTask task{images_.base, images_.result, blocks_, &shown};
  SKIFF_ASSIGN(match::Match match, match::find_residue_cover(task, match_options, [&](double done) {
                 return progress(name, done);
               }));
  return std::move(match.cover);
}

}  // namespace skiff
