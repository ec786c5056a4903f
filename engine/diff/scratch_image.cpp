#include "diff/scratch_image.hpp"

#include <unistd.h>

namespace skiff {

Result<ScratchImage> ScratchImage::make() {
  File file(std::tmpfile());
  if (!file) return fail(ErrorKind::kIo, "cannot make a temporary file for the result image");
  return ScratchImage(std::move(file));
}

Result<void> ScratchImage::read_at(std::uint64_t offset, MutableBytes out) const {
  if (offset > size_ || out.size() > size_ - offset)
    return fail(ErrorKind::kUsage, "read past the end of the result image");
  while (!out.empty()) {
    const ssize_t got = ::pread(::fileno(file_.get()), out.data(), out.size(), static_cast<off_t>(offset));
    if (got <= 0) return fail(ErrorKind::kIo, "cannot read the result image back from its temporary file");
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

Result<void> ScratchImage::write(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t put =
        ::pwrite(::fileno(file_.get()), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (put <= 0) return fail(ErrorKind::kIo, "cannot write the result image to a temporary file");
    size_ += static_cast<std::uint64_t>(put);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

}  // namespace skiff
