#include "webhooks/signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "skiff/trust.hpp"

namespace skiff::server {
namespace {

constexpr std::string_view kMark = "whsec_";
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kSha256 = 32;  // bytes
constexpr std::size_t kGroupText = 4;
constexpr std::size_t kGroupBytes = 3;

std::string to_base64(ByteView bytes) {
  std::string text((bytes.size() + kGroupBytes - 1) / kGroupBytes * kGroupText + 1,
                   '\0');  // and a zero at its end
  const int length = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                       static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

/// Empty: it is none.
Bytes from_base64(std::string_view text) {
  Bytes bytes(text.size() / kGroupText * kGroupBytes);
  const int length = ::EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                       static_cast<int>(text.size()));
  if (length < 0) return {};
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
}

}  // namespace

std::string new_webhook_secret() { return std::string(kMark) + to_base64(random_bytes(kSecretBytes)); }

Result<std::string> webhook_signature(std::string_view secret, std::string_view id, std::int64_t time,
                                      std::string_view body) {
  const Bytes key = secret.starts_with(kMark) ? from_base64(secret.substr(kMark.size())) : Bytes();
  if (key.empty()) return fail(ErrorKind::kFormat, "a webhook's secret is not whsec_ and base64");
  std::string message(id);
  message += "." + std::to_string(time) + ".";
  message += body;
  std::array<std::uint8_t, kSha256> digest{};
  unsigned length = digest.size();
  const ByteView signed_bytes = as_bytes(message);
  if (::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()), signed_bytes.data(),
             signed_bytes.size(), digest.data(), &length) == nullptr) {
    return fail(ErrorKind::kIo, "OpenSSL cannot sign an event");
  }
  return "v1," + to_base64(digest);
}

}  // namespace skiff::server
