// CachedReader: views of a Source's bytes through one buffer, for reads that mostly go forward.
#pragma once

#include <algorithm>
#include <cstdint>

#include "skiff/io.hpp"

namespace skiff {

/// Reads ahead by `capacity` bytes. For one thread; the source must outlive it.
class CachedReader {
 public:
  CachedReader(const Source& source, std::size_t capacity) : source_(&source), capacity_(capacity) {}

  [[nodiscard]] std::uint64_t size() const { return source_->size(); }

  /// `length` bytes at `offset`, valid until the next call. The range must lie in the source (else kUsage).
  Result<ByteView> view(std::uint64_t offset, std::size_t length) {
    if (offset < begin_ || offset - begin_ > buffer_.size() || buffer_.size() - (offset - begin_) < length) {
      SKIFF_TRY(fill(offset, length));
    }
    return ByteView(buffer_).subspan(static_cast<std::size_t>(offset - begin_), length);
  }

 private:
  Result<void> fill(std::uint64_t offset, std::size_t length) {
    const std::uint64_t left = offset < source_->size() ? source_->size() - offset : 0;
    if (left < length) return fail(ErrorKind::kUsage, "view past the end of the source");
    buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, std::max(length, capacity_))));
    begin_ = offset;
    Result<void> read = source_->read_at(offset, buffer_);
    if (!read) buffer_.clear();
    return read;
  }

  const Source* source_;
  std::size_t capacity_;
  std::uint64_t begin_ = 0;
  Bytes buffer_;
};

}  // namespace skiff
