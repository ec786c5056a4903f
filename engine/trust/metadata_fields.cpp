#include "trust/metadata_fields.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <set>

#include "trust/date.hpp"

namespace skiff::tuf {
namespace {

Result<Bytes> sha512(ByteView bytes) {
  Bytes digest(64);
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha512(), nullptr) != 1) {
    return fail(ErrorKind::kUnsupported, "SHA-512 is not available");
  }
  return digest;
}

}  // namespace

Result<Header> parse_header(const Json& signed_part, std::string_view type) {
  SKIFF_ASSIGN(const std::string found, string_member(signed_part, "_type"));
  if (found != type) {
    return fail(ErrorKind::kFormat, "_type is \"" + found + "\", not \"" + std::string(type) + "\"");
  }
  SKIFF_ASSIGN(const std::string specification, string_member(signed_part, "spec_version"));
  if (!specification.starts_with("1.")) {
    return fail(ErrorKind::kUnsupported, "spec_version \"" + specification + "\" is not 1.x");
  }
  Header header;
  SKIFF_ASSIGN(header.version, unsigned_member(signed_part, "version"));
  if (header.version == 0) return fail(ErrorKind::kFormat, "version is 0");
  SKIFF_ASSIGN(const std::string expires, string_member(signed_part, "expires"));
  SKIFF_ASSIGN(header.expires, parse_date(expires));
  return header;
}

Result<Keys> parse_keys(const Json& parent) {
  SKIFF_ASSIGN(const Json* const object, object_member(parent, "keys"));
  Keys keys;
  for (const auto& [key_id, untrusted_key] : *object->object()) {
    // A broken or unknown key, or one under an id that is not its own, must not cost the file: it only cannot
    // sign.
    Result<PublicKey> key = PublicKey::parse(untrusted_key);
    if (key && key->key_id() == key_id) keys.emplace(key_id, std::move(*key));
  }
  return keys;
}

Result<KeyRing> parse_key_ring(const Json& role, const Keys& keys) {
  KeyRing ring;
  SKIFF_ASSIGN(ring.threshold, unsigned_member(role, "threshold"));
  if (ring.threshold == 0) return fail(ErrorKind::kFormat, "threshold is 0");
  SKIFF_ASSIGN(const Json* const key_ids, array_member(role, "keyids"));
  std::set<std::string> seen;
  for (const Json& key_id : *key_ids->array()) {
    if (key_id.string() == nullptr) return fail(ErrorKind::kFormat, "keyids: not a string");
    if (!seen.insert(*key_id.string()).second) {
      return fail(ErrorKind::kFormat, "keyids: " + *key_id.string() + " twice");
    }
    if (const auto key = keys.find(*key_id.string()); key != keys.end()) ring.keys.emplace_back(*key);
  }
  return ring;
}

Result<std::map<std::string, std::string>> parse_hashes(const Json& hashes) {
  std::map<std::string, std::string> parsed;
  if (hashes.object() == nullptr || hashes.object()->empty()) {
    return fail(ErrorKind::kFormat, "hashes: none given");
  }
  for (const auto& [algorithm, value] : *hashes.object()) {
    if (value.string() == nullptr || value.string()->empty()) {
      return fail(ErrorKind::kFormat, "hashes: " + algorithm + " is empty or no string");
    }
    parsed.emplace(algorithm, *value.string());
  }
  return parsed;
}

Result<FileMeta> parse_file_meta(const Json& meta) {
  FileMeta parsed;
  SKIFF_ASSIGN(parsed.version, unsigned_member(meta, "version"));
  if (parsed.version == 0) return fail(ErrorKind::kFormat, "version of a listed file is 0");
  if (meta.find("length") != nullptr) {
    SKIFF_ASSIGN(parsed.length, unsigned_member(meta, "length"));
  }
  if (const Json* const hashes = meta.find("hashes")) {
    SKIFF_ASSIGN(parsed.hashes, parse_hashes(*hashes));
  }
  return parsed;
}

Result<void> check_file(const FileMeta& meta, ByteView bytes, std::string_view name) {
  const std::string file(name);
  if (meta.length && *meta.length != bytes.size()) {
    return fail(ErrorKind::kMismatch, file + " is " + std::to_string(bytes.size()) + " bytes long, not " +
                                          std::to_string(*meta.length));
  }
  bool checked = meta.hashes.empty();
  for (const auto& [algorithm, hex] : meta.hashes) {
    std::string found;
    if (algorithm == "sha256") {
      found = sha256(bytes).hex();
    } else if (algorithm == "sha512") {
      SKIFF_ASSIGN(const Bytes digest, sha512(bytes));
      found = to_hex(digest);
    } else {
      continue;
    }
    if (found != hex)
      return fail(ErrorKind::kMismatch, std::string(name).append(": ").append(algorithm).append(" differs"));
    checked = true;
  }
  if (!checked) return fail(ErrorKind::kUnsupported, file + ": no hash of a known algorithm");
  return {};
}

}  // namespace skiff::tuf
