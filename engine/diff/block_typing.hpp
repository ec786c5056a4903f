// type_blocks: what kinds of code an opened file system of packed blocks holds, by the files in it.
#pragma once

#include "predict/typing.hpp"
#include "unpack/block_system.hpp"
#include "unpack/recipe.hpp"

namespace skiff {

/// `whole`: the image with all its packed blocks opened, laid out as `all` says; the typing is of the form in
/// which only the blocks of `opened` are. Each layout is of blocks of `system`, which may be fewer than it
/// has.
ImageTyping type_blocks(const unpack::BlockSystem& system, const Source& whole, const unpack::Layout& all,
                        const unpack::Layout& opened);

}  // namespace skiff
