#include "trust/pkcs11_uri.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "skiff/token.hpp"

namespace skiff {
namespace {

constexpr std::string_view kScheme = "pkcs11:";
constexpr std::string_view kFileScheme = "file:";
constexpr std::string_view kDefaultModule = "p11-kit-proxy.so";
constexpr std::size_t kMaxLength = 4096;

tl::unexpected<Error> odd(std::string_view name, std::string_view why) {
  return fail(ErrorKind::kUsage, "pkcs11 URI: " + std::string(name) + " " + std::string(why));
}

Result<std::string> decoded(std::string_view name, std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    std::string digits(text.substr(i + 1, 2));
    for (char& digit : digits)
      digit = digit >= 'A' && digit <= 'F' ? static_cast<char>(digit - 'A' + 'a') : digit;
    const Result<Bytes> byte = from_hex(digits);
    if (!byte || byte->size() != 1) return odd(name, "has a '%' without two hexadecimal digits");
    result += static_cast<char>(byte->front());
    i += 2;
  }
  return result;
}

Result<void> take_slot(Pkcs11Uri& uri, const std::string& value) {
  std::uint64_t slot = 0;
  const char* const end = value.data() + value.size();
  const auto [parsed_to, error] = std::from_chars(value.data(), end, slot);
  if (error != std::errc() || parsed_to != end) return odd("slot-id", "is no number");
  uri.slot = slot;
  return {};
}

Result<void> take_path(Pkcs11Uri& uri, std::string_view name, std::string value) {
  if (name == "token")
    uri.token = std::move(value);
  else if (name == "manufacturer")
    uri.manufacturer = std::move(value);
  else if (name == "model")
    uri.model = std::move(value);
  else if (name == "serial")
    uri.serial = std::move(value);
  else if (name == "object")
    uri.object = std::move(value);
  else if (name == "id")
    uri.id = Bytes(value.begin(), value.end());
  else if (name == "slot-id")
    return take_slot(uri, value);
  else if (name != "type" || value != "private")
    return odd(name, "is not understood");
  return {};
}

Result<void> take_query(Pkcs11Uri& uri, std::string_view name, std::string value) {
  if (name == "pin-value") return odd(name, "would show the PIN to others; put it in a file: pin-source");
  if (name == "module-path") {
    uri.module = std::move(value);
  } else if (name == "pin-source") {
    if (value.empty() || value.front() == '|') return odd(name, "is no file");
    uri.pin_source = value.starts_with(kFileScheme) ? value.substr(kFileScheme.size()) : value;
  } else {
    return odd(name, "is not understood");
  }
  return {};
}

using Take = Result<void> (*)(Pkcs11Uri&, std::string_view, std::string);

Result<void> each_attribute(std::string_view text, char separator, Pkcs11Uri& uri, Take take) {
  std::set<std::string_view, std::less<>> seen;
  while (!text.empty()) {
    const std::string_view attribute = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(attribute.size() + 1, text.size()));
    const std::size_t equals = attribute.find('=');
    const std::string_view name = attribute.substr(0, equals);
    if (equals == std::string_view::npos) return odd(name, "has no value");
    if (!seen.insert(name).second) return odd(name, "stands there twice");
    SKIFF_ASSIGN(std::string value, decoded(name, attribute.substr(equals + 1)));
    SKIFF_TRY(take(uri, name, std::move(value)));
  }
  return {};
}

}  // namespace

bool is_token_uri(std::string_view reference) { return reference.starts_with(kScheme); }

Result<Pkcs11Uri> Pkcs11Uri::parse(std::string_view untrusted_text) {
  if (!is_token_uri(untrusted_text)) return odd(untrusted_text.substr(0, 64), "does not begin with pkcs11:");
  if (untrusted_text.size() > kMaxLength) return odd("it", "is longer than 4096 bytes");
  untrusted_text.remove_prefix(kScheme.size());
  const std::size_t question = std::min(untrusted_text.find('?'), untrusted_text.size());
  Pkcs11Uri uri;
  uri.module = kDefaultModule;
  uri.query = untrusted_text.substr(question);
  SKIFF_TRY(each_attribute(untrusted_text.substr(0, question), ';', uri, take_path));
  if (!uri.query.empty()) {
    SKIFF_TRY(each_attribute(std::string_view(uri.query).substr(1), '&', uri, take_query));
  }
  return uri;
}

}  // namespace skiff
