// Keys in PKCS#11 tokens: found, made and signed with.
#include <algorithm>
#include <array>

#include "skiff/token.hpp"
#include "trust/ed25519.hpp"
#include "trust/file_names.hpp"
#include "trust/pem_key.hpp"
#include "trust/pkcs11_session.hpp"

namespace skiff {
namespace {

constexpr std::size_t kNewIdLength = 8;
constexpr CK_ULONG kNewRsaBits = 3072;
constexpr std::size_t kOctetStringHead = 2;  // tag and length of the short DER strings that hold points

// CKA_EC_PARAMS: the curves' object identifiers in DER (RFC 5480, 2.1.1.1; RFC 8410, 3).
constexpr auto kP256 = std::to_array<std::uint8_t>({0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7});
constexpr auto kEd25519Curve = std::to_array<std::uint8_t>({0x06, 3, 0x2b, 0x65, 0x70});
constexpr auto kExponent = std::to_array<std::uint8_t>({1, 0, 1});  // 65537

CK_ATTRIBUTE class_attribute(const CK_OBJECT_CLASS& value) {
  return attribute_of(CKA_CLASS, &value, sizeof value);
}

/// What an object must have to be the URI's; views into the URI.
std::vector<CK_ATTRIBUTE> wanted_of(const Pkcs11Uri& uri, const CK_OBJECT_CLASS& kind) {
  std::vector<CK_ATTRIBUTE> wanted = {class_attribute(kind)};
  if (uri.object) wanted.push_back(attribute_of(CKA_LABEL, uri.object->data(), uri.object->size()));
  if (uri.id) wanted.push_back(attribute_of(CKA_ID, uri.id->data(), uri.id->size()));
  return wanted;
}

/// A point as CKA_EC_POINT has it, an OCTET STRING; some modules leave its head out.
ByteView point_of(const Bytes& value, std::size_t length) {
  const bool wrapped = value.size() == length + kOctetStringHead && value[0] == 0x04 && value[1] == length;
  return wrapped ? ByteView(value).subspan(kOctetStringHead) : ByteView(value);
}

Result<PublicKey> ec_key(const Pkcs11Session& session, CK_OBJECT_HANDLE object, KeyType type) {
  constexpr std::size_t kP256Point = 65;
  SKIFF_ASSIGN(const Bytes point, session.attribute(object, CKA_EC_POINT));
  if (type == KeyType::kEd25519) return PublicKey::ed25519(point_of(point, ed25519::kKeyLength));
  SKIFF_ASSIGN(const std::string pem, pem_key::p256_pem(point_of(point, kP256Point)));
  return PublicKey::pem(type, pem);
}

Result<PublicKey> rsa_key(const Pkcs11Session& session, CK_OBJECT_HANDLE object) {
  SKIFF_ASSIGN(const Bytes modulus, session.attribute(object, CKA_MODULUS));
  SKIFF_ASSIGN(const Bytes exponent, session.attribute(object, CKA_PUBLIC_EXPONENT));
  SKIFF_ASSIGN(const std::string pem, pem_key::rsa_pem(modulus, exponent));
  return PublicKey::pem(KeyType::kRsaPssSha256, pem);
}

Result<KeyType> type_of(const Pkcs11Session& session, CK_OBJECT_HANDLE object) {
  SKIFF_ASSIGN(const CK_ULONG type, session.number(object, CKA_KEY_TYPE));
  if (type == CKK_RSA) return KeyType::kRsaPssSha256;
  if (type == CKK_EC_EDWARDS) return KeyType::kEd25519;
  if (type == CKK_EC) return KeyType::kEcdsaP256;
  return fail(ErrorKind::kUnsupported, "PKCS#11 token: a key of type " + std::to_string(type));
}

/// The public half of a private key: the public object with the same CKA_ID.
Result<PublicKey> public_half(const Pkcs11Session& session, CK_OBJECT_HANDLE private_key) {
  SKIFF_ASSIGN(const KeyType type, type_of(session, private_key));
  SKIFF_ASSIGN(const Bytes id, session.attribute(private_key, CKA_ID));
  const CK_OBJECT_CLASS kind = CKO_PUBLIC_KEY;
  SKIFF_ASSIGN(const std::vector<CK_OBJECT_HANDLE> found,
               session.find({class_attribute(kind), attribute_of(CKA_ID, id.data(), id.size())}));
  if (found.size() != 1) {
    return fail(ErrorKind::kNotFound, "PKCS#11 token: " + std::to_string(found.size()) +
                                          " public keys for the private key with id " + to_hex(id));
  }
  if (type == KeyType::kRsaPssSha256) return rsa_key(session, found.front());
  return ec_key(session, found.front(), type);
}

class TokenSigner final : public Signer {
 public:
  TokenSigner(Pkcs11Session session, CK_OBJECT_HANDLE object, PublicKey key)
      : session_(std::move(session)), object_(object), key_(std::move(key)) {}

