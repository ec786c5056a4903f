// Fields that several of the agent's records share, in JSON.
#pragma once

#include "skiff/delta_info.hpp"
#include "skiff/json.hpp"

namespace skiff::agent {

/// `{"length":N,"sha256":"…"}`, as server/API.md has images.
inline Json image_json(const ImageId& image) {
  return Json::Object{{"sha256", image.sha256.hex()}, {"length", image.length}};
}

inline Result<Sha256> digest_member(const Json& object, std::string_view key) {
  SKIFF_ASSIGN(const std::string hex, string_member(object, key));
  return Sha256::from_hex(hex);
}

inline Result<ImageId> image_member(const Json& object, std::string_view key) {
  SKIFF_ASSIGN(const Json* image, object_member(object, key));
  ImageId id;
  SKIFF_ASSIGN(id.length, unsigned_member(*image, "length"));
  SKIFF_ASSIGN(id.sha256, digest_member(*image, "sha256"));
  return id;
}

}  // namespace skiff::agent
