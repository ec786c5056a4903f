// The two texts of a JSON value: canonical, to be signed and hashed, and compact, to be stored and sent.
#include "skiff/json.hpp"
#include "trust/json_limits.hpp"

namespace skiff {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// OLPC canonical form: everything but the quote and the backslash stands for itself.
void put_canonical_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char character : text) {
    if (character == '"' || character == '\\') out.push_back('\\');
    out.push_back(character);
  }
  out.push_back('"');
}

void put_escaped_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char character : text) {
    if (static_cast<unsigned char>(character) < 0x20) {
      out.append("\\u00");
      out.push_back(kHexDigits[static_cast<unsigned char>(character) >> 4]);
      out.push_back(kHexDigits[static_cast<unsigned char>(character) & 15]);
      continue;
    }
    if (character == '"' || character == '\\') out.push_back('\\');
    out.push_back(character);
  }
  out.push_back('"');
}

using PutString = void (*)(std::string&, std::string_view);

void put_value(std::string& out, const Json& value, PutString put_string);

void put_array(std::string& out, const Json::Array& array, PutString put_string) {
  out.push_back('[');
  for (const Json& element : array) {
    if (&element != array.data()) out.push_back(',');
    put_value(out, element, put_string);
  }
  out.push_back(']');
}

void put_object(std::string& out, const Json::Object& object, PutString put_string) {
  char before = '{';
  for (const auto& [key, member] : object) {
    out.push_back(before);
    put_string(out, key);
    out.push_back(':');
    put_value(out, member, put_string);
    before = ',';
  }
  if (object.empty()) out.push_back('{');
  out.push_back('}');
}

void put_value(std::string& out, const Json& value, PutString put_string) {
  if (const auto* const flag = value.boolean()) {
    out.append(*flag ? "true" : "false");
  } else if (const auto* const integer = value.integer()) {
    out.append(std::to_string(*integer));
  } else if (const auto* const string = value.string()) {
    put_string(out, *string);
  } else if (const auto* const array = value.array()) {
    put_array(out, *array, put_string);
  } else if (const auto* const object = value.object()) {
    put_object(out, *object, put_string);
  } else {
    out.append("null");
  }
}

/// Integers that do not fit a double, others would canonicalise differently: they are not signed at all.
Result<void> check_canonical(const Json& value) {
  if (const auto* const integer = value.integer()) {
    if (*integer > kMaxJsonInteger || *integer < -kMaxJsonInteger) {
      return fail(ErrorKind::kFormat, "canonical JSON: " + std::to_string(*integer) + " is beyond 2^53-1");
    }
  } else if (const auto* const array = value.array()) {
    for (const Json& element : *array) SKIFF_TRY(check_canonical(element));
  } else if (const auto* const object = value.object()) {
    for (const auto& member : *object) SKIFF_TRY(check_canonical(member.second));
  }
  return {};
}

}  // namespace

Result<std::string> canonical_json(const Json& value) {
  SKIFF_TRY(check_canonical(value));
  std::string text;
  put_value(text, value, put_canonical_string);
  return text;
}

std::string json_text(const Json& value) {
  std::string text;
  put_value(text, value, put_escaped_string);
  return text;
}

}  // namespace skiff
