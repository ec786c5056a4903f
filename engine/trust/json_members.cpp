// Members of JSON objects by type.
#include "skiff/json.hpp"

namespace skiff {
namespace {

tl::unexpected<Error> absent(std::string_view key, std::string_view type) {
  return fail(ErrorKind::kFormat, "\"" + std::string(key) + "\" is absent or no " + std::string(type));
}

}  // namespace

const Json* Json::find(std::string_view key) const {
  const Object* const members = object();
  if (members == nullptr) return nullptr;
  const auto member = members->find(key);
  return member == members->end() ? nullptr : &member->second;
}

Result<std::string> string_member(const Json& object, std::string_view key) {
  const Json* const member = object.find(key);
  if (member == nullptr || member->string() == nullptr) return absent(key, "string");
  return *member->string();
}

Result<std::int64_t> integer_member(const Json& object, std::string_view key) {
  const Json* const member = object.find(key);
  if (member == nullptr || member->integer() == nullptr) return absent(key, "integer");
  return *member->integer();
}

Result<std::uint64_t> unsigned_member(const Json& object, std::string_view key) {
  SKIFF_ASSIGN(const std::int64_t value, integer_member(object, key));
  if (value < 0) return fail(ErrorKind::kFormat, "\"" + std::string(key) + "\" is negative");
  return static_cast<std::uint64_t>(value);
}

Result<const Json*> object_member(const Json& object, std::string_view key) {
  const Json* const member = object.find(key);
  if (member == nullptr || member->object() == nullptr) return absent(key, "object");
  return member;
}

Result<const Json*> array_member(const Json& object, std::string_view key) {
  const Json* const member = object.find(key);
  if (member == nullptr || member->array() == nullptr) return absent(key, "array");
  return member;
}

}  // namespace skiff
