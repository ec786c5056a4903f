// SHA-256 for tests of the engine's lower rooms, which are handed their digests by whoever calls them
// (OpenSSL).
#pragma once

#include "skiff/digest.hpp"

namespace skiff::testing {

std::unique_ptr<Hasher> make_sha256();
Sha256 sha256(ByteView bytes);

}  // namespace skiff::testing
