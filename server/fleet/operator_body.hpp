// OperatorBody: the JSON of an operator's request, by the fields that its route has.
#pragma once

#include <span>
#include <string>
#include <vector>

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

/// The query of a request's target as the object of these fields that OperatorBody opens. kFormat: a value
/// that is none of its field's type. Fields that are not known stay, as texts.
Result<Json> query_object(std::string_view target, std::span<const BodyField> known);

/// How much of a list is wanted.
struct Page {
  std::string after;      ///< the key of the last item before; empty: from the beginning
  std::size_t limit = 0;  ///< items; 0: all
};
/// The fields of a list that is given in pages.
std::vector<BodyField> page_fields();
Result<Page> page_of(const OperatorBody& body);
/// {"v": 1, name: [items], "next": key}: the part of `items` that the page has, where each has a member
/// `key`, a text or a number, by which they are in order; `next` is there where more follow: what `after` has
/// to be.
Json answer_page(std::string_view name, Json::Array items, const char* key, const Page& page);

/// {"v": 1, name: [items]}
Json answer_list(std::string_view name, Json::Array items);
/// {"v": 1}
Json answer_done();

}  // namespace skiff::server
