// ECDSA and RSA-PSS keys in PEM, through OpenSSL; nothing encoded in ASN.1 goes anywhere else.
#pragma once

#include <string>

#include "skiff/bytes.hpp"
#include "skiff/trust.hpp"

namespace skiff::pem_key {

/// The SubjectPublicKeyInfo (DER, RFC 5280) of a PEM text: one DER for one key, however the PEM was written.
/// kFormat unless it is a named P-256 key or an RSA key of 2048 to 8192 bits, as `type` says.
Result<Bytes> read_public(KeyType type, std::string_view pem);

/// Whether `signature` over `message` holds: ECDSA in DER with SHA-256, or RSASSA-PSS with SHA-256, MGF1 with
/// SHA-256 and any length of salt (RFC 8017).
bool verify(KeyType type, ByteView public_der, ByteView message, ByteView signature);

}  // namespace skiff::pem_key
