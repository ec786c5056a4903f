#include "skiff/repackers.hpp"

namespace skiff {

Repackers all_repackers() {
  return {&deflate_repacker(), &lz4_repacker(), &prediction_repacker(), &xz_repacker(), &zstd_repacker()};
}

}  // namespace skiff
