#include "fleet/operator_body.hpp"

namespace skiff::server {
Result<OperatorBody> OperatorBody::open(const Json& document, std::span<const BodyField> known) {
  std::vector<std::string_view> names = {"v"};
  for (const BodyField& field : known) names.emplace_back(field.name);
  SKIFF_ASSIGN(ObjectReader fields, ObjectReader::open(document, "", names));
  SKIFF_TRY(fields.version());
  for (const BodyField& field : known) {
    if (field.is_required) SKIFF_TRY(fields.member(field.name));
  }
  return OperatorBody(document, std::move(fields));
}

Result<std::string> OperatorBody::text(std::string_view key) const {
  return fields_.text(key, kMaxOperatorText);
}

Result<std::string> OperatorBody::text_or(std::string_view key, std::string otherwise) const {
  if (document_.find(key) == nullptr) return otherwise;
  return text(key);
}

Result<std::int64_t> OperatorBody::number_or(std::string_view key, std::int64_t otherwise,
                                             std::int64_t most) const {
  if (document_.find(key) == nullptr) return otherwise;
  SKIFF_ASSIGN(const std::uint64_t number, fields_.number(key));
  if (number > static_cast<std::uint64_t>(most)) {
    return fields_.reject(key, "a number of at most " + std::to_string(most));
  }
  return static_cast<std::int64_t>(number);
}

Result<bool> OperatorBody::flag(std::string_view key) const {
  const Json* const member = document_.find(key);
  if (member == nullptr) return false;
  if (member->boolean() == nullptr) return fields_.reject(key, "true or false");
  return *member->boolean();
}

Result<std::vector<std::string>> OperatorBody::texts(std::string_view key) const {
  std::vector<std::string> texts;
  if (document_.find(key) == nullptr) return texts;
  SKIFF_ASSIGN(const Json::Array* const array, fields_.array(key, kMaxOperatorTexts));
  for (const Json& member : *array) {
    if (member.string() == nullptr) return fields_.reject(key, "an array of texts");
    texts.push_back(*member.string());
  }
  return texts;
}

Result<const Json::Object*> OperatorBody::object(std::string_view key) const {
  SKIFF_ASSIGN(const Json* const member, fields_.member(key));
  if (member->object() == nullptr) return reject(key, "an object");
  return member->object();
}

Json answer_list(std::string_view name, Json::Array items) {
  return Json::Object{{"v", 1}, {std::string(name), std::move(items)}};
}

Json answer_done() { return Json::Object{{"v", 1}}; }

}  // namespace skiff::server
