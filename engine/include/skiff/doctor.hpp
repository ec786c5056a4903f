// examine_image: how well an image will delta, and what to change in its build.
#pragma once

#include "skiff/explain.hpp"

namespace skiff {

/// Compressed streams of one codec in an image, or in what other streams of it hold.
struct StreamGroup {
  std::string name;             ///< "xz streams"
  std::size_t level = 1;        ///< 1 in the image itself, 2 in streams of level 1, and so on
  std::uint64_t count = 0;      ///< all of them
  std::uint64_t packed = 0;     ///< bytes of these in the image, or in what the level before opened
  std::uint64_t opened = 0;     ///< bytes that they hold
  std::uint64_t exact = 0;      ///< how many a library packs again exactly
  std::uint64_t predicted = 0;  ///< how many are restored by corrections
  std::uint64_t closed = 0;     ///< bytes, packed, of those that stay closed
};

struct ImageExamination {
  std::uint64_t length = 0;
  std::string system;                ///< "squashfs", "ext4", … or "image"
  std::uint64_t opened_length = 0;   ///< of the image with all streams opened that can be
  std::uint64_t unpack_memory = 0;   ///< bytes that a device takes to open and pack all of them
  std::vector<StreamGroup> streams;  ///< by level, then by name
  std::vector<Finding> findings;     ///< `bytes` are of the image, not of a delta; most first
};

/// Opens an image as an encoder does, with the re-packers of `options`. Errors: kIo, kLimit, kCancelled.
Result<ImageExamination> examine_image(const Source& image, const DiffOptions& options);

}  // namespace skiff
