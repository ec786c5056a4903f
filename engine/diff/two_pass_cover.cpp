#include "diff/two_pass_cover.hpp"

#include "base/parallel.hpp"
#include "diff/reference_rewriter.hpp"
#include "match/equal_runs.hpp"
#include "typing/image_typing.hpp"

namespace skiff {
namespace {

/// The ranges of instructions, in order and apart.
match::Ranges code_of(const ImageTyping& typing) {
  match::Ranges out;
  for (const Space& space : typing) {
    for (const TypedRange& range : space.types) {
      if (!is_code(range.kind)) continue;
      if (!out.empty() && range.offset < out.back().end) continue;
      out.push_back({range.offset, range.offset + range.length});
    }
  }
  return out;
}

}  // namespace

Result<void> TwoPassCover::prepare() {
  const ProgressReport progress(options_);
  const auto stage = [&](double done) { return progress("blocks", done); };
  Result<match::Cover> blocks;
  run_both(
      options_.threads, [&] { blocks = match::find_blocks(images_.base, images_.result, stage); },
      [&] { type(); });
  if (!blocks) return tl::unexpected<Error>(std::move(blocks).error());
  blocks_ = std::move(*blocks);
  SKIFF_TRY(progress("typing", 1));
  const BlankingRewriter blanking({images_, typing_});
  SKIFF_ASSIGN(std::vector<match::Match> first, pass(blanking, "match", {match::SeedRules{}}));
  first_ = std::move(first.front().cover);
  place_strings(btf_, first_, typing_);
  return {};
}

void TwoPassCover::type() {
  if (images_.typing != nullptr) {
    typing_ = *images_.typing;
  } else {
    typing_.base = typing::type_image(images_.base);
    typing_.result = typing::type_image(images_.result);
  }
  btf_ = {typing::find_btf(images_.base), typing::find_btf(images_.result)};
  typing::type_btf(btf_.base, typing_.base);
  typing::type_btf(btf_.result, typing_.result);
  code_ = {code_of(typing_.base), code_of(typing_.result)};
}

Result<std::vector<match::Cover>> TwoPassCover::finish(const std::vector<match::SeedRules>& rules) const {
  std::vector<match::Match> found;
  if (!typing_.base.empty() && !typing_.result.empty()) {
    const TranslatingRewriter translating({images_, typing_}, first_);
    SKIFF_ASSIGN(found, pass(translating, "rematch", rules));
  } else {
    found.push_back({first_, {}});
  }
  std::vector<match::Cover> covers;
  for (const match::Match& match : found) {
    SKIFF_ASSIGN(covers.emplace_back(), match::split_equal_runs(match.cover, images_.base, images_.result));
  }
  return covers;
}

Result<std::vector<match::Match>> TwoPassCover::pass(const match::Rewriter& rewriter, std::string_view name,
                                                     const std::vector<match::SeedRules>& rules) const {
  const match::MatchOptions match_options{
      .threads = options_.threads, .max_memory = options_.max_memory, .rules = rules, .costs = costs_};
  const ProgressReport progress(options_);
  const MeaningRewriter shown(rewriter, btf_);
  const match::ResidueTask task{images_.base, images_.result, blocks_,
                                &shown,       code_,          first_.empty() ? blocks_ : first_};
  return match::find_residue_covers(task, match_options, [&](double done) { return progress(name, done); });
}

}  // namespace skiff
