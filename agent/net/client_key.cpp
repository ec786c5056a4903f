#define OPENSSL_SUPPRESS_DEPRECATED  // EC_KEY_METHOD: OpenSSL 3 has no other way to sign elsewhere but a
                                     // whole provider
#include "agent/net/client_key.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/x509.h>

#include <algorithm>

#include "agent/system/os.hpp"
#include "skiff/token.hpp"

namespace skiff::agent {
namespace {

constexpr std::string_view kTpmScheme = "handle:";
constexpr const char* kTpmOnly = "provider=tpm2";

using BioHandle = std::unique_ptr<BIO, Free<BIO_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using EcKeyHandle = std::unique_ptr<EC_KEY, Free<EC_KEY_free>>;
using MethodHandle = std::unique_ptr<EC_KEY_METHOD, Free<EC_KEY_METHOD_free>>;
using LibraryHandle = std::unique_ptr<OSSL_LIB_CTX, Free<OSSL_LIB_CTX_free>>;
using ProviderHandle = std::unique_ptr<OSSL_PROVIDER, Free<OSSL_PROVIDER_unload>>;
using StoreHandle = std::unique_ptr<OSSL_STORE_CTX, Free<OSSL_STORE_close>>;
using StoreInfoHandle = std::unique_ptr<OSSL_STORE_INFO, Free<OSSL_STORE_INFO_free>>;
using KeyContextHandle = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using RequestHandle = std::unique_ptr<X509_REQ, Free<X509_REQ_free>>;

tl::unexpected<Error> no_key(ErrorKind kind, const std::string& reference) {
  const char* const reason = ::ERR_reason_error_string(::ERR_peek_last_error());
  ::ERR_clear_error();
  return fail(kind, "key " + reference + ": " + (reason != nullptr ? reason : "cannot be opened"));
}

int refuse_passphrase(char*, int, int, void*) { return -1; }

Result<ClientKey> open_file(const std::string& path) {
  const BioHandle file(::BIO_new_file(path.c_str(), "r"));
  if (!file) return no_key(ErrorKind::kNotFound, path);
  KeyHandle key(::PEM_read_bio_PrivateKey(file.get(), nullptr, refuse_passphrase, nullptr));
  if (!key) return no_key(ErrorKind::kFormat, path);
  return ClientKey(std::move(key));
}

/// Something elsewhere that signs a SHA-256 digest: ECDSA of P-256, in DER.
class DigestSigner {
 public:
  virtual ~DigestSigner() = default;
  virtual Result<Bytes> sign(const Sha256& digest) const = 0;
};

class TokenSigner final : public DigestSigner {
 public:
  explicit TokenSigner(std::unique_ptr<Signer> key) : key_(std::move(key)) {}
  [[nodiscard]] Result<Bytes> sign(const Sha256& digest) const override { return key_->sign_digest(digest); }

 private:
  std::unique_ptr<Signer> key_;
};

/// A library context of its own: the provider's digests, ciphers and randomness serve this key and nothing
/// else.
class TpmSigner final : public DigestSigner {
 public:
  Result<void> open(const std::string& reference);
  [[nodiscard]] Result<Bytes> sign(const Sha256& digest) const override;
  [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }

