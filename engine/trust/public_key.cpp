// PublicKey: from metadata's JSON to something that verifies.
#include <algorithm>
#include <array>

#include "skiff/trust.hpp"
#include "trust/ed25519.hpp"
#include "trust/pem_key.hpp"

namespace skiff {
namespace {

struct Scheme {
  std::string_view keytype;
  std::string_view scheme;
  KeyType type;
};

/// Specification 4.2; the third row is an older spelling that public repositories still carry.
constexpr std::array<Scheme, 4> kSchemes = {
    {{"ed25519", "ed25519", KeyType::kEd25519},
     {"ecdsa", "ecdsa-sha2-nistp256", KeyType::kEcdsaP256},
     {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", KeyType::kEcdsaP256},
     {"rsa", "rsassa-pss-sha256", KeyType::kRsaPssSha256}}};

Result<KeyType> key_type(const Json& key) {
  SKIFF_ASSIGN(const std::string keytype, string_member(key, "keytype"));
  SKIFF_ASSIGN(const std::string scheme, string_member(key, "scheme"));
  for (const Scheme& known : kSchemes) {
    if (known.keytype == keytype && known.scheme == scheme) return known.type;
  }
  return fail(ErrorKind::kUnsupported, "key of type \"" + keytype + "\", scheme \"" + scheme + "\"");
}

Result<Bytes> ed25519_material(std::string_view hex) {
  SKIFF_ASSIGN(Bytes raw, from_hex(hex));
  if (raw.size() != ed25519::kKeyLength) return fail(ErrorKind::kFormat, "Ed25519 key is not 32 bytes long");
  if (!ed25519::is_sound_point(raw)) {
    return fail(ErrorKind::kFormat, "Ed25519 key of small order or in non-canonical form");
  }
  return raw;
}

}  // namespace

Result<PublicKey> PublicKey::parse(const Json& key) {
  PublicKey parsed;
  SKIFF_ASSIGN(parsed.type_, key_type(key));
  SKIFF_ASSIGN(const Json* const keyval, object_member(key, "keyval"));
  SKIFF_ASSIGN(const std::string text, string_member(*keyval, "public"));
  SKIFF_ASSIGN(parsed.material_, parsed.type_ == KeyType::kEd25519
                                     ? ed25519_material(text)
                                     : pem_key::read_public(parsed.type_, text));
  SKIFF_ASSIGN(const std::string canonical, canonical_json(key));
  parsed.key_id_ = sha256(as_bytes(canonical)).hex();
  parsed.json_ = key;
  return parsed;
}

Result<PublicKey> PublicKey::ed25519(ByteView raw) {
  return parse(Json::Object{
      {"keytype", "ed25519"}, {"scheme", "ed25519"}, {"keyval", Json::Object{{"public", to_hex(raw)}}}});
}

Result<PublicKey> PublicKey::pem(KeyType type, std::string_view text) {
  const auto known = std::ranges::find(kSchemes, type, &Scheme::type);
  return parse(Json::Object{
      {"keytype", known->keytype}, {"scheme", known->scheme}, {"keyval", Json::Object{{"public", text}}}});
}

Result<void> PublicKey::verify(ByteView message, ByteView signature) const {
  const bool holds = type_ == KeyType::kEd25519 ? ed25519::verify(material_, message, signature)
                                                : pem_key::verify(type_, material_, message, signature);
  if (!holds) return fail(ErrorKind::kSignature, "signature does not hold for key " + key_id_);
  return {};
}

Result<Bytes> Signer::sign_digest(const Sha256&) const {
  return fail(ErrorKind::kUnsupported, "this key signs messages, not digests");
}

Result<KeyType> key_type_of(std::string_view name) {
  for (const KeyType type : {KeyType::kEd25519, KeyType::kEcdsaP256, KeyType::kRsaPssSha256}) {
    if (to_string(type) == name) return type;
  }
  return fail(ErrorKind::kUsage,
              "no such key type: " + std::string(name) + " (there are ed25519, p256, rsa)");
}

std::string_view to_string(KeyType type) {
  switch (type) {
    case KeyType::kEd25519:
      return "ed25519";
    case KeyType::kEcdsaP256:
      return "p256";
    case KeyType::kRsaPssSha256:
      return "rsa";
  }
  return "?";
}

}  // namespace skiff
