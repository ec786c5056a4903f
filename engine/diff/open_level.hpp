// open_level: two images with their compressed streams replaced by what these hold; not streams in streams.
#pragma once

#include "diff/scratch_image.hpp"
#include "skiff/diff.hpp"
#include "unpack/recipe.hpp"
#include "unpack/scan.hpp"

namespace skiff {

/// An image, or what a level before made of it, and where its streams are; all of it the caller's.
struct Form {
  const Source& image;
  const unpack::BlockSystem* system = nullptr;  ///< whose blocks are the streams
  const std::vector<unpack::Range>& to_search;  ///< where there is no such system
  std::uint64_t phase = 0;                      ///< what is aligned in it, as Level::phase
};

struct OpenedForm {
  ScratchImage image;
  std::vector<unpack::Stream> streams;  ///< all that were found, those that stay packed as well
};

struct OpenedLevel {
  unpack::Level level;  ///< without streams of the result, the opened images are of no use
  OpenedForm base;
  OpenedForm result;
  std::uint64_t changed = 0;  ///< packed bytes of the result's streams that were opened
};

/// Opens the streams of the result that the base does not have and that can be packed again exactly, and
/// those of the base. `progress` is told what part is done. Errors: kIo, kLimit, kCancelled.
Result<OpenedLevel> open_level(const Form& base, const Form& result, const DiffOptions& options,
                               const std::function<Result<void>(double)>& progress);

}  // namespace skiff
