// Deltas of codec 1 for golden files and fuzz seeds, from a given cover and typing: no search decides what
// they hold.
#pragma once

#include "predict/typing.hpp"
#include "tests/engine/apply/delta_builder.hpp"

namespace skiff::testing {

/// How a delta of codec 1 is made.
struct MixedPlan {
  Typing typing{};
  std::uint64_t window = std::uint64_t{1} << 20;  ///< result bytes of a window; no copy crosses its end
  std::size_t segment = std::size_t{1} << 20;     ///< coded bytes at which a data segment is closed
  Profile profile = Profile::kTiny;
  ModelSizes sizes{8, 12, 8};
};

/// Codes the images and sets the limits to what this delta needs.
CodedDelta code_mixed_delta(ByteView base, ByteView result, const std::vector<Copy>& cover,
                            const MixedPlan& plan);

}  // namespace skiff::testing
