// Private keys: made, kept in files only their owner can read, and used to sign.
#include <openssl/crypto.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "skiff/files.hpp"
#include "skiff/io.hpp"
#include "skiff/trust.hpp"
#include "trust/ed25519.hpp"
#include "trust/key_cipher.hpp"
#include "trust/pem_key.hpp"

namespace skiff {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFileKind = "skiff-key";
constexpr int kFileVersion = 1;
constexpr std::uint64_t kMaxKeyFile = 16 << 10;

/// Signs with a private key held in memory, wiped when it goes: a seed (Ed25519) or PKCS#8 in DER.
class SoftwareSigner final : public Signer {
 public:
  SoftwareSigner(Bytes secret, PublicKey key) : secret_(std::move(secret)), key_(std::move(key)) {}
  SoftwareSigner(const SoftwareSigner&) = delete;
  SoftwareSigner& operator=(const SoftwareSigner&) = delete;
  ~SoftwareSigner() override { OPENSSL_cleanse(secret_.data(), secret_.size()); }

  [[nodiscard]] const PublicKey& public_key() const override { return key_; }
  [[nodiscard]] Result<Bytes> sign(ByteView message) const override {
    if (key_.type() == KeyType::kEd25519) return ed25519::sign(secret_, message);
    return pem_key::sign(key_.type(), secret_, message);
  }
  [[nodiscard]] ByteView secret() const { return secret_; }

 private:
  Bytes secret_;
  PublicKey key_;
};

Result<PublicKey> public_half(KeyType type, ByteView secret) {
  if (type == KeyType::kEd25519) {
    if (secret.size() != ed25519::kKeyLength) return fail(ErrorKind::kFormat, "odd seed");
    return PublicKey::ed25519(ed25519::public_key(secret));
  }
  SKIFF_ASSIGN(const std::string pem, pem_key::public_half(secret));
  return PublicKey::pem(type, pem);
}

Result<std::unique_ptr<Signer>> signer_of(KeyType type, Bytes secret) {
  Result<PublicKey> key = public_half(type, secret);
  if (key) return std::make_unique<SoftwareSigner>(std::move(secret), std::move(*key));
  OPENSSL_cleanse(secret.data(), secret.size());
  return tl::unexpected<Error>(key.error());
}

/// The member that holds a key in clear.
const char* clear_member(KeyType type) { return type == KeyType::kEd25519 ? "seed" : "pkcs8"; }

Result<Json> file_content(const SoftwareSigner& signer, std::string_view passphrase) {
  Json::Object file = {{"kind", kFileKind}, {"v", kFileVersion}, {"public", signer.public_key().json()}};
  if (passphrase.empty()) {
    file[clear_member(signer.public_key().type())] = to_hex(signer.secret());
  } else {
    SKIFF_ASSIGN(file["sealed"], key_cipher::seal(signer.secret(), passphrase));
  }
  return Json(std::move(file));
}

Result<void> check_private(const fs::path& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) {
    const int code = errno;
    return fail(code == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo,
                "cannot inspect " + path.string() + ": " + std::strerror(code));
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(ErrorKind::kUsage, path.string() + " is open to others than its owner; chmod 600 closes it");
  }
  return {};
}

Result<PublicKey> stated_key(const Json& file) {
  if (string_member(file, "kind") != kFileKind || unsigned_member(file, "v") != std::uint64_t{kFileVersion}) {
    return fail(ErrorKind::kFormat, "not a key file of version 1");
  }
  SKIFF_ASSIGN(const Json* const stated, object_member(file, "public"));
  return PublicKey::parse(*stated);
}

Result<Bytes> read_secret(const Json& file, KeyType type, std::string_view passphrase) {
  if (const Json* const sealed = file.find("sealed")) return key_cipher::open(*sealed, passphrase);
  SKIFF_ASSIGN(const std::string hex, string_member(file, clear_member(type)));
  return from_hex(hex);
}

Result<std::unique_ptr<Signer>> read_signer(const Json& file, std::string_view passphrase) {
  SKIFF_ASSIGN(const PublicKey stated, stated_key(file));
  SKIFF_ASSIGN(Bytes secret, read_secret(file, stated.type(), passphrase));
  SKIFF_ASSIGN(std::unique_ptr<Signer> signer, signer_of(stated.type(), std::move(secret)));
  if (!(signer->public_key() == stated)) {
    return fail(ErrorKind::kFormat, "the public key is not that of the private one");
  }
  return signer;
}

}  // namespace

Result<std::unique_ptr<Signer>> generate_key(KeyType type) {
  if (type == KeyType::kEd25519) return signer_of(type, random_bytes(ed25519::kKeyLength));
  SKIFF_ASSIGN(Bytes secret, pem_key::generate(type));
  return signer_of(type, std::move(secret));
}

Result<std::unique_ptr<Signer>> generate_ed25519() { return generate_key(KeyType::kEd25519); }

Result<void> save_key(const Signer& key, const fs::path& path, std::string_view passphrase) {
  const auto* const signer = dynamic_cast<const SoftwareSigner*>(&key);
  if (signer == nullptr) return fail(ErrorKind::kUsage, "this key cannot leave where it is kept");
  SKIFF_ASSIGN(const Json content, file_content(*signer, passphrase));
  std::string text = json_text(content) + "\n";
  Result<void> written = write_new_file(path, as_bytes(text), kOwnerOnly);
  OPENSSL_cleanse(text.data(), text.size());
  return written;
}

Result<std::unique_ptr<Signer>> load_key(const fs::path& path, std::string_view passphrase) {
  SKIFF_TRY(check_private(path));
  SKIFF_ASSIGN(Bytes text, read_file(path, kMaxKeyFile));
  const Result<Json> file = parse_json(text);
  OPENSSL_cleanse(text.data(), text.size());
  if (!file) return fail_with(file.error(), path.string());
  Result<std::unique_ptr<Signer>> signer = read_signer(*file, passphrase);
  if (!signer) return fail_with(signer.error(), path.string());
  return signer;
}

}  // namespace skiff
