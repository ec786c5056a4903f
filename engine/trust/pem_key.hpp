// ECDSA and RSA-PSS keys in PEM and PKCS#8, through OpenSSL; nothing encoded in ASN.1 goes anywhere else.
#pragma once

#include <string>

#include "skiff/bytes.hpp"
#include "skiff/trust.hpp"

namespace skiff::pem_key {

/// The SubjectPublicKeyInfo (DER, RFC 5280) of a PEM text: one DER for one key, however the PEM was written.
/// kFormat unless it is a named P-256 key or an RSA key of 2048 to 8192 bits, as `type` says.
Result<Bytes> read_public(KeyType type, std::string_view pem);

/// Public keys in PEM from what a PKCS#11 token tells of them: an uncompressed point of P-256 (65 bytes), a
/// modulus and exponent (big-endian). kFormat where they are none.
Result<std::string> p256_pem(ByteView point);
Result<std::string> rsa_pem(ByteView modulus, ByteView exponent);

/// A new private key, PKCS#8 in DER (RFC 5958): of P-256, or RSA of 3072 bits. The caller wipes it.
Result<Bytes> generate(KeyType type);
/// The public half of such a key, in PEM.
Result<std::string> public_half(ByteView private_der);
/// A signature that verify() accepts; RSA with a salt as long as the digest, as TUF's scheme has it.
Result<Bytes> sign(KeyType type, ByteView private_der, ByteView message);

/// The DER form (RFC 3279, section 2.2.3) of a signature that is r and s side by side, as PKCS#11 has it.
Result<Bytes> ecdsa_der(ByteView r_and_s);

/// Whether `signature` over `message` holds: ECDSA in DER with SHA-256, or RSASSA-PSS with SHA-256, MGF1 with
/// SHA-256 and any length of salt (RFC 8017).
bool verify(KeyType type, ByteView public_der, ByteView message, ByteView signature);

}  // namespace skiff::pem_key
