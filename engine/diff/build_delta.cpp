#include <array>

#include "base/parallel.hpp"
#include "diff/mixed_delta.hpp"
#include "diff/progress_report.hpp"
#include "diff/stream_delta.hpp"
#include "skiff/diff.hpp"

namespace skiff {
namespace {

Result<void> identify(DeltaInfo& info, const Images& images, const DiffOptions& options,
                      const MakeHasher& make_hasher) {
  const std::array<const Source*, 2> sources{&images.base, &images.result};
  const std::array<ImageId*, 2> ids{&info.base, &info.result};
  const auto produce = [&](std::size_t i) { return hash_source(*sources[i], make_hasher); };
  const auto consume = [&](std::size_t i, Sha256&& sha256) -> Result<void> {
    *ids[i] = {sources[i]->size(), sha256};
    return ProgressReport(options)("hash", static_cast<double>(i + 1) / 2);
  };
  return ordered_parallel_for<Sha256>(sources.size(), options.threads, produce, consume);
}

}  // namespace

Result<DiffReport> build_delta(const Source& base, const Source& result, Sink& delta,
                               const DiffOptions& options, const MakeHasher& make_hasher) {
  const Images images{base, result};
  const ProgressReport progress(options);
  DiffReport report;
  report.info.codec = options.codec;
  report.info.profile = options.profile;
  SKIFF_TRY(progress("hash", 0));
  SKIFF_TRY(identify(report.info, images, options, make_hasher));
  SegmentWriter writer(report, make_hasher);
  SKIFF_TRY(options.codec == Codec::kZstd ? code_streams(images, options, report, writer)
                                          : code_mixed(images, options, report, writer));
  SKIFF_TRY(writer.finish(delta));
  SKIFF_TRY(progress("write", 1));
  return report;
}

}  // namespace skiff
