#include "access/identity.hpp"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>

#include "skiff/bytes.hpp"
#include "skiff/trust.hpp"

namespace skiff::server {
namespace {

constexpr std::size_t kMaxSerial = 64;

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { ::GENERAL_NAMES_free(names); }
};

bool is_serial_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

}  // namespace

bool is_serial(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSerial &&
         std::all_of(text.begin(), text.end(), is_serial_character);
}

std::optional<std::string> device_serial(const X509& certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(
      static_cast<GENERAL_NAMES*>(::X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (names == nullptr) return std::nullopt;
  std::optional<std::string> serial;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* const uri = name->d.uniformResourceIdentifier;
    const std::string_view text(reinterpret_cast<const char*>(::ASN1_STRING_get0_data(uri)),
                                static_cast<std::size_t>(::ASN1_STRING_length(uri)));
    if (!text.starts_with(kSerialUrn)) continue;
    if (serial) return std::nullopt;
    serial = std::string(text.substr(kSerialUrn.size()));
  }
  if (serial && !is_serial(*serial)) return std::nullopt;
  return serial;
}

std::string fingerprint(const X509& certificate) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (::X509_digest(&certificate, ::EVP_sha256(), digest.data(), &length) != 1) return {};
  return to_hex(ByteView(digest).first(length));
}

std::string key_digest(EVP_PKEY& key) {
  unsigned char* der = nullptr;
  const int length = ::i2d_PUBKEY(&key, &der);
  if (length <= 0) return {};
  const std::string digest = sha256({der, static_cast<std::size_t>(length)}).hex();
  ::OPENSSL_free(der);
  return digest;
}

}  // namespace skiff::server
