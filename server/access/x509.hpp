// X.509: making, signing, reading and writing keys, certificates and requests (P-256, RFC 5280, RFC 2986).
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "skiff/result.hpp"

namespace skiff::server {

struct FreeX509 {
  void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { ::X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { ::X509_EXTENSION_free(extension); }
  void operator()(X509_REQ* request) const { ::X509_REQ_free(request); }
  void operator()(BIO* bio) const { ::BIO_free(bio); }
  void operator()(BIGNUM* number) const { ::BN_free(number); }
};
using X509Key = std::unique_ptr<EVP_PKEY, FreeX509>;
using X509Certificate = std::unique_ptr<X509, FreeX509>;
using X509Bio = std::unique_ptr<BIO, FreeX509>;

/// A certificate, and the key it is of where that is known whole.
struct Issued {
  X509Key key;
  X509Certificate certificate;
};

/// What distinguishes one kind of certificate from another, in OpenSSL's extension syntax.
struct Recipe {
  std::string common_name;
  std::uint32_t days = 0;
  std::string basic_constraints;
  std::string key_usage;
  std::string extended_key_usage;  ///< empty: none
  std::string alternative_names;   ///< empty: none
};

/// The certificate of a key, signed by `issuer`, or by itself where there is none. kFormat.
Result<Issued> certify(X509Key key, const Recipe& recipe, const Issued* issuer);
/// As certify(), of a new key.
Result<Issued> issue(const Recipe& recipe, const Issued* issuer);

/// What a request for a certificate names and proves: its holder has signed it with this key.
struct KeyRequest {
  std::string common_name;
  X509Key key;  ///< P-256; the public half
};
/// Reads a request in PEM. kFormat: none; kSignature: its signature is not of the key it names; kUnsupported:
/// a key of another curve.
Result<KeyRequest> read_request(std::string_view pem);

/// The whole of a certificate and its key, from PEM files of a folder. kNotFound, kFormat, kMismatch.
Result<Issued> load_issued(const std::filesystem::path& certificate, const std::filesystem::path& key);
/// When a certificate in a PEM file runs out, seconds since 1970 UTC. kNotFound, kFormat.
Result<std::int64_t> certificate_end(const std::filesystem::path& certificate);
Result<std::string> certificate_pem(const X509& certificate);
/// The unencrypted key, in memory that is cleaned when it goes.
Result<X509Bio> key_pem(EVP_PKEY& key);

}  // namespace skiff::server
