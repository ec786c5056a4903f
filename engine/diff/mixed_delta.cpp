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

  /// Up to the second pass.
  Result<void> prepare() {
    const auto stage = [&](double done) { return progress_("blocks", done); };
    SKIFF_ASSIGN(blocks_, match::find_blocks(images_.base, images_.result, stage));
    SKIFF_TRY(progress_("typing", 0));
    typing_.base = typing::type_image(images_.base);
    typing_.result = typing::type_image(images_.result);
    const BlankingRewriter blanking(images_.base, images_.result, typing_.base, typing_.result);
    SKIFF_ASSIGN(first_, pass(blanking, "match", match::SeedRules{}));
    return {};
  }

  /// The second pass with these rules; the first one's cover where nothing is typed.
  Result<match::Cover> finish(const match::SeedRules& rules) const {
    match::Cover cover = first_;
    if (!typing_.base.empty() && !typing_.result.empty()) {
      const TranslatingRewriter translating(images_.base, images_.result, typing_.base, typing_.result,
                                            first_);
      SKIFF_ASSIGN(cover, pass(translating, "rematch", rules));
    }
    return match::split_equal_runs(cover, images_.base, images_.result);
  }

  [[nodiscard]] const Typing& typing() const { return typing_; }

 private:
  Result<match::Cover> pass(const match::Rewriter& rewriter, std::string_view name,
                            const match::SeedRules& rules) const {
    match::MatchOptions options{
        .threads = options_.threads, .max_memory = options_.max_memory, .rules = rules};
    options.costs.repeated_mismatch = kRepeatedMismatch;
    const match::ResidueTask task{images_.base, images_.result, blocks_, &rewriter};
    SKIFF_ASSIGN(match::Match match, match::find_residue_cover(
                                         task, options, [&](double done) { return progress_(name, done); }));
    return std::move(match.cover);
  }

  /// Strides of tables are what the predictor learns best.
  static constexpr std::int64_t kRepeatedMismatch = 50;

  const Images& images_;
  const DiffOptions& options_;
  ProgressReport progress_;
  match::Cover blocks_;
  match::Cover first_;
  Typing typing_;
};

/// Codes the windows of one cover.
class CoverCoder {
 public:
  CoverCoder(const Images& images, const DiffOptions& options, const Typing& typing)
      : images_(images),
        options_(options),
        typing_(typing),
        limits_(mixed_plan_limits(options.profile)),
        mixed_{model_sizes(options.profile), static_cast<std::size_t>(limits_.segment_coded),
               limits_.window_copies} {}

  /// Calls `consume(window, coded)` in order.
  template <typename Consume>
  Result<void> code(const match::Cover& cover, const Consume& consume) const {
    PlanLimits cut = limits_;
    cut.window_copies = limits_.window_copies / 4 * 3;  // the rest of a map's entries is kept for the typing
    const std::vector<Window> windows = cut_windows(to_format(cover), images_.result.size(), cut);
    const ProgressReport progress(options_);
    const auto produce = [&](std::size_t i) {
      return code_mixed_window(images_, typing_, windows[i], static_cast<std::uint32_t>(i), mixed_);
    };
    const auto hand_on = [&](std::size_t i, MixedWindow&& window) -> Result<void> {
      SKIFF_TRY(consume(windows[i], std::move(window)));
      return progress("code", static_cast<double>(i + 1) / static_cast<double>(windows.size()));
    };
    return ordered_parallel_for<MixedWindow>(windows.size(), options_.threads, produce, hand_on);
  }

 private:
  const Images& images_;
  const DiffOptions& options_;
  const Typing& typing_;
  PlanLimits limits_;
  MixedOptions mixed_;
};

/// A whole delta's windows, kept until it is known whether another cover codes shorter.
struct CodedCover {
  std::vector<MixedWindow> windows;
  std::uint64_t copies = 0;
  std::uint64_t wire = 0;
};

Result<CodedCover> code_whole(const CoverCoder& coder, const match::Cover& cover) {
  CodedCover coded;
  SKIFF_TRY(coder.code(cover, [&](const Window& window, MixedWindow&& done) -> Result<void> {
    coded.copies += window.copies.size();
    for (const MixedSegment& segment : done.segments) coded.wire += segment.wire.size();
    coded.windows.push_back(std::move(done));
    return {};
  }));
  return coded;
}

Result<void> write_window(MixedWindow&& window, DiffReport& report, SegmentWriter& writer) {
  writer.note_copies(window.entries);
  report.literal_bytes += window.totals.literal;
  report.verbatim_bytes += window.totals.verbatim;
  report.copied_bytes += window.totals.residue;
  for (const MixedSegment& segment : window.segments)
    SKIFF_TRY(writer.add(segment.info, segment.wire, segment.literal_wire));
  return {};
}

/// Short seeds find what moved in tables; in code and symbol tables they sometimes mislead.
constexpr match::SeedRules kShortSeeds{.min_length = 6, .min_telling = 5};
/// Results this short are coded with both kinds of seeds, and the shorter delta is kept.
constexpr std::uint64_t kTryBoth = std::uint64_t{64} << 20;

}  // namespace

Result<void> code_mixed(const Images& images, const DiffOptions& options, DiffReport& report,
                        SegmentWriter& writer) {
  TwoPassCover passes(images, options);
  SKIFF_TRY(passes.prepare());
  report.info.models = model_sizes(options.profile);
  const CoverCoder coder(images, options, passes.typing());
  SKIFF_ASSIGN(const match::Cover cover, passes.finish(match::SeedRules{}));
  if (images.result.size() > kTryBoth || passes.typing().base.empty()) {
    return coder.code(cover, [&](const Window& window, MixedWindow&& coded) {
      report.copies += window.copies.size();
      return write_window(std::move(coded), report, writer);
    });
  }
  SKIFF_ASSIGN(CodedCover best, code_whole(coder, cover));
  SKIFF_ASSIGN(const match::Cover other_cover, passes.finish(kShortSeeds));
  SKIFF_ASSIGN(CodedCover other, code_whole(coder, other_cover));
  if (other.wire < best.wire) best = std::move(other);
  report.copies += best.copies;
  for (MixedWindow& window : best.windows) SKIFF_TRY(write_window(std::move(window), report, writer));
  return {};
}

}  // namespace skiff
