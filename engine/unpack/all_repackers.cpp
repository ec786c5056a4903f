#include "skiff/repackers.hpp"

namespace skiff {

Repackers all_repackers() {
  Repackers all = {&deflate_repacker(),    &lz4_repacker(), &micro_lzma_repacker(), &png_repacker(),
                   &prediction_repacker(), &xz_repacker(),  &zstd_repacker()};
  if (lzo_repacker() != nullptr) all.push_back(lzo_repacker());
  return all;
}

}  // namespace skiff
