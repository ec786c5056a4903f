// OpenSSL's SHA-256 as the engine takes it.
#pragma once

#include <openssl/evp.h>
#include <skiff/digest.hpp>

class OpenSslHasher final : public skiff::Hasher {
 public:
  OpenSslHasher() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
  ~OpenSslHasher() override { EVP_MD_CTX_free(context_); }
  OpenSslHasher(const OpenSslHasher&) = delete;
  OpenSslHasher& operator=(const OpenSslHasher&) = delete;
  void update(skiff::ByteView bytes) override { EVP_DigestUpdate(context_, bytes.data(), bytes.size()); }
  skiff::Sha256 finish() override {
    skiff::Sha256 digest;
    EVP_DigestFinal_ex(context_, digest.bytes.data(), nullptr);
    return digest;
  }

 private:
  EVP_MD_CTX* context_;
};
