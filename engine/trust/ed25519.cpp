#include "trust/ed25519.hpp"

#include <crypto++/xed25519.h>

#include <algorithm>
#include <array>

namespace skiff::ed25519 {
namespace {

using Number = std::array<std::uint8_t, kKeyLength>;  ///< 256 bits, least significant byte first

/// The order of the base point, 2^252 + 27742317777372353535851937790883648493.
constexpr Number kOrder = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                           0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                           0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

/// 2^255 − 19 − `below`; the subtraction never borrows for the values used here.
constexpr Number field_prime_less(std::uint8_t below) {
  Number number;
  number.fill(0xff);
  number[0] = static_cast<std::uint8_t>(0xed - below);
  number[31] = 0x7f;
  return number;
}

constexpr Number small(std::uint8_t value) { return Number{value}; }

/// The y coordinates of all eight points whose order divides 8.
constexpr std::array<Number, 5> kSmallOrder = {
    small(0), small(1), field_prime_less(1),
    Number{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
           0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    Number{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
           0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}};

bool is_less(const Number& left, const Number& right) {
  return std::lexicographical_compare(left.rbegin(), left.rend(), right.rbegin(), right.rend());
}

Number number_at(ByteView bytes, std::size_t offset) {
  Number number;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), number.size(), number.begin());
  return number;
}

}  // namespace

bool is_sound_point(ByteView encoded) {
  if (encoded.size() != kKeyLength) return false;
  Number y = number_at(encoded, 0);
  y[31] &= 0x7f;  // the top bit is the sign of x
  return is_less(y, field_prime_less(0)) && std::ranges::find(kSmallOrder, y) == kSmallOrder.end();
}

Bytes public_key(ByteView seed) {
  const CryptoPP::ed25519PrivateKey key = [&] {
    CryptoPP::ed25519Signer signer(seed.data());
    return static_cast<const CryptoPP::ed25519PrivateKey&>(signer.GetPrivateKey());
  }();
  return {key.GetPublicKeyBytePtr(), key.GetPublicKeyBytePtr() + kKeyLength};
}

Bytes sign(ByteView seed, ByteView message) {
  const CryptoPP::ed25519Signer signer(seed.data());
  Bytes signature(kSignatureLength);
  signer.SignMessage(CryptoPP::NullRNG(), message.data(), message.size(), signature.data());
  return signature;
}

bool verify(ByteView public_key, ByteView message, ByteView signature) {
  if (signature.size() != kSignatureLength || !is_sound_point(public_key)) return false;
  if (!is_sound_point(signature.first(kKeyLength))) return false;
  if (!is_less(number_at(signature, kKeyLength), kOrder)) return false;
  const CryptoPP::ed25519Verifier verifier(public_key.data());
  return verifier.VerifyMessage(message.data(), message.size(), signature.data(), signature.size());
}

}  // namespace skiff::ed25519
