// Lz4Frame: the blocks of an lz4 frame, of the usual format (lz4_Frame_format.md of liblz4) or of the legacy
// one that `lz4 -l` writes and that Linux kernels and initramfs are packed in.
#pragma once

#include <optional>

#include "skiff/io.hpp"

namespace skiff::unpack {

class Lz4Frame {
 public:
  struct Block {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    bool packed = true;  ///< else it is its own content
  };

  /// The frame whose header stands at `offset`; nothing if there is none, or one whose blocks need what was
  /// before them or a dictionary.
  static std::optional<Lz4Frame> begin(const Source& image, std::uint64_t offset);

  /// The next block, within the image; nothing after the last.
  std::optional<Block> next();
  /// Content of a block in bytes at most.
  [[nodiscard]] std::uint64_t longest() const { return longest_; }
  /// Whether a block with less content than that is the last: such a frame does not say where it ends.
  [[nodiscard]] bool ends_short() const { return legacy_; }

 private:
  Lz4Frame(const Source& image, std::uint64_t at) : image_(image), at_(at) {}
  bool read_descriptor();
  std::optional<std::uint32_t> word();

  const Source& image_;
  std::uint64_t at_;  ///< of the next block's length
  std::uint64_t longest_ = 0;
  bool legacy_ = false;
  bool checked_ = false;  ///< a checksum follows each block
};

}  // namespace skiff::unpack
