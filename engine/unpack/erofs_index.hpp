// ErofsIndex: which blocks the content of a compressed erofs file lies in, by the index that stands after its
// inode (Linux, fs/erofs/zmap.c).
#pragma once

#include <cstdint>
#include <vector>

#include "skiff/bytes.hpp"

namespace skiff::unpack {

/// Content from `start` on, up to the next extent or the end of the file, is packed in `blocks` blocks of the
/// image, or stands as it is in one.
struct ErofsExtent {
  std::uint64_t start = 0;
  std::uint64_t block = 0;  ///< number of the first
  std::uint64_t blocks = 1;
  std::uint8_t algorithm = 0;  ///< 0: the first of the file's two, 1: the second
  bool packed = false;
};

struct ErofsIndexForm {
  std::uint64_t at = 0;        ///< where it begins in the image: packs of entries are aligned to that
  std::uint64_t clusters = 0;  ///< how many entries it has
  unsigned cluster_bits = 12;  ///< content of a cluster, as a power of two
  bool compact = false;        ///< entries of 2 or 4 bytes instead of 8
  bool short_entries = false;  ///< of 2 bytes, where 16 of them are together
  bool large = false;          ///< several blocks may hold one extent
};

/// Bytes of an index.
std::uint64_t length_of(const ErofsIndexForm& form);

/// The extents by the bytes of the index, in order, each after the one before; ends at the first that makes
/// no sense.
std::vector<ErofsExtent> read_index(const ErofsIndexForm& form, ByteView index);

}  // namespace skiff::unpack
