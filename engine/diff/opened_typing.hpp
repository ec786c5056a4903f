// type_opened: what kinds of code an opened image holds, by what is known of the packed one.
#pragma once

#include "typing/image_typing.hpp"
#include "unpack/recipe.hpp"

namespace skiff {

/// `packed` is the typing of the image that `layout` leads from; `opened` is what it leads to. What the
/// opened streams hold is typed as files are, or by the programs in it.
ImageTyping type_opened(const Source& opened, const ImageTyping& packed, const unpack::Layout& layout);

}  // namespace skiff
