#include "fleet/object_reader.hpp"

#include <algorithm>

namespace skiff::server {
namespace {

constexpr std::uint64_t kApiVersion = 1;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }

}  // namespace

Result<ObjectReader> ObjectReader::open(const Json& value, std::string path,
                                        const std::vector<std::string_view>& known) {
  const Json::Object* const object = value.object();
  if (object == nullptr) {
    return fail(ErrorKind::kFormat, (path.empty() ? "the document" : path) + " must be an object");
  }
  ObjectReader reader(value, std::move(path));
  for (const auto& [key, unused] : *object) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return fail(ErrorKind::kFormat, reader.path_of(key.substr(0, 64)) + " is not a member there can be");
    }
  }
  return reader;
}

std::string ObjectReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

tl::unexpected<Error> ObjectReader::reject(std::string_view key, std::string_view expected) const {
  return fail(ErrorKind::kFormat, path_of(key) + " must be " + std::string(expected));
}

Result<const Json*> ObjectReader::member(std::string_view key) const {
  const Json* const value = object_.find(key);
  if (value == nullptr) return fail(ErrorKind::kFormat, path_of(key) + " is missing");
  return value;
}

Result<void> ObjectReader::version() const {
  SKIFF_ASSIGN(const std::uint64_t version, number("v"));
  if (version != kApiVersion) return reject("v", "1");
  return {};
}

Result<std::string> ObjectReader::text(std::string_view key, std::size_t max_length) const {
  SKIFF_ASSIGN(const Json* value, member(key));
  const std::string* const text = value->string();
  if (text == nullptr || text->size() > max_length || std::any_of(text->begin(), text->end(), is_control)) {
    return reject(key, "printable text of at most " + std::to_string(max_length) + " bytes");
  }
  return *text;
}

Result<std::uint64_t> ObjectReader::number(std::string_view key) const {
  SKIFF_ASSIGN(const Json* value, member(key));
  const std::int64_t* const number = value->integer();
  if (number == nullptr || *number < 0) return reject(key, "a whole number, not negative");
  return static_cast<std::uint64_t>(*number);
}

Result<const Json::Array*> ObjectReader::array(std::string_view key, std::size_t max_length) const {
  SKIFF_ASSIGN(const Json* value, member(key));
  const Json::Array* const array = value->array();
  if (array == nullptr || array->size() > max_length) {
    return reject(key, "an array of at most " + std::to_string(max_length) + " members");
  }
  return array;
}

Result<ImageId> ObjectReader::image(std::string_view key) const {
  SKIFF_ASSIGN(const Json* value, member(key));
  SKIFF_ASSIGN(const ObjectReader fields, open(*value, path_of(key), {"sha256", "length"}));
  SKIFF_ASSIGN(const std::string digest, fields.text("sha256", 64));
  const auto sha256 = Sha256::from_hex(digest);
  if (!sha256) return fields.reject("sha256", "64 lower-case hexadecimal digits");
  SKIFF_ASSIGN(const std::uint64_t length, fields.number("length"));
  return ImageId{length, *sha256};
}

bool is_name(std::string_view text, std::size_t max_length) {
  return !text.empty() && text.size() <= max_length &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace skiff::server
