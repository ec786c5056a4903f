#include "trust/pem_key.hpp"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>

namespace skiff::pem_key {
namespace {

constexpr std::size_t kMaxPemLength = 16 << 10;
constexpr std::size_t kP256DerLength = 91;  ///< of a named curve and an uncompressed point: one form per key
constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;  // verifying with longer ones is a way to burn a device's battery

template <auto free_function>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    free_function(object);
  }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using ContextHandle = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using BioHandle = std::unique_ptr<BIO, Free<BIO_free>>;

int refuse_passphrase(char*, int, int, void*) { return -1; }

Result<Bytes> to_der(const EVP_PKEY* key) {
  unsigned char* buffer = nullptr;
  const int length = i2d_PUBKEY(key, &buffer);
  if (length <= 0) return fail(ErrorKind::kFormat, "public key cannot be encoded");
  Bytes der(buffer, buffer + length);
  OPENSSL_free(buffer);
  return der;
}

Result<Bytes> p256_der(EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return fail(ErrorKind::kFormat, "not an elliptic-curve key");
  char group[32] = {};
  if (EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) != 1 ||
      std::string_view(group) != "prime256v1") {
    return fail(ErrorKind::kFormat, "not a key of the curve P-256");
  }
  if (EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed") != 1) {
    return fail(ErrorKind::kFormat, "P-256 key cannot be written uncompressed");
  }
  SKIFF_ASSIGN(Bytes der, to_der(key));
  if (der.size() != kP256DerLength) return fail(ErrorKind::kFormat, "P-256 key with explicit parameters");
  return der;
}

Result<Bytes> rsa_der(EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || bits < kMinRsaBits || bits > kMaxRsaBits) {
    return fail(ErrorKind::kFormat, "not an RSA key of 2048 to 8192 bits");
  }
  return to_der(key);
}

}  // namespace

Result<Bytes> read_public(KeyType type, std::string_view pem) {
  if (pem.size() > kMaxPemLength) return fail(ErrorKind::kLimit, "public key longer than 16 KiB");
  const BioHandle bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const KeyHandle key(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, refuse_passphrase, nullptr) : nullptr);
  if (!key) return fail(ErrorKind::kFormat, "no public key in PEM");
  return type == KeyType::kEcdsaP256 ? p256_der(key.get()) : rsa_der(key.get());
}

bool verify(KeyType type, ByteView public_der, ByteView message, ByteView signature) {
  const unsigned char* at = public_der.data();
  const KeyHandle key(d2i_PUBKEY(nullptr, &at, static_cast<long>(public_der.size())));
  const ContextHandle context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // owned by `context`
  if (!key || !context ||
      EVP_DigestVerifyInit(context.get(), &options, EVP_sha256(), nullptr, key.get()) != 1) {
    return false;
  }
  if (type == KeyType::kRsaPssSha256 &&
      (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_AUTO) != 1)) {
    return false;
  }
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

}  // namespace skiff::pem_key
