// open_images: both images with their compressed streams replaced by what these hold, and the recipe that
// leads back.
#pragma once

#include <optional>

#include "diff/images.hpp"
#include "diff/scratch_image.hpp"
#include "skiff/diff.hpp"
#include "unpack/recipe.hpp"

namespace skiff {

struct OpenedPair {
  ScratchImage base;
  ScratchImage result;
  Opening opening;
  std::uint64_t changed = 0;     ///< packed bytes of the result's streams that were opened
  std::optional<Typing> typing;  ///< where file systems in the images say it
};

/// One level of an image that was opened by itself.
struct FoundLevel {
  unpack::Level level;
  std::vector<unpack::Stream> found;  ///< the streams that stay packed as well
};

struct OpenedImage {
  std::vector<FoundLevel> levels;
  std::optional<ScratchImage> image;  ///< as the last level opened it; nothing if none did
};

/// What opening finds in an image. Errors as below.
Result<OpenedImage> open_image(const Source& image, const DiffOptions& options);

/// Nothing if no stream of the result that the base does not have can be packed again exactly. Errors: kIo,
/// kLimit, kCancelled.
Result<std::optional<OpenedPair>> open_images(const Images& images, const DiffOptions& options);

}  // namespace skiff
