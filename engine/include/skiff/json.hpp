// Json: the one JSON value of Skiff, read strictly and written canonically (metadata, APIs, reports, state).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "skiff/bytes.hpp"
#include "skiff/result.hpp"

namespace skiff {

/// null, bool, integer in ±(2^53−1), string (UTF-8), array or object (keys unique, kept sorted by code unit).
/// There are no floating-point numbers: neither metadata nor the APIs have any.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;

  // What copies, moves and ends a value is compiled once, not by each of the hundred sources that have
  // values.
  Json();
  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();
  Json(std::nullptr_t) {}                           // NOLINT(google-explicit-constructor)
  Json(bool value) : value_(value) {}               // NOLINT(google-explicit-constructor)
  Json(int value) : value_(std::int64_t{value}) {}  // NOLINT(google-explicit-constructor)
  Json(std::int64_t value) : value_(value) {}       // NOLINT(google-explicit-constructor)
  Json(std::uint64_t value)
      : value_(static_cast<std::int64_t>(value)) {}             // NOLINT(google-explicit-constructor)
  Json(std::string value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Json(std::string_view value) : value_(std::string(value)) {}  // NOLINT(google-explicit-constructor)
  Json(const char* value) : value_(std::string(value)) {}       // NOLINT(google-explicit-constructor)
  Json(Array value);                                            // NOLINT(google-explicit-constructor)
  Json(Object value);                                           // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  /// The value as a type, or null if it is of another.
  [[nodiscard]] const bool* boolean() const { return std::get_if<bool>(&value_); }
  [[nodiscard]] const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value_); }
  [[nodiscard]] const std::string* string() const { return std::get_if<std::string>(&value_); }
  [[nodiscard]] const Array* array() const { return std::get_if<Array>(&value_); }
  [[nodiscard]] const Object* object() const { return std::get_if<Object>(&value_); }
  [[nodiscard]] Array* array() { return std::get_if<Array>(&value_); }
  [[nodiscard]] Object* object() { return std::get_if<Object>(&value_); }
  /// A member of an object; null if this is no object or has no such member.
  [[nodiscard]] const Json* find(std::string_view key) const;

  bool operator==(const Json&) const;

 private:
  std::variant<std::monostate, bool, std::int64_t, std::string, Array, Object> value_;
};

/// Members of an object by type; an absent one or one of another type is kFormat and names `key`.
Result<std::string> string_member(const Json& object, std::string_view key);
Result<std::int64_t> integer_member(const Json& object, std::string_view key);
/// As integer_member, but also refuses negative numbers.
Result<std::uint64_t> unsigned_member(const Json& object, std::string_view key);
Result<const Json*> object_member(const Json& object, std::string_view key);
Result<const Json*> array_member(const Json& object, std::string_view key);

/// Strict JSON (RFC 8259, further narrowed): refuses duplicate keys, floats, exponents, integers beyond
/// ±(2^53−1), bad UTF-8, lone surrogates, a byte order mark, depth over 32 and trailing bytes; kFormat names
/// the byte.
Result<Json> parse_json(ByteView text);

/// OLPC canonical JSON: what metadata signatures and key ids are made over; keys in order of their code
/// points. kFormat for integers that do not fit a double.
Result<std::string> canonical_json(const Json& value);
/// Compact JSON for files and the wire: keys sorted, control characters escaped; what parse_json reads back
/// equal.
std::string json_text(const Json& value);

}  // namespace skiff
