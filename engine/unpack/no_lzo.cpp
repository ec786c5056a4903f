// In the place of lzo.cpp, in builds without SKIFF_LZO.
#include "unpack/c_handle.hpp"
#include "unpack/codecs.hpp"

bool skiff::unpack::decode_lzo(const Source&, FoundStream&, Budget&) { return false; }

const skiff::Repacker* skiff::lzo_repacker() { return nullptr; }

const skiff_repacker* skiff_lzo_repacker(void) { return nullptr; }