  [[nodiscard]] const PublicKey& public_key() const override { return key_; }

  [[nodiscard]] Result<Bytes> sign(ByteView message) const override {
    if (key_.type() == KeyType::kEd25519) return session_.sign(object_, {CKM_EDDSA, nullptr, 0}, message);
    const Sha256 digest = sha256(message);
    if (key_.type() == KeyType::kEcdsaP256) return sign_digest(digest);
    CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, digest.bytes.size()};
    return session_.sign(object_, {CKM_RSA_PKCS_PSS, &pss, sizeof pss}, digest.bytes);
  }

  [[nodiscard]] Result<Bytes> sign_digest(const Sha256& digest) const override {
    if (key_.type() != KeyType::kEcdsaP256) return Signer::sign_digest(digest);
    SKIFF_ASSIGN(const Bytes r_and_s, session_.sign(object_, {CKM_ECDSA, nullptr, 0}, digest.bytes));
    return pem_key::ecdsa_der(r_and_s);
  }

 private:
  Pkcs11Session session_;
  CK_OBJECT_HANDLE object_;
  PublicKey key_;
};

Result<CK_OBJECT_HANDLE> the_private_key(const Pkcs11Session& session, const Pkcs11Uri& uri) {
  const CK_OBJECT_CLASS kind = CKO_PRIVATE_KEY;
  SKIFF_ASSIGN(const std::vector<CK_OBJECT_HANDLE> found, session.find(wanted_of(uri, kind)));
  if (found.size() == 1) return found.front();
  const std::string what = "PKCS#11 token " + session.token() + ": ";
  if (!found.empty())
    return fail(ErrorKind::kUsage, what + std::to_string(found.size()) + " private keys fit");
  return fail(ErrorKind::kNotFound,
              what + "no such private key" + (uri.pin_source.empty() ? " without a PIN (pin-source)" : ""));
}

Result<std::unique_ptr<Signer>> signer_of(Pkcs11Session session, const Pkcs11Uri& uri) {
  SKIFF_ASSIGN(const CK_OBJECT_HANDLE object, the_private_key(session, uri));
  SKIFF_ASSIGN(PublicKey key, public_half(session, object));
  return std::make_unique<TokenSigner>(std::move(session), object, std::move(key));
}

/// What a new pair of keys of a type is made with.
struct PairRecipe {
  CK_MECHANISM_TYPE mechanism = 0;
  std::vector<CK_ATTRIBUTE> public_part;
};

PairRecipe recipe_of(KeyType type, const CK_ULONG& rsa_bits) {
  if (type == KeyType::kRsaPssSha256) {
    return {CKM_RSA_PKCS_KEY_PAIR_GEN,
            {attribute_of(CKA_MODULUS_BITS, &rsa_bits, sizeof rsa_bits),
             attribute_of(CKA_PUBLIC_EXPONENT, kExponent.data(), kExponent.size())}};
  }
  if (type == KeyType::kEcdsaP256) {
    return {CKM_EC_KEY_PAIR_GEN, {attribute_of(CKA_EC_PARAMS, kP256.data(), kP256.size())}};
  }
  return {CKM_EC_EDWARDS_KEY_PAIR_GEN,
          {attribute_of(CKA_EC_PARAMS, kEd25519Curve.data(), kEd25519Curve.size())}};
}

/// A pair that stays in the token and is for signing only: without CKA_SIGN modules refuse to sign.
Result<void> make_pair(const Pkcs11Session& session, const Pkcs11Uri& uri, KeyType type) {
  const CK_BBOOL yes = CK_TRUE;
  const CK_BBOOL no = CK_FALSE;
  const CK_ULONG rsa_bits = kNewRsaBits;
  PairRecipe recipe = recipe_of(type, rsa_bits);
  const std::vector<CK_ATTRIBUTE> common = {attribute_of(CKA_TOKEN, &yes, sizeof yes),
                                            attribute_of(CKA_LABEL, uri.object->data(), uri.object->size()),
                                            attribute_of(CKA_ID, uri.id->data(), uri.id->size())};
  std::vector<CK_ATTRIBUTE> private_part = common;
  private_part.push_back(attribute_of(CKA_PRIVATE, &yes, sizeof yes));
  private_part.push_back(attribute_of(CKA_SENSITIVE, &yes, sizeof yes));
  private_part.push_back(attribute_of(CKA_EXTRACTABLE, &no, sizeof no));
  private_part.push_back(attribute_of(CKA_SIGN, &yes, sizeof yes));
  private_part.push_back(attribute_of(CKA_DECRYPT, &no, sizeof no));
  recipe.public_part.insert(recipe.public_part.end(), common.begin(), common.end());
  recipe.public_part.push_back(attribute_of(CKA_VERIFY, &yes, sizeof yes));
  return session.generate_pair({recipe.mechanism, nullptr, 0}, recipe.public_part, private_part);
}

std::string uri_of(const Pkcs11Session& session, const Bytes& label, const Bytes& id,
                   const std::string& query) {
  return "pkcs11:token=" + tuf::percent_encoded(session.token()) +
         ";object=" + tuf::percent_encoded(as_text(label)) + ";id=" + tuf::percent_encoded(as_text(id)) +
         query;
}

}  // namespace

