#include "tests/engine/apply/window_delta.hpp"

#include <algorithm>

#include "base/xxh.hpp"
#include "tests/engine/apply/test_digest.hpp"

namespace skiff::testing {
namespace {

void add_segment(CodedDelta& coded, SegmentInfo info, Bytes wire) {
  if (wire.empty()) wire.push_back(0);
  info.wire_length = wire.size();
  coded.info.limits.segment_wire = std::max(coded.info.limits.segment_wire, info.wire_length);
  coded.info.segments.push_back(info);
  coded.wires.push_back(std::move(wire));
}

}  // namespace

CodedDelta code_window_delta(const TypedWindow& window, Profile profile, std::size_t segment_wire) {
  CodedDelta coded;
  coded.info.codec = Codec::kContextMixing;
  coded.info.profile = profile;
  coded.info.models = window.models;
  coded.info.base = {window.base.size(), sha256(window.base)};
  coded.info.result = {window.result.size(), sha256(window.result)};
  coded.info.limits.window_copies = entries_of(window.map);
  SegmentModels models(window.models);
  add_segment(coded, {.is_map = true}, code_map(window, models).value());
  for (std::uint64_t at = 0; at < window.result.size();) {
    const CodedRange range = code_range(window, models, at, segment_wire).value();
    const ByteView made = ByteView(window.result).subspan(at, range.end - at);
    add_segment(coded, {.result_offset = at, .result_length = made.size(), .digest = xxh3(made)}, range.wire);
    at = range.end;
  }
  return coded;
}

}  // namespace skiff::testing
