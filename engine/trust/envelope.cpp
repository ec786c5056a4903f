#include "trust/envelope.hpp"

#include <algorithm>
#include <set>

namespace skiff::tuf {
namespace {

Result<std::vector<Signature>> parse_signatures(const Json::Array& untrusted_signatures) {
  std::vector<Signature> signatures;
  std::set<std::string> key_ids;
  for (const Json& untrusted : untrusted_signatures) {
    Signature signature;
    SKIFF_ASSIGN(signature.key_id, string_member(untrusted, "keyid"));
    SKIFF_ASSIGN(signature.hex, string_member(untrusted, "sig"));
    if (!key_ids.insert(signature.key_id).second) {
      return fail(ErrorKind::kFormat, "two signatures of the key id " + signature.key_id);
    }
    signatures.push_back(std::move(signature));
  }
  return signatures;
}

}  // namespace

Result<Envelope> Envelope::parse(ByteView untrusted_text) {
  SKIFF_ASSIGN(const Json file, parse_json(untrusted_text));
  SKIFF_ASSIGN(const Json* const signed_part, object_member(file, "signed"));
  SKIFF_ASSIGN(const Json* const signatures, array_member(file, "signatures"));
  Envelope envelope;
  SKIFF_ASSIGN(envelope.signatures, parse_signatures(*signatures->array()));
  SKIFF_ASSIGN(envelope.canonical, canonical_json(*signed_part));
  envelope.signed_part = *signed_part;
  return envelope;
}

Result<void> Envelope::verify(const KeyRing& ring, std::string_view role) const {
  std::vector<const PublicKey*> signers;
  for (const auto& entry : ring.keys) {
    const PublicKey& key = entry.second;
    const auto signature = std::ranges::find(signatures, entry.first, &Signature::key_id);
    if (signature == signatures.end()) continue;
    if (std::ranges::any_of(signers, [&](const PublicKey* counted) { return *counted == key; })) continue;
    const Result<Bytes> bytes = from_hex(signature->hex);
    if (bytes && key.verify(as_bytes(canonical), *bytes)) signers.push_back(&key);
  }
  if (signers.size() < ring.threshold) {
    return fail(ErrorKind::kSignature, std::string(role) + ": " + std::to_string(signers.size()) + " of " +
                                           std::to_string(ring.threshold) + " signatures needed");
  }
  return {};
}

std::string envelope_text(const Json& signed_part, const std::vector<Signature>& signatures) {
  Json::Array list;
  for (const Signature& signature : signatures) {
    list.push_back(Json::Object{{"keyid", signature.key_id}, {"sig", signature.hex}});
  }
  return json_text(Json::Object{{"signatures", std::move(list)}, {"signed", signed_part}});
}

}  // namespace skiff::tuf
