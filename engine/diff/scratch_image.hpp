// ScratchImage: an image in an unlinked temporary file, written in order and read anywhere.
#pragma once

#include <cstdio>
#include <memory>

#include "skiff/io.hpp"

namespace skiff {

class ScratchImage final : public Source, public Sink {
 public:
  /// Errors: kIo.
  static Result<ScratchImage> make();
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override;
  Result<void> write(ByteView bytes) override;

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, Close>;

  explicit ScratchImage(File file) : file_(std::move(file)) {}

  File file_;
  std::uint64_t size_ = 0;
};

}  // namespace skiff
