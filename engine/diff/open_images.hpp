// open_images: both images with their compressed streams replaced by what these hold, and the recipe that
// leads back.
#pragma once

#include <optional>

#include "diff/images.hpp"
#include "diff/scratch_image.hpp"
#include "skiff/diff.hpp"

namespace skiff {

struct OpenedPair {
  ScratchImage base;
  ScratchImage result;
  Opening opening;
  std::uint64_t changed = 0;     ///< packed bytes of the result's streams that were opened
  std::optional<Typing> typing;  ///< where file systems in the images say it
};

/// Nothing if no stream of the result that the base does not have can be packed again exactly. Errors: kIo,
/// kLimit, kCancelled.
Result<std::optional<OpenedPair>> open_images(const Images& images, const DiffOptions& options);

}  // namespace skiff