 private:
  LibraryHandle library_;
  ProviderHandle standard_;
  ProviderHandle tpm_;
  KeyHandle key_;
};

Result<void> TpmSigner::open(const std::string& reference) {
  library_.reset(::OSSL_LIB_CTX_new());
  if (!library_) return no_key(ErrorKind::kLimit, reference);
  standard_.reset(::OSSL_PROVIDER_load(library_.get(), "default"));
  tpm_.reset(::OSSL_PROVIDER_load(library_.get(), "tpm2"));
  if (!standard_ || !tpm_) return no_key(ErrorKind::kUnsupported, reference);
  const StoreHandle store(::OSSL_STORE_open_ex(reference.c_str(), library_.get(), kTpmOnly, nullptr, nullptr,
                                               nullptr, nullptr, nullptr));
  if (!store) return no_key(ErrorKind::kNotFound, reference);
  while (!key_ && ::OSSL_STORE_eof(store.get()) == 0) {
    const StoreInfoHandle info(::OSSL_STORE_load(store.get()));
    if (!info) break;
    if (::OSSL_STORE_INFO_get_type(info.get()) == OSSL_STORE_INFO_PKEY) {
      key_.reset(::OSSL_STORE_INFO_get1_PKEY(info.get()));
    }
  }
  if (!key_) return no_key(ErrorKind::kNotFound, reference);
  return {};
}

/// Asked of the provider by name: without that, OpenSSL exports the public half and misses the private one.
Result<Bytes> TpmSigner::sign(const Sha256& digest) const {
  const KeyContextHandle context(::EVP_PKEY_CTX_new_from_pkey(library_.get(), key_.get(), kTpmOnly));
  std::size_t length = 0;
  if (!context || ::EVP_PKEY_sign_init(context.get()) != 1 ||
      ::EVP_PKEY_CTX_set_signature_md(context.get(), ::EVP_sha256()) != 1 ||
      ::EVP_PKEY_sign(context.get(), nullptr, &length, digest.bytes.data(), digest.bytes.size()) != 1) {
    return no_key(ErrorKind::kUnsupported, "in the TPM");
  }
  Bytes signature(length);
  if (::EVP_PKEY_sign(context.get(), signature.data(), &length, digest.bytes.data(), digest.bytes.size()) !=
      1) {
    return no_key(ErrorKind::kUnsupported, "in the TPM");
  }
  signature.resize(length);
  return signature;
}

/// Where an EC_KEY keeps the DigestSigner that signs for it.
int signer_index() {
  static const int index =
      ::CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_EC_KEY, 0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

/// As EC_KEY_METHOD_set_sign() wants it.
int sign_elsewhere(int, const unsigned char* data, int length, unsigned char* signature,
                   unsigned* signature_length, const BIGNUM*, const BIGNUM*, EC_KEY* key) {
  Sha256 digest;
  const auto* const signer = static_cast<const DigestSigner*>(::EC_KEY_get_ex_data(key, signer_index()));
  if (signer == nullptr || length != static_cast<int>(digest.bytes.size())) return 0;
  std::copy_n(data, digest.bytes.size(), digest.bytes.begin());
  const Result<Bytes> made = signer->sign(digest);
  if (!made || made->size() > static_cast<std::size_t>(::ECDSA_size(key))) return 0;
  std::ranges::copy(*made, signature);
  *signature_length = static_cast<unsigned>(made->size());
  return 1;
}

/// A key for OpenSSL whose private half is elsewhere, and what it needs until it goes.
struct RemoteKey {
  std::unique_ptr<DigestSigner> signer;
  MethodHandle method;
  KeyHandle key;  // goes first: members go in reverse order
};

Result<ClientKey> remote_key(std::unique_ptr<DigestSigner> signer, EcKeyHandle public_half,
                             const std::string& reference) {
  auto remote = std::make_shared<RemoteKey>();
  remote->signer = std::move(signer);
  remote->method.reset(::EC_KEY_METHOD_new(::EC_KEY_OpenSSL()));
  remote->key.reset(::EVP_PKEY_new());
  if (!public_half || !remote->method || !remote->key) return no_key(ErrorKind::kFormat, reference);
  if (::EC_GROUP_get_curve_name(::EC_KEY_get0_group(public_half.get())) != NID_X9_62_prime256v1) {
    return fail(ErrorKind::kUnsupported, "key " + reference + ": not of the curve P-256");
  }
  ::EC_KEY_METHOD_set_sign(remote->method.get(), sign_elsewhere, nullptr, nullptr);
  if (::EC_KEY_set_method(public_half.get(), remote->method.get()) != 1 ||
      ::EC_KEY_set_ex_data(public_half.get(), signer_index(), remote->signer.get()) != 1 ||
      ::EVP_PKEY_assign_EC_KEY(remote->key.get(), public_half.get()) != 1) {
    return no_key(ErrorKind::kUnsupported, reference);
  }
  static_cast<void>(public_half.release());  // the EVP_PKEY's now
  return ClientKey(remote, remote->key.get());
}

Result<ClientKey> open_token(const std::string& reference) {
  SKIFF_ASSIGN(std::unique_ptr<Signer> signer, open_token_key(reference));
  if (signer->public_key().type() != KeyType::kEcdsaP256) {
    return fail(ErrorKind::kUnsupported, "key " + reference + ": not of the curve P-256");
  }
  const std::string pem = *signer->public_key().json().find("keyval")->find("public")->string();
  const BioHandle bio(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  EcKeyHandle public_half(::PEM_read_bio_EC_PUBKEY(bio.get(), nullptr, refuse_passphrase, nullptr));
  return remote_key(std::make_unique<TokenSigner>(std::move(signer)), std::move(public_half), reference);
}

Result<ClientKey> open_tpm(const std::string& reference) {
  auto signer = std::make_unique<TpmSigner>();
  SKIFF_TRY(signer->open(reference));
  unsigned char* der = nullptr;
  const int length = ::i2d_PUBKEY(signer->key(), &der);
  if (length <= 0) return no_key(ErrorKind::kFormat, reference);
  const unsigned char* at = der;
  EcKeyHandle public_half(::d2i_EC_PUBKEY(nullptr, &at, length));
  ::OPENSSL_free(der);
  return remote_key(std::move(signer), std::move(public_half), reference);
}

}  // namespace

Result<ClientKey> open_client_key(const std::string& reference) {
  if (is_token_uri(reference)) return open_token(reference);
  if (reference.starts_with(kTpmScheme)) return open_tpm(reference);
  return open_file(reference);
}

Result<std::string> certificate_request(EVP_PKEY& key, const std::string& serial) {
  const RequestHandle request(::X509_REQ_new());
  const BioHandle pem(::BIO_new(::BIO_s_mem()));
  char* text = nullptr;
  if (!request || !pem || ::X509_REQ_set_version(request.get(), 0) != 1 ||
      ::X509_NAME_add_entry_by_txt(::X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(serial.c_str()), -1, -1, 0) != 1 ||
      ::X509_REQ_set_pubkey(request.get(), &key) != 1 ||
      ::X509_REQ_sign(request.get(), &key, ::EVP_sha256()) == 0 ||
      ::PEM_write_bio_X509_REQ(pem.get(), request.get()) != 1) {
    return no_key(ErrorKind::kUnsupported, "request for " + serial);
  }
  const long length = BIO_get_mem_data(pem.get(), &text);
  return std::string(text, static_cast<std::size_t>(length));
}

}  // namespace skiff::agent
