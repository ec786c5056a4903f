#include "diff/mixed_delta.hpp"

#include "base/parallel.hpp"
#include "diff/mixed_window_coder.hpp"
#include "diff/progress_report.hpp"
#include "diff/window_map.hpp"

namespace skiff {
namespace {

Result<void> write_window(MixedWindow&& window, Draft& draft) {
  draft.writer.note_copies(window.entries);
  draft.report.literal_bytes += window.totals.literal;
  draft.report.verbatim_bytes += window.totals.verbatim;
  draft.report.copied_bytes += window.totals.residue;
  for (const MixedSegment& segment : window.segments)
    SKIFF_TRY(draft.writer.add(segment.info, segment.wire, segment.literal_wire));
  return {};
}

}  // namespace

Result<void> code_mixed(const DraftTask& task, Draft& draft) {
  const TypedImages& typed = task.typed;
  const PlanLimits limits = mixed_plan_limits(task.options.profile);
  const MixedOptions options{model_sizes(task.options.profile),
                             static_cast<std::size_t>(limits.segment_coded), limits.window_copies};
  draft.report.info.models = options.sizes;
  const std::vector<Window> windows =
      typed_windows(task.cover, typed.typing, typed.images.result.size(), limits);
  const ProgressReport progress(task.options);
  const auto produce = [&](std::size_t i) {
    return code_mixed_window(typed.images, typed.typing, windows[i], static_cast<std::uint32_t>(i), options);
  };
  const auto consume = [&](std::size_t i, MixedWindow&& window) -> Result<void> {
    draft.report.copies += windows[i].copies.size();
    SKIFF_TRY(write_window(std::move(window), draft));
    return progress("code", static_cast<double>(i + 1) / static_cast<double>(windows.size()));
  };
  return ordered_parallel_for<MixedWindow>(windows.size(), task.options.threads, produce, consume);
}

}  // namespace skiff
