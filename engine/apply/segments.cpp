#include "apply/segments.hpp"

#include "apply/mixed_segments.hpp"
#include "apply/stream_segments.hpp"

namespace skiff {

Result<std::unique_ptr<Segments>> make_segments(const DeltaInfo& info, const Source& base,
                                                ResultWriter& result) {
  return info.codec == Codec::kContextMixing ? MixedSegments::make(info, base, result)
                                             : StreamSegments::make(info, base, result);
}

}  // namespace skiff
