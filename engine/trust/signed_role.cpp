#include "trust/signed_role.hpp"

#include <algorithm>

#include "trust/date.hpp"
#include "trust/metadata_fields.hpp"

namespace skiff {
namespace {

constexpr const char* kSpecification = "1.0.34";

/// `targets` is what the specification calls the type of delegated roles too.
std::string_view type_of(std::string_view role) {
  const bool is_top_level = std::ranges::find(tuf::kTopLevelRoles, role) != tuf::kTopLevelRoles.end();
  return is_top_level ? role : "targets";
}

const Signer* signer_of(const PublicKey& key, const SignerList& signers) {
  const auto found =
      std::ranges::find_if(signers, [&](const Signer* signer) { return signer->public_key() == key; });
  return found == signers.end() ? nullptr : *found;
}

}  // namespace

tuf::FileMeta SignedRole::listing() const {
  tuf::FileMeta meta;
  meta.version = header.version;
  meta.length = text.size();
  meta.hashes["sha256"] = sha256(text).hex();
  return meta;
}

Json new_signed_part(std::string_view type, std::int64_t expires) {
  return Json::Object{
      {"_type", type}, {"spec_version", kSpecification}, {"version", 1}, {"expires", format_date(expires)}};
}

Json next_signed_part(const SignedRole& role, std::int64_t expires) {
  Json next = role.signed_part;
  (*next.object())["version"] = role.header.version + 1;
  (*next.object())["expires"] = format_date(expires);
  return next;
}

Result<void> check_signers(const tuf::KeyRing& ring, std::string_view role, const SignerList& signers) {
  std::vector<const Signer*> able;
  for (const auto& [key_id, key] : ring.keys) {
    const Signer* const signer = signer_of(key, signers);
    if (signer != nullptr && std::ranges::find(able, signer) == able.end()) able.push_back(signer);
  }
  if (able.size() >= ring.threshold) return {};
  return fail(ErrorKind::kSignature, std::string(role) + ": keys for " + std::to_string(able.size()) +
                                         " of " + std::to_string(ring.threshold) + " signatures needed");
}

Result<SignedRole> sign_role(const Json& signed_part, const tuf::KeyRing& ring, std::string_view role,
                             const SignerList& signers) {
  SKIFF_TRY(check_signers(ring, role, signers));
  SKIFF_ASSIGN(const std::string canonical, canonical_json(signed_part));
  std::vector<tuf::Signature> signatures;
  for (const auto& [key_id, key] : ring.keys) {
    const Signer* const signer = signer_of(key, signers);
    if (signer == nullptr) continue;
    SKIFF_ASSIGN(const Bytes signature, signer->sign(as_bytes(canonical)));
    signatures.push_back({key_id, to_hex(signature)});
  }
  const std::string text = tuf::envelope_text(signed_part, signatures);
  return read_signed_role(Bytes(text.begin(), text.end()), ring, role);
}

Result<SignedRole> read_signed_role(Bytes text, const tuf::KeyRing& ring, std::string_view role) {
  Result<tuf::Envelope> envelope = tuf::Envelope::parse(text);
  if (!envelope) return fail_with(envelope.error(), role);
  SKIFF_TRY(envelope->verify(ring, role));
  SignedRole read;
  SKIFF_ASSIGN(read.header, tuf::parse_header(envelope->signed_part, type_of(role)));
  read.signed_part = std::move(envelope->signed_part);
  read.text = std::move(text);
  return read;
}

Json file_meta_json(const tuf::FileMeta& meta) {
  Json::Object json = {{"version", meta.version}};
  if (meta.length) json["length"] = *meta.length;
  Json::Object hashes;
  for (const auto& [algorithm, hex] : meta.hashes) hashes[algorithm] = hex;
  if (!hashes.empty()) json["hashes"] = std::move(hashes);
  return json;
}

bool lacks_signature(const SignedRole& role, const tuf::KeyRing& ring, const SignerList& signers) {
  const Result<tuf::Envelope> envelope = tuf::Envelope::parse(role.text);
  if (!envelope) return true;
  return std::ranges::any_of(ring.keys, [&](const auto& entry) {
    const tuf::KeyRing alone{{entry}, 1};
    return signer_of(entry.second, signers) != nullptr && !envelope->verify(alone, "");
  });
}

bool is_ageing(const tuf::Header& header, std::int64_t life, std::int64_t now) {
  return header.expires - now < life / 2;
}

}  // namespace skiff
