// Noise: bytes that no model will shorten, such as compressed or encrypted ones.
#pragma once

#include "codec/history.hpp"

namespace skiff {

/// Literals are plain or modelled by blocks of this many bytes.
inline constexpr std::size_t kPlainBlock = 1024;

/// Whether kPlainBlock bytes are spread like noise and stood nowhere before. An encoder's guess: a wrong one
/// costs size only.
bool looks_like_noise(ByteView block, const History& history);

}  // namespace skiff
