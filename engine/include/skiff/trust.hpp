// Keys and signatures, and the SHA-256 that the engine is given: cryptography behind a narrow wrapper.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "skiff/bytes.hpp"
#include "skiff/digest.hpp"
#include "skiff/json.hpp"

namespace skiff {

/// The SHA-256 that Skiff's own programs hand to the engine.
std::unique_ptr<Hasher> make_sha256();
/// SHA-256 of bytes in memory.
Sha256 sha256(ByteView bytes);
/// `length` bytes from the operating system's generator. Ends the process if it has none.
Bytes random_bytes(std::size_t length);

/// Key types by their TUF names (spec 1.0.34, section 4.2). More are read than are made, so that the metadata
/// of other repositories can be verified.
enum class KeyType : std::uint8_t { kEd25519, kEcdsaP256, kRsaPssSha256 };

/// A public key as metadata carries it. Made only by parse(), which refuses Ed25519 keys of small order or in
/// non-canonical form, and whatever is not exactly a key of its type.
class PublicKey {
 public:
  static Result<PublicKey> parse(const Json& key);
  static Result<PublicKey> ed25519(ByteView raw);  ///< 32 bytes (RFC 8032)
  /// An ECDSA or RSA key from PEM.
  static Result<PublicKey> pem(KeyType type, std::string_view text);

  [[nodiscard]] KeyType type() const { return type_; }
  [[nodiscard]] const Json& json() const { return json_; }
  /// SHA-256 of the canonical JSON of the key, 64 hexadecimal digits: recomputed, never believed.
  [[nodiscard]] const std::string& key_id() const { return key_id_; }
  /// kSignature unless `signature` is one of this key over `message`. Ed25519: exactly 64 bytes with S < L.
  [[nodiscard]] Result<void> verify(ByteView message, ByteView signature) const;
  /// Whether they are one key, however each was written down.
  bool operator==(const PublicKey& other) const {
    return type_ == other.type_ && material_ == other.material_;
  }

 private:
  PublicKey() = default;
  KeyType type_ = KeyType::kEd25519;
  Json json_;
  std::string key_id_;
  Bytes material_;
};

/// Signs; a file, a token or a machine elsewhere may be behind it.
class Signer {
 public:
  virtual ~Signer() = default;
  [[nodiscard]] virtual const PublicKey& public_key() const = 0;
  virtual Result<Bytes> sign(ByteView message) const = 0;
  /// As sign(), where only the message's SHA-256 is at hand, as in TLS. kUnsupported unless it is a P-256 key
  /// in a token: Ed25519 signs messages alone.
  [[nodiscard]] virtual Result<Bytes> sign_digest(const Sha256& digest) const;
};

/// A new key from the system's randomness: Ed25519, P-256, or RSA of 3072 bits.
Result<std::unique_ptr<Signer>> generate_key(KeyType type);
/// generate_key() of the type that is usual.
Result<std::unique_ptr<Signer>> generate_ed25519();
/// Writes a generated key to a file only its owner can read (0600): JSON, encrypted with a key derived from
/// `passphrase` (scrypt, AES-256-GCM), or in clear where the passphrase is empty. Refuses to replace a file.
Result<void> save_key(const Signer& key, const std::filesystem::path& path, std::string_view passphrase);
/// Reads such a file; a wrong passphrase is kSignature, a file readable by others kUsage.
Result<std::unique_ptr<Signer>> load_key(const std::filesystem::path& path, std::string_view passphrase);

/// What a token or a file is asked for: how people name key types on the command line ("ed25519", "p256",
/// "rsa").
Result<KeyType> key_type_of(std::string_view name);
std::string_view to_string(KeyType type);

}  // namespace skiff
