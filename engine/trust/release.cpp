// Releases and deltas in the custom data of targets.
#include "skiff/release.hpp"

#include <algorithm>

#include "skiff/trust.hpp"
#include "trust/release_json.hpp"
#include "trust/release_names.hpp"
#include "trust/semantic_version.hpp"

namespace skiff {
namespace {

constexpr std::string_view kCustomKey = "skiff";
constexpr int kCustomVersion = 1;
constexpr std::size_t kMaxHardwareIds = 1024;
constexpr std::size_t kMaxVersionLength = 64;

Result<const Json*> read_custom(const tuf::Target& target) {
  SKIFF_ASSIGN(const Json* const custom, object_member(target.custom, kCustomKey));
  SKIFF_ASSIGN(const std::uint64_t version, unsigned_member(*custom, "v"));
  if (version != std::uint64_t{kCustomVersion}) {
    return fail(ErrorKind::kUnsupported, "custom data of version " + std::to_string(version));
  }
  return custom;
}

Result<Sha256> digest_member(const Json& object, std::string_view key) {
  SKIFF_ASSIGN(const std::string hex, string_member(object, key));
  Result<Sha256> digest = Sha256::from_hex(hex);
  if (!digest) return fail_with(digest.error(), key);
  return digest;
}

Result<ImageId> image_member(const Json& object, std::string_view key) {
  SKIFF_ASSIGN(const Json* const untrusted, object_member(object, key));
  ImageId image;
  SKIFF_ASSIGN(image.length, unsigned_member(*untrusted, "length"));
  SKIFF_ASSIGN(image.sha256, digest_member(*untrusted, "sha256"));
  if (image.length == 0 && image.sha256 != sha256({})) {
    return fail(ErrorKind::kFormat, std::string(key) + ": an empty image with the hash of another");
  }
  return image;
}

Result<Sha256> target_digest(const tuf::Target& target) {
  const auto found = target.hashes.find("sha256");
  if (found == target.hashes.end()) return fail(ErrorKind::kFormat, "hashes: no sha256");
  return Sha256::from_hex(found->second);
}

Result<std::vector<std::string>> read_hardware(const Json& custom) {
  SKIFF_ASSIGN(const Json* const ids, array_member(custom, "hardware"));
  std::vector<std::string> hardware;
  for (const Json& id : *ids->array()) {
    if (id.string() == nullptr || !is_plain_name(*id.string())) {
      return fail(ErrorKind::kFormat, "hardware: an id is not a plain name");
    }
    hardware.push_back(*id.string());
  }
  if (hardware.empty() || hardware.size() > kMaxHardwareIds) {
    return fail(ErrorKind::kFormat, "hardware: " + std::to_string(hardware.size()) + " ids");
  }
  return hardware;
}

Result<Release> read_release_fields(const tuf::Target& target) {
  if (!is_target_of(target.name, kReleasesRole)) return fail(ErrorKind::kFormat, "not the name of a release");
  SKIFF_ASSIGN(const Json* const custom, read_custom(target));
  Release release;
  release.target = target.name;
  SKIFF_ASSIGN(release.hardware, read_hardware(*custom));
  SKIFF_ASSIGN(release.version, string_member(*custom, "version"));
  if (release.version.empty() || release.version.size() > kMaxVersionLength) {
    return fail(ErrorKind::kFormat, "version is empty or longer than " + std::to_string(kMaxVersionLength));
  }
  SKIFF_ASSIGN(release.release_counter, unsigned_member(*custom, "release_counter"));
  SKIFF_ASSIGN(release.image, image_member(*custom, "image"));
  SKIFF_ASSIGN(release.issued, integer_member(*custom, "issued"));
  SKIFF_ASSIGN(const Sha256 digest, target_digest(target));
  if (release.image != ImageId{target.length, digest}) {
    return fail(ErrorKind::kFormat, "image is not the target's own length and hash");
  }
  return release;
}

Result<void> read_decoder(const Json& custom, DeltaOffer& offer) {
  SKIFF_ASSIGN(const Json* const decoder, object_member(custom, "decoder"));
  SKIFF_ASSIGN(const std::uint64_t format, unsigned_member(*decoder, "format"));
  if (format > UINT32_MAX) return fail(ErrorKind::kFormat, "decoder: format beyond 32 bits");
  offer.format = static_cast<std::uint32_t>(format);
  SKIFF_ASSIGN(offer.decoder_memory, unsigned_member(*decoder, "memory"));
  if (custom.find("min_agent") != nullptr) {
    SKIFF_ASSIGN(offer.min_agent, string_member(custom, "min_agent"));
    SKIFF_TRY(SemanticVersion::parse(offer.min_agent));
  }
  return {};
}

Result<std::optional<StoredBase>> read_stored_base(const Json& custom) {
  if (custom.find("stored_base") == nullptr) return std::optional<StoredBase>();
  SKIFF_ASSIGN(const Json* const stored, object_member(custom, "stored_base"));
  StoredBase base;
  SKIFF_ASSIGN(base.image, string_member(*stored, "image"));
  if (!is_target_of(base.image, kReleasesRole)) {
    return fail(ErrorKind::kFormat, "stored_base: image is not the name of a release");
  }
  SKIFF_ASSIGN(base.root, digest_member(*stored, "root"));
  SKIFF_ASSIGN(base.tree, digest_member(*stored, "tree"));
  return base;
}

Result<DeltaOffer> read_delta_fields(const tuf::Target& target) {
  SKIFF_ASSIGN(const Json* const custom, read_custom(target));
  DeltaOffer offer;
  offer.target = target.name;
  offer.length = target.length;
  offer.wire_path = target.wire_path();
  SKIFF_ASSIGN(offer.sha256, target_digest(target));
  SKIFF_ASSIGN(offer.base, image_member(*custom, "base"));
  SKIFF_ASSIGN(offer.result, image_member(*custom, "result"));
  if (target.name != delta_target(offer.base, offer.result)) {
    return fail(ErrorKind::kFormat, "not the name of a delta between its base and its result");
  }
  SKIFF_ASSIGN(offer.frames_root, digest_member(*custom, "frames_root"));
  SKIFF_ASSIGN(offer.frames, unsigned_member(*custom, "frames"));
  SKIFF_TRY(read_decoder(*custom, offer));
  SKIFF_ASSIGN(offer.stored_base, read_stored_base(*custom));
  return offer;
}

Json image_json(const ImageId& image) {
  return Json::Object{{"length", image.length}, {"sha256", image.sha256.hex()}};
}

Json entry(std::uint64_t length, const Sha256& digest, Json custom) {
  return Json::Object{{"length", length},
                      {"hashes", Json::Object{{"sha256", digest.hex()}}},
                      {"custom", Json::Object{{std::string(kCustomKey), std::move(custom)}}}};
}

/// As consistent snapshots name a file (TUF 6.2).
std::string wire_path_of(std::string name, const Sha256& digest) {
  tuf::Target target;
  target.name = std::move(name);
  target.hashes["sha256"] = digest.hex();
  return target.wire_path();
}

}  // namespace

std::string StoredBase::image_wire_path(const ImageId& base) const {
  return wire_path_of(image, base.sha256);
}
std::string StoredBase::tree_wire_path() const { return wire_path_of(image + ".tree", tree); }

Result<Release> read_release(const tuf::Target& target) {
  Result<Release> release = read_release_fields(target);
  if (!release) return fail_with(release.error(), target.name);
  return release;
}

Result<DeltaOffer> read_delta_offer(const tuf::Target& target) {
  Result<DeltaOffer> offer = read_delta_fields(target);
  if (!offer) return fail_with(offer.error(), target.name);
  return offer;
}

Json custom_of(const Release& release) {
  return Json::Object{{"v", kCustomVersion},
                      {"hardware", Json::Array(release.hardware.begin(), release.hardware.end())},
                      {"version", release.version},
                      {"release_counter", release.release_counter},
                      {"image", image_json(release.image)},
                      {"issued", release.issued}};
}

Json custom_of(const DeltaOffer& offer) {
  Json::Object custom = {
      {"v", kCustomVersion},
      {"base", image_json(offer.base)},
      {"result", image_json(offer.result)},
      {"frames_root", offer.frames_root.hex()},
      {"frames", offer.frames},
      {"decoder", Json::Object{{"format", std::uint64_t{offer.format}}, {"memory", offer.decoder_memory}}}};
  if (!offer.min_agent.empty()) custom["min_agent"] = offer.min_agent;
  if (const std::optional<StoredBase>& stored = offer.stored_base) {
    custom["stored_base"] =
        Json::Object{{"image", stored->image}, {"root", stored->root.hex()}, {"tree", stored->tree.hex()}};
  }
  return custom;
}

Json target_entry(const Release& release) {
  return entry(release.image.length, release.image.sha256, custom_of(release));
}
Json target_entry(const DeltaOffer& offer) { return entry(offer.length, offer.sha256, custom_of(offer)); }

}  // namespace skiff
