#include "trust/key_cipher.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <memory>

#include "skiff/trust.hpp"

namespace skiff::key_cipher {
namespace {

constexpr std::size_t kSaltLength = 16;
constexpr std::size_t kNonceLength = 12;
constexpr std::size_t kTagLength = 16;
constexpr std::size_t kMaxSecretLength = 4096;

/// scrypt's parameters (RFC 7914, section 2): 128·N·r = 32 MiB of memory, some 80 ms.
struct Cost {
  std::uint64_t n = 1 << 15;
  std::uint64_t r = 8;
  std::uint64_t p = 1;
};
constexpr Cost kMaxCost = {1 << 20, 16, 16};
constexpr std::uint64_t kMaxScryptMemory = std::uint64_t{2} << 30;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

/// An AES-256 key that is wiped when it goes.
class DerivedKey {
 public:
  DerivedKey() = default;
  DerivedKey(const DerivedKey&) = delete;
  DerivedKey& operator=(const DerivedKey&) = delete;
  ~DerivedKey() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  Result<void> derive(std::string_view passphrase, ByteView salt, const Cost& cost) {
    if (EVP_PBE_scrypt(passphrase.data(), passphrase.size(), salt.data(), salt.size(), cost.n, cost.r, cost.p,
                       kMaxScryptMemory, bytes_.data(), bytes_.size()) != 1) {
      return fail(ErrorKind::kFormat, "scrypt refuses its parameters");
    }
    return {};
  }
  [[nodiscard]] const std::uint8_t* data() const { return bytes_.data(); }

 private:
  std::array<std::uint8_t, 32> bytes_{};
};

Result<Bytes> bytes_member(const Json& object, std::string_view key, std::size_t length) {
  SKIFF_ASSIGN(const std::string hex, string_member(object, key));
  SKIFF_ASSIGN(Bytes bytes, from_hex(hex));
  if (bytes.size() != length) return fail(ErrorKind::kFormat, std::string(key) + ": wrong length");
  return bytes;
}

Result<Cost> read_cost(const Json& sealed) {
  Cost cost;
  SKIFF_ASSIGN(cost.n, unsigned_member(sealed, "n"));
  SKIFF_ASSIGN(cost.r, unsigned_member(sealed, "r"));
  SKIFF_ASSIGN(cost.p, unsigned_member(sealed, "p"));
  if (cost.n > kMaxCost.n || cost.r > kMaxCost.r || cost.p > kMaxCost.p) {
    return fail(ErrorKind::kLimit, "scrypt parameters beyond the limit");
  }
  return cost;
}

}  // namespace

Result<Json> seal(ByteView secret, std::string_view passphrase) {
  const Cost cost;
  const Bytes salt = random_bytes(kSaltLength);
  const Bytes nonce = random_bytes(kNonceLength);
  DerivedKey key;
  SKIFF_TRY(key.derive(passphrase, salt, cost));
  Bytes coded(secret.size() + kTagLength);
  int length = 0;
  int rest = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new());
  if (!cipher ||
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) != 1 ||
      EVP_EncryptUpdate(cipher.get(), coded.data(), &length, secret.data(),
                        static_cast<int>(secret.size())) != 1 ||
      EVP_EncryptFinal_ex(cipher.get(), coded.data() + length, &rest) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagLength, coded.data() + secret.size()) !=
          1) {
    return fail(ErrorKind::kUnsupported, "AES-256-GCM is not available");
  }
  return Json::Object{{"kdf", "scrypt"},
                      {"n", cost.n},
                      {"r", cost.r},
                      {"p", cost.p},
                      {"salt", to_hex(salt)},
                      {"cipher", "aes-256-gcm"},
                      {"nonce", to_hex(nonce)},
                      {"data", to_hex(coded)}};
}

Result<Bytes> open(const Json& sealed, std::string_view passphrase) {
  if (string_member(sealed, "kdf") != "scrypt" || string_member(sealed, "cipher") != "aes-256-gcm") {
    return fail(ErrorKind::kUnsupported, "key file sealed in an unknown way");
  }
  SKIFF_ASSIGN(const Cost cost, read_cost(sealed));
  SKIFF_ASSIGN(const Bytes salt, bytes_member(sealed, "salt", kSaltLength));
  SKIFF_ASSIGN(const Bytes nonce, bytes_member(sealed, "nonce", kNonceLength));
  SKIFF_ASSIGN(const std::string hex, string_member(sealed, "data"));
  SKIFF_ASSIGN(Bytes coded, from_hex(hex));
  if (coded.size() < kTagLength || coded.size() > kMaxSecretLength) {
    return fail(ErrorKind::kFormat, "sealed key of a wrong length");
  }
  DerivedKey key;
  SKIFF_TRY(key.derive(passphrase, salt, cost));
  Bytes secret(coded.size() - kTagLength);
  int length = 0;
  int rest = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new());
  if (!cipher ||
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) != 1 ||
      EVP_DecryptUpdate(cipher.get(), secret.data(), &length, coded.data(),
                        static_cast<int>(secret.size())) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagLength, coded.data() + secret.size()) !=
          1 ||
      EVP_DecryptFinal_ex(cipher.get(), secret.data() + length, &rest) != 1) {
    return fail(ErrorKind::kSignature, "wrong passphrase, or the key file was altered");
  }
  return secret;
}

}  // namespace skiff::key_cipher
