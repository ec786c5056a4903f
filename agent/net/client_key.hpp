// ClientKey: the private key of the device's mutual TLS, wherever it is kept.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "skiff/result.hpp"

namespace skiff::agent {

/// `reference` is one of
///   a path: a PEM file without a passphrase;
///   pkcs11:…: a P-256 key in a token (skiff/token.hpp);
///   handle:0x81…: a key at a persistent handle of a TPM 2.0, through OpenSSL's provider tpm2. Persistent,
///   because a TPM has room for three transient keys only. Which TPM: TPM2OPENSSL_TCTI in the environment,
///   else the system's.
/// kNotFound, kUnsupported, kSignature or kFormat with the reference named. What the key needs to sign lives
/// as long as the returned pointer.
using ClientKey = std::shared_ptr<EVP_PKEY>;
Result<ClientKey> open_client_key(const std::string& reference);

/// A request for a certificate (PKCS #10, RFC 2986) in PEM that proves possession of the key; its name is
/// `serial`.
Result<std::string> certificate_request(EVP_PKEY& key, const std::string& serial);

}  // namespace skiff::agent
