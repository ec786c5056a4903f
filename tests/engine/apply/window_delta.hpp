// Deltas of codec 1 from windows made by hand.
#pragma once

#include "tests/engine/apply/delta_builder.hpp"
#include "tests/engine/codec/typed_window.hpp"

namespace skiff::testing {

/// A delta of one window whose data segments are closed at `segment_wire` coded bytes; its limits are what it
/// needs.
CodedDelta code_window_delta(const TypedWindow& window, Profile profile, std::size_t segment_wire);

}  // namespace skiff::testing
