// Ed25519 private keys: made, kept in files only their owner can read, and used to sign.
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "skiff/io.hpp"
#include "skiff/trust.hpp"
#include "trust/ed25519.hpp"
#include "trust/key_cipher.hpp"

namespace skiff {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFileKind = "skiff-key";
constexpr int kFileVersion = 1;
constexpr std::uint64_t kMaxKeyFile = 16 << 10;

/// Signs with a seed held in memory, wiped when it goes.
class Ed25519Signer final : public Signer {
 public:
  Ed25519Signer(Bytes seed, PublicKey key) : seed_(std::move(seed)), key_(std::move(key)) {}
  Ed25519Signer(const Ed25519Signer&) = delete;
  Ed25519Signer& operator=(const Ed25519Signer&) = delete;
  ~Ed25519Signer() override { OPENSSL_cleanse(seed_.data(), seed_.size()); }

  [[nodiscard]] const PublicKey& public_key() const override { return key_; }
  [[nodiscard]] Result<Bytes> sign(ByteView message) const override { return ed25519::sign(seed_, message); }
  [[nodiscard]] ByteView seed() const { return seed_; }

 private:
  Bytes seed_;
  PublicKey key_;
};

Result<std::unique_ptr<Signer>> signer_of(Bytes seed) {
  SKIFF_ASSIGN(PublicKey key, PublicKey::ed25519(ed25519::public_key(seed)));
  return std::make_unique<Ed25519Signer>(std::move(seed), std::move(key));
}

Result<Json> file_content(const Ed25519Signer& signer, std::string_view passphrase) {
  Json::Object file = {{"kind", kFileKind}, {"v", kFileVersion}, {"public", signer.public_key().json()}};
  if (passphrase.empty()) {
    file["seed"] = to_hex(signer.seed());
  } else {
    SKIFF_ASSIGN(file["sealed"], key_cipher::seal(signer.seed(), passphrase));
  }
  return Json(std::move(file));
}

/// Written in place under O_EXCL: never replaces a file, and never exists readable by others.
Result<void> write_private_file(const fs::path& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    const int code = errno;
    return fail(code == EEXIST ? ErrorKind::kUsage : ErrorKind::kIo,
                "cannot create " + path.string() + ": " + std::strerror(code));
  }
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  const bool closed = ::close(file) == 0;
  if (written && closed) return {};
  ::unlink(path.c_str());
  return fail(ErrorKind::kIo, "cannot write " + path.string());
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

Result<Bytes> read_seed(const Json& file, std::string_view passphrase) {
  if (string_member(file, "kind") != kFileKind || unsigned_member(file, "v") != std::uint64_t{kFileVersion}) {
    return fail(ErrorKind::kFormat, "not a key file of version 1");
  }
  if (const Json* const sealed = file.find("sealed")) return key_cipher::open(*sealed, passphrase);
  SKIFF_ASSIGN(const std::string hex, string_member(file, "seed"));
  return from_hex(hex);
}

}  // namespace

Result<std::unique_ptr<Signer>> generate_ed25519() { return signer_of(random_bytes(ed25519::kKeyLength)); }

Result<void> save_key(const Signer& key, const fs::path& path, std::string_view passphrase) {
  const auto* const signer = dynamic_cast<const Ed25519Signer*>(&key);
  if (signer == nullptr) return fail(ErrorKind::kUsage, "this key cannot leave where it is kept");
  SKIFF_ASSIGN(const Json content, file_content(*signer, passphrase));
  std::string text = json_text(content) + "\n";
  Result<void> written = write_private_file(path, text);
  OPENSSL_cleanse(text.data(), text.size());
  return written;
}

Result<std::unique_ptr<Signer>> load_key(const fs::path& path, std::string_view passphrase) {
  SKIFF_TRY(check_private(path));
  SKIFF_ASSIGN(Bytes text, read_file(path, kMaxKeyFile));
  const Result<Json> file = parse_json(text);
  OPENSSL_cleanse(text.data(), text.size());
  if (!file) return fail_with(file.error(), path.string());
  Result<Bytes> seed = read_seed(*file, passphrase);
  if (!seed) return fail_with(seed.error(), path.string());
  if (seed->size() != ed25519::kKeyLength) return fail(ErrorKind::kFormat, path.string() + ": odd seed");
  SKIFF_ASSIGN(std::unique_ptr<Signer> signer, signer_of(std::move(*seed)));
  const Json* const stated = file->find("public");
  if (stated == nullptr || *stated != signer->public_key().json()) {
    return fail(ErrorKind::kFormat, path.string() + ": the public key is not that of the private one");
  }
  return signer;
}

}  // namespace skiff
