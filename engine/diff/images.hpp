// Images: the two that a delta leads from and to, and what is known of them.
#pragma once

#include "predict/typing.hpp"
#include "skiff/io.hpp"

namespace skiff {

/// Both images; owned by the caller, read from several threads.
struct Images {
  const Source& base;
  const Source& result;
  const Typing* typing = nullptr;  ///< where it is known already; null: it is found in the images
};

/// Both with their typing, which is the caller's as well. That of the result has typed ranges, as that of the
/// base does.
struct TypedImages {
  Images images;
  const Typing& typing;
};

}  // namespace skiff
