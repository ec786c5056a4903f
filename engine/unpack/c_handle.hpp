// c_handle: a re-packer as the C API hands it out.
#pragma once

#include "skiff/repack.h"
#include "skiff/repackers.hpp"

namespace skiff::unpack {

inline const skiff_repacker* c_handle(const Repacker& repacker) {
  return reinterpret_cast<const skiff_repacker*>(&repacker);
}

}  // namespace skiff::unpack
