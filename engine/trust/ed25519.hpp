// Ed25519 (RFC 8032, section 5.1) through Crypto++, with the checks that Crypto++ 8.7 leaves out.
#pragma once

#include "skiff/bytes.hpp"

namespace skiff::ed25519 {

inline constexpr std::size_t kKeyLength = 32;        ///< of a public key, and of the seed of a private one
inline constexpr std::size_t kSignatureLength = 64;  ///< R ‖ S

/// Whether 32 bytes are a point in canonical form that is not of small order. (With a key of small order, a
/// signature can be made that holds for any message.) Whether the point is on the curve shows when it is
/// used.
bool is_sound_point(ByteView encoded);

/// The public key of a 32-byte seed.
Bytes public_key(ByteView seed);
/// The 64 bytes of the signature of `message` by the key of a 32-byte seed.
Bytes sign(ByteView seed, ByteView message);
/// Refuses signatures that are not exactly 64 bytes, S ≥ L (malleable), and unsound keys or R.
bool verify(ByteView public_key, ByteView message, ByteView signature);

}  // namespace skiff::ed25519
