// A secret sealed under a passphrase: scrypt (RFC 7914) and AES-256-GCM (NIST SP 800-38D), through OpenSSL.
#pragma once

#include "skiff/bytes.hpp"
#include "skiff/json.hpp"

namespace skiff::key_cipher {

/// Seals `secret`; the result says with what, so that the cost can rise later without losing older files.
Result<Json> seal(ByteView secret, std::string_view passphrase);
/// The secret again. kSignature: wrong passphrase or altered file; kFormat, kLimit: not what seal() makes.
Result<Bytes> open(const Json& sealed, std::string_view passphrase);

}  // namespace skiff::key_cipher
