// Identity: which device a certificate names.
#pragma once

#include <openssl/x509.h>

#include <optional>
#include <string>
#include <string_view>

namespace skiff::server {

inline constexpr std::string_view kSerialUrn = "urn:skiff:device:";

/// 1 to 64 of A–Z a–z 0–9 . _ - (API.md, "Connection"); hardware ids have the same form.
bool is_serial(std::string_view text);

/// The serial in the certificate's one URI name `urn:skiff:device:<serial>`; none if there is no such name,
/// more than one, or one that is no serial. The common name is not read.
std::optional<std::string> device_serial(const X509& certificate);

/// SHA-256 of the certificate (DER), hexadecimal.
std::string fingerprint(const X509& certificate);

/// SHA-256 of a public key (SubjectPublicKeyInfo, DER), hexadecimal: what a key is known by.
std::string key_digest(EVP_PKEY& key);

}  // namespace skiff::server