Result<std::unique_ptr<Signer>> open_token_key(std::string_view text) {
  SKIFF_ASSIGN(const Pkcs11Uri uri, Pkcs11Uri::parse(text));
  SKIFF_ASSIGN(Pkcs11Session session, Pkcs11Session::open(uri, SessionUse::kSign));
  return signer_of(std::move(session), uri);
}

Result<std::unique_ptr<Signer>> generate_token_key(std::string_view text, KeyType type) {
  SKIFF_ASSIGN(Pkcs11Uri uri, Pkcs11Uri::parse(text));
  if (!uri.object) return fail(ErrorKind::kUsage, "pkcs11 URI: a new key needs a name: object");
  SKIFF_ASSIGN(Pkcs11Session session, Pkcs11Session::open(uri, SessionUse::kGenerate));
  const CK_OBJECT_CLASS kind = CKO_PRIVATE_KEY;
  SKIFF_ASSIGN(const std::vector<CK_OBJECT_HANDLE> present, session.find(wanted_of(uri, kind)));
  if (!present.empty())
    return fail(ErrorKind::kUsage, "PKCS#11 token: there is a key " + *uri.object + " already");
  if (!uri.id) uri.id = random_bytes(kNewIdLength);
  SKIFF_TRY(make_pair(session, uri, type));
  return signer_of(std::move(session), uri);
}

Result<std::vector<TokenKey>> list_token_keys(std::string_view text) {
  SKIFF_ASSIGN(const Pkcs11Uri uri, Pkcs11Uri::parse(text));
  SKIFF_ASSIGN(const Pkcs11Session session, Pkcs11Session::open(uri, SessionUse::kSign));
  const CK_OBJECT_CLASS kind = CKO_PRIVATE_KEY;
  SKIFF_ASSIGN(const std::vector<CK_OBJECT_HANDLE> found, session.find(wanted_of(uri, kind)));
  std::vector<TokenKey> keys;
  for (const CK_OBJECT_HANDLE object : found) {
    Result<PublicKey> key = public_half(session, object);
    if (!key) continue;
    SKIFF_ASSIGN(const Bytes label, session.attribute(object, CKA_LABEL));
    SKIFF_ASSIGN(const Bytes id, session.attribute(object, CKA_ID));
    keys.push_back({uri_of(session, label, id, uri.query), std::move(*key)});
  }
  std::ranges::sort(keys, {}, &TokenKey::uri);
  return keys;
}

}  // namespace skiff
