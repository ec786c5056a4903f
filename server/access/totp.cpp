#include "access/totp.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "skiff/trust.hpp"

namespace skiff::server {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kSecretBytes = 20;
constexpr unsigned kBitsPerLetter = 5;
constexpr std::size_t kDigits = 6;
constexpr std::uint32_t kModulus = 1'000'000;
constexpr std::size_t kSha1 = 20;  // bytes

std::string to_base32(ByteView bytes) {
  std::string text;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (held += 8; held >= kBitsPerLetter; held -= kBitsPerLetter) {
      text += kAlphabet[bits >> (held - kBitsPerLetter) & 31U];
    }
  }
  return text;
}

Bytes from_base32(std::string_view text) {
  Bytes bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char letter : text) {
    const std::size_t value = kAlphabet.find(letter);
    if (value == std::string_view::npos) return {};
    bits = bits << kBitsPerLetter | static_cast<std::uint32_t>(value);
    held += kBitsPerLetter;
    if (held < 8) continue;
    held -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> held));
  }
  return bytes;
}

bool is_same(std::string_view one, std::string_view other) {
  return one.size() == other.size() && ::CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace

std::string new_totp_secret() { return to_base32(random_bytes(kSecretBytes)); }

std::string totp_uri(std::string_view user, std::string_view secret) {
  return "otpauth://totp/Skiff:" + std::string(user) + "?secret=" + std::string(secret) + "&issuer=Skiff";
}

std::string totp_code(std::string_view secret, std::int64_t step) {
  const Bytes key = from_base32(secret);
  std::array<std::uint8_t, 8> counter{};
  for (std::size_t i = 0; i < counter.size(); ++i) {
    counter[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(step) >> (56 - 8 * i));
  }
  std::array<std::uint8_t, kSha1> digest{};
  unsigned length = 0;
  if (key.empty() || ::HMAC(::EVP_sha1(), key.data(), static_cast<int>(key.size()), counter.data(),
                            counter.size(), digest.data(), &length) == nullptr) {
    return {};
  }
  const std::size_t at = digest[kSha1 - 1] & 15U;  // RFC 4226, section 5.3
  std::uint32_t number = digest[at] & 0x7fU;
  for (std::size_t i = 1; i < 4; ++i) number = number << 8 | digest[at + i];
  const std::string digits = std::to_string(number % kModulus);
  return std::string(kDigits - digits.size(), '0') + digits;
}

std::optional<std::int64_t> totp_step(std::string_view secret, std::string_view code, std::int64_t now,
                                      std::int64_t last) {
  if (code.size() != kDigits) return std::nullopt;
  const std::int64_t current = now / kTotpStep;
  for (std::int64_t step = current - 1; step <= current + 1; ++step) {
    if (step > last && is_same(totp_code(secret, step), code)) return step;
  }
  return std::nullopt;
}

}  // namespace skiff::server
