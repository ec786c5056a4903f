// Extents: a file inside an image, as the pieces of the image that hold it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "predict/typing.hpp"
#include "skiff/io.hpp"

namespace skiff::typing {

/// Bytes [file_offset, file_offset + length) of the file are at `image_offset` and on.
struct Extent {
  std::uint64_t file_offset = 0;
  std::uint64_t length = 0;
  std::uint64_t image_offset = 0;
};

/// In order of file_offset, apart. What lies between extents is a hole and reads as zeros.
struct FileExtents {
  std::uint64_t size = 0;
  std::vector<Extent> extents;
};

struct NamedFile {
  std::string name;
  FileExtents file;
};

/// The file as a source of its own. The image must outlive it.
class ExtentSource final : public Source {
 public:
  ExtentSource(const Source& image, const FileExtents& file) : image_(image), file_(file) {}
  [[nodiscard]] std::uint64_t size() const override { return file_.size; }
  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override;

 private:
  const Source& image_;
  const FileExtents& file_;
};

/// A space whose offsets are the file's, as one whose offsets are the image's. The extents must ascend in the
/// image.
Space placed(const Space& space, const FileExtents& file);

}  // namespace skiff::typing
