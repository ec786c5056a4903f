#include "trust/pem_key.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>

namespace skiff::pem_key {
namespace {

constexpr std::size_t kMaxPemLength = 16 << 10;
constexpr std::size_t kP256DerLength = 91;  ///< of a named curve and an uncompressed point: one form per key
constexpr int kMinRsaBits = 2048;
constexpr unsigned kNewRsaBits = 3072;
constexpr std::size_t kP256NumberLength = 32;
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
using KeyContextHandle = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using BuilderHandle = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using ParametersHandle = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using NumberHandle = std::unique_ptr<BIGNUM, Free<BN_free>>;
using SignatureHandle = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

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

KeyHandle private_key(ByteView der) {
  const unsigned char* at = der.data();
  return KeyHandle(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
}

Result<std::string> to_pem(const EVP_PKEY* key) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  char* text = nullptr;
  if (!bio || key == nullptr || PEM_write_bio_PUBKEY(bio.get(), key) != 1) {
    return fail(ErrorKind::kFormat, "public key cannot be written as PEM");
  }
  const long length = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<std::size_t>(length));
}

/// A public key from its numbers.
Result<std::string> pem_of(const char* algorithm, const BuilderHandle& builder) {
  const ParametersHandle parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContextHandle context(EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return fail(ErrorKind::kFormat, std::string("not a public key of type ") + algorithm);
  }
  return to_pem(KeyHandle(key).get());
}

bool use_pss(EVP_PKEY_CTX* options, int salt_length) {
  return EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salt_length) == 1;
}

NumberHandle number_of(ByteView bytes) {
  return NumberHandle(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

}  // namespace

Result<std::string> p256_pem(ByteView point) {
  const BuilderHandle builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) !=
          1) {
    return fail(ErrorKind::kFormat, "not a point of P-256");
  }
  return pem_of("EC", builder);
}

Result<std::string> rsa_pem(ByteView modulus, ByteView exponent) {
  const NumberHandle n = number_of(modulus);
  const NumberHandle e = number_of(exponent);
  const BuilderHandle builder(OSSL_PARAM_BLD_new());
  if (!builder || !n || !e || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return fail(ErrorKind::kFormat, "not an RSA key");
  }
  return pem_of("RSA", builder);
}

Result<Bytes> generate(KeyType type) {
  const KeyHandle key(type == KeyType::kEcdsaP256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(kNewRsaBits));
  const std::unique_ptr<PKCS8_PRIV_KEY_INFO, Free<PKCS8_PRIV_KEY_INFO_free>> info(
      key ? EVP_PKEY2PKCS8(key.get()) : nullptr);
  unsigned char* buffer = nullptr;
  const int length = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), &buffer) : 0;
  if (length <= 0) return fail(ErrorKind::kUnsupported, "a key of this type cannot be made");
  Bytes der(buffer, buffer + length);
  OPENSSL_clear_free(buffer, static_cast<std::size_t>(length));
  return der;
}

Result<std::string> public_half(ByteView private_der) { return to_pem(private_key(private_der).get()); }

Result<Bytes> sign(KeyType type, ByteView private_der, ByteView message) {
  const KeyHandle key = private_key(private_der);
  const ContextHandle context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // owned by `context`
  std::size_t length = 0;
  if (!key || !context ||
      EVP_DigestSignInit(context.get(), &options, EVP_sha256(), nullptr, key.get()) != 1 ||
      (type == KeyType::kRsaPssSha256 && !use_pss(options, RSA_PSS_SALTLEN_DIGEST)) ||
      EVP_DigestSign(context.get(), nullptr, &length, message.data(), message.size()) != 1) {
    return fail(ErrorKind::kFormat, "not a private key of its type");
  }
  Bytes signature(length);
  if (EVP_DigestSign(context.get(), signature.data(), &length, message.data(), message.size()) != 1) {
    return fail(ErrorKind::kUnsupported, "OpenSSL does not sign");
  }
  signature.resize(length);
  return signature;
}

Result<Bytes> ecdsa_der(ByteView r_and_s) {
  if (r_and_s.size() != 2 * kP256NumberLength) return fail(ErrorKind::kFormat, "not a signature of P-256");
  NumberHandle r = number_of(r_and_s.first(kP256NumberLength));
  NumberHandle s = number_of(r_and_s.last(kP256NumberLength));
  const SignatureHandle signature(ECDSA_SIG_new());
  if (!r || !s || !signature || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) {
    return fail(ErrorKind::kFormat, "not a signature of P-256");
  }
  static_cast<void>(r.release());  // the signature's now
  static_cast<void>(s.release());
  unsigned char* buffer = nullptr;
  const int length = i2d_ECDSA_SIG(signature.get(), &buffer);
  if (length <= 0) return fail(ErrorKind::kFormat, "signature cannot be encoded");
  Bytes der(buffer, buffer + length);
  OPENSSL_free(buffer);
  return der;
}

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
  if (type == KeyType::kRsaPssSha256 && !use_pss(options, RSA_PSS_SALTLEN_AUTO)) return false;
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

}  // namespace skiff::pem_key
