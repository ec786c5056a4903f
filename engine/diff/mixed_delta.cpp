#include "diff/mixed_delta.hpp"

#include "base/parallel.hpp"
#include "diff/mixed_window_coder.hpp"
#include "diff/two_pass_cover.hpp"
#include "diff/window_map.hpp"

namespace skiff {
namespace {

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
    const std::vector<Window> windows = typed_windows(cover, typing_, images_.result.size(), limits_);
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

/// Strides of tables are what the predictor learns best.
constexpr match::Costs kCosts{.repeated_mismatch = 50};

}  // namespace

Result<void> code_mixed(const Images& images, const DiffOptions& options, DiffReport& report,
                        SegmentWriter& writer) {
  TwoPassCover passes(images, options, kCosts);
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
