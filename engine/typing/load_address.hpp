// The load address of a flat image, found from where its pointers would have to point.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace skiff::typing {

/// The address that makes most of `pointers` (values seen in the image that may be addresses of functions)
/// point to `functions` (offsets where functions seem to begin): each pair votes for their difference. It is
/// a multiple of `alignment`, a power of two. Nothing if no address wins clearly. Work follows pointers ·
/// functions / alignment, and both lists are thinned where that would be too much.
std::optional<std::uint64_t> load_address(std::vector<std::uint64_t> pointers,
                                          std::vector<std::uint64_t> functions, std::uint64_t alignment);

}  // namespace skiff::typing
