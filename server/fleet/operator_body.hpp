// OperatorBody: the JSON of an operator's request, by the fields that its route has.
#pragma once

#include <span>
#include <string>

#include "fleet/object_reader.hpp"

namespace skiff::server {

enum class FieldType : std::uint8_t { kText, kNumber, kFlag, kTexts, kObject };

inline constexpr std::size_t kMaxOperatorText = 256;   ///< bytes of a text
inline constexpr std::size_t kMaxOperatorTexts = 200;  ///< members of an array

/// A member of a request, as it is read and as it is described.
struct BodyField {
  const char* name;
  FieldType type;
  bool is_required;
  const char* meaning;
};

/// Refers to the document. Errors are kFormat and name the field.
class OperatorBody {
 public:
  /// An object of "v" and of fields in `known`, with all of those that are required.
  static Result<OperatorBody> open(const Json& document, std::span<const BodyField> known);

  [[nodiscard]] Result<std::string> text(std::string_view key) const;
  [[nodiscard]] Result<std::string> text_or(std::string_view key, std::string otherwise) const;
  [[nodiscard]] Result<std::uint64_t> number(std::string_view key) const { return fields_.number(key); }
  /// At most `most`.
  [[nodiscard]] Result<std::int64_t> number_or(std::string_view key, std::int64_t otherwise,
                                               std::int64_t most) const;
  /// False where there is no such field.
  [[nodiscard]] Result<bool> flag(std::string_view key) const;
  /// Empty where there is no such field.
  [[nodiscard]] Result<std::vector<std::string>> texts(std::string_view key) const;
  /// Points into the document.
  [[nodiscard]] Result<const Json::Object*> object(std::string_view key) const;
  [[nodiscard]] tl::unexpected<Error> reject(std::string_view key, std::string_view expected) const {
    return fields_.reject(key, expected);
  }

 private:
  OperatorBody(const Json& document, ObjectReader fields) : document_(document), fields_(std::move(fields)) {}

  const Json& document_;
  ObjectReader fields_;
};

/// {"v": 1, name: [items]}
Json answer_list(std::string_view name, Json::Array items);
/// {"v": 1}
Json answer_done();

}  // namespace skiff::server
