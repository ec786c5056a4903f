#include "tests/golden/mixed_builder.hpp"

#include <algorithm>

#include "diff/mixed_window_coder.hpp"
#include "format/limits.hpp"
#include "tests/engine/apply/test_digest.hpp"

namespace skiff::testing {
namespace {

Window window_at(const std::vector<Copy>& cover, std::uint64_t begin, std::uint64_t end) {
  Window window{begin, end, {}};
  for (const Copy& copy : cover) {
    if (copy.result_offset >= begin && copy.result_offset < end) window.copies.push_back(copy);
  }
  return window;
}

}  // namespace

CodedDelta code_mixed_delta(ByteView base, ByteView result, const std::vector<Copy>& cover,
                            const MixedPlan& plan) {
  const ViewSource base_source(base);
  const ViewSource result_source(result);
  const MixedOptions options{plan.sizes, plan.segment, kMaxHeaderLength};
  CodedDelta coded;
  DeltaInfo& info = coded.info;
  info.codec = Codec::kContextMixing;
  info.profile = plan.profile;
  info.models = plan.sizes;
  info.base = {base.size(), sha256(base)};
  info.result = {result.size(), sha256(result)};
  std::uint32_t index = 0;
  for (std::uint64_t begin = 0; begin < result.size(); begin += plan.window, ++index) {
    const std::uint64_t end = std::min<std::uint64_t>(begin + plan.window, result.size());
    MixedWindow window = code_mixed_window({base_source, result_source}, plan.typing,
                                           window_at(cover, begin, end), index, options)
                             .value();
    info.limits.window_copies = std::max(info.limits.window_copies, window.entries);
    for (MixedSegment& segment : window.segments) {
      segment.info.wire_length = segment.wire.size();
      info.limits.segment_wire = std::max<std::uint64_t>(info.limits.segment_wire, segment.wire.size());
      info.segments.push_back(segment.info);
      coded.wires.push_back(std::move(segment.wire));
    }
  }
  return coded;
}

}  // namespace skiff::testing
