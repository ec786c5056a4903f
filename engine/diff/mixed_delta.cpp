#include "diff/mixed_delta.hpp"

#include "base/parallel.hpp"
#include "diff/mixed_window_coder.hpp"
#include "diff/plan.hpp"
#include "diff/progress_report.hpp"
#include "diff/reference_rewriter.hpp"
#include "match/equal_runs.hpp"
#include "match/matcher.hpp"
#include "typing/image_typing.hpp"

namespace skiff {
namespace {

/// What a result is copied from, found in two passes.
class TwoPassCover {
 public:
  TwoPassCover(const Images& images, const DiffOptions& options)
      : images_(images), options_(options), progress_(options) {}

  Result<match::Cover> find() {
    const auto stage = [&](double done) { return progress_("blocks", done); };
    SKIFF_ASSIGN(blocks_, match::find_blocks(images_.base, images_.result, stage));
    SKIFF_TRY(progress_("typing", 0));
    base_typing_ = typing::type_image(images_.base);
    result_typing_ = typing::type_image(images_.result);
    const BlankingRewriter blanking(images_.base, images_.result, base_typing_, result_typing_);
    SKIFF_ASSIGN(match::Match match, pass(blanking, "match"));
    if (!base_typing_.empty() && !result_typing_.empty()) {
      const TranslatingRewriter translating(images_.base, images_.result, base_typing_, result_typing_,
                                            match.cover);
      SKIFF_ASSIGN(match, pass(translating, "rematch"));
    }
    return match::split_equal_runs(match.cover, images_.base, images_.result);
  }

  [[nodiscard]] Typing take_typing() { return {std::move(base_typing_), std::move(result_typing_)}; }

 private:
  Result<match::Match> pass(const match::Rewriter& rewriter, std::string_view name) const {
    const match::MatchOptions options{.threads = options_.threads, .max_memory = options_.max_memory};
    const match::ResidueTask task{images_.base, images_.result, blocks_, &rewriter};
    return match::find_residue_cover(task, options, [&](double done) { return progress_(name, done); });
  }

  const Images& images_;
  const DiffOptions& options_;
  ProgressReport progress_;
  match::Cover blocks_;
  ImageTyping base_typing_;
  ImageTyping result_typing_;
};

Result<void> write_window(MixedWindow&& window, DiffReport& report, SegmentWriter& writer) {
  writer.note_copies(window.entries);
  report.literal_bytes += window.totals.literal;
  report.verbatim_bytes += window.totals.verbatim;
  report.copied_bytes += window.totals.residue;
  for (const MixedSegment& segment : window.segments)
    SKIFF_TRY(writer.add(segment.info, segment.wire, segment.literal_wire));
  return {};
}

}  // namespace

Result<void> code_mixed(const Images& images, const DiffOptions& options, DiffReport& report,
                        SegmentWriter& writer) {
  TwoPassCover passes(images, options);
  SKIFF_ASSIGN(const match::Cover cover, passes.find());
  const Typing typing = passes.take_typing();
  const PlanLimits limits = mixed_plan_limits(options.profile);
  // A quarter of a map's entries is kept for the typing.
  PlanLimits cut = limits;
  cut.window_copies = limits.window_copies / 4 * 3;
  const std::vector<Window> windows = cut_windows(to_format(cover), images.result.size(), cut);
  report.info.models = model_sizes(options.profile);
  const MixedOptions mixed{report.info.models, static_cast<std::size_t>(limits.segment_coded),
                           limits.window_copies};
  const ProgressReport progress(options);
  const auto produce = [&](std::size_t i) {
    return code_mixed_window(images, typing, windows[i], static_cast<std::uint32_t>(i), mixed);
  };
  const auto consume = [&](std::size_t i, MixedWindow&& window) -> Result<void> {
    report.copies += windows[i].copies.size();
    SKIFF_TRY(write_window(std::move(window), report, writer));
    return progress("code", static_cast<double>(i + 1) / static_cast<double>(windows.size()));
  };
  return ordered_parallel_for<MixedWindow>(windows.size(), options.threads, produce, consume);
}

}  // namespace skiff
