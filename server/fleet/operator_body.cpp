#include "fleet/operator_body.hpp"

#include <algorithm>
#include <charconv>

namespace skiff::server {
namespace {

constexpr std::int64_t kMostItems = 10'000;  // of a page

std::optional<unsigned> hex_digit(char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::size_t at = kDigits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
  return at == std::string_view::npos ? std::nullopt : std::optional(static_cast<unsigned>(at));
}

/// RFC 3986, 2.1; what is no such encoding stays as it is.
std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
    decoded += low ? static_cast<char>(*high << 4 | *low) : text[i];
    if (low) i += 2;
  }
  return decoded;
}

/// "7", as a number is written.
std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Whether an item comes after the one that has this key.
bool is_after(const Json& item, const char* key, const std::string& last) {
  const Json* const member = item.find(key);
  if (const std::int64_t* const number = member->integer()) return *number > whole_number(last).value_or(0);
  return *member->string() > last;
}

std::string text_of(const Json& key) {
  const std::int64_t* const number = key.integer();
  return number == nullptr ? *key.string() : std::to_string(*number);
}

}  // namespace

Result<Json> query_object(std::string_view target, std::span<const BodyField> known) {
  Json::Object object = {{"v", 1}};
  const std::size_t mark = target.find('?');
  std::string_view rest = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string name = percent_decoded(pair.substr(0, equals));
    const std::string value = percent_decoded(pair.substr(std::min(equals + 1, pair.size())));
    const auto field =
        std::find_if(known.begin(), known.end(), [&](const BodyField& one) { return one.name == name; });
    if (field == known.end() || field->type == FieldType::kText) {
      object[name] = value;
      continue;
    }
    const auto number = whole_number(value);
    if (!number) return fail(ErrorKind::kFormat, name + " must be a whole number, not negative");
    object[name] = *number;
  }
  return Json(std::move(object));
}

std::vector<BodyField> page_fields() {
  return {{"limit", FieldType::kNumber, false, "at most so many; all of them unless told"},
          {"after", FieldType::kText, false, "those that follow this one: what `next` was"}};
}

Result<Page> page_of(const OperatorBody& body) {
  Page page;
  SKIFF_ASSIGN(page.after, body.text_or("after", ""));
  SKIFF_ASSIGN(const std::int64_t limit, body.number_or("limit", 0, kMostItems));
  page.limit = static_cast<std::size_t>(limit);
  return page;
}

Json answer_page(std::string_view name, Json::Array items, const char* key, const Page& page) {
  if (!page.after.empty())
    std::erase_if(items, [&](const Json& item) { return !is_after(item, key, page.after); });
  const bool has_more = page.limit != 0 && items.size() > page.limit;
  if (has_more) items.resize(page.limit);
  Json answer = Json::Object{{"v", 1}};
  if (has_more) answer.object()->emplace("next", text_of(*items.back().find(key)));
  answer.object()->emplace(name, std::move(items));
  return answer;
}

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
