// ObjectReader: a JSON object of a request, read member by member, with errors that name the field.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "skiff/delta_info.hpp"
#include "skiff/json.hpp"

namespace skiff::server {

/// Refers to the object; names fields by their path from the document's root ("bytes.wire").
class ObjectReader {
 public:
  /// `known`: all members there may be; another is kFormat, as API.md has it for requests.
  static Result<ObjectReader> open(const Json& value, std::string path,
                                   const std::vector<std::string_view>& known);

  /// Requires the member "v" to be the version of API.md.
  [[nodiscard]] Result<void> version() const;
  /// A string of printable text: at most `max_length` bytes and no control characters.
  [[nodiscard]] Result<std::string> text(std::string_view key, std::size_t max_length) const;
  [[nodiscard]] Result<std::uint64_t> number(std::string_view key) const;
  [[nodiscard]] Result<const Json*> member(std::string_view key) const;
  /// An array of at most `max_length` members.
  [[nodiscard]] Result<const Json::Array*> array(std::string_view key, std::size_t max_length) const;
  /// {"sha256": …, "length": …}
  [[nodiscard]] Result<ImageId> image(std::string_view key) const;
  /// The error of a field whose value is not what it must be.
  [[nodiscard]] tl::unexpected<Error> reject(std::string_view key, std::string_view expected) const;
  [[nodiscard]] std::string path_of(std::string_view key) const;

 private:
  ObjectReader(const Json& object, std::string path) : object_(object), path_(std::move(path)) {}

  const Json& object_;
  std::string path_;
};

/// Whether the text may stand in a name: 1 to `max_length` characters, each printable ASCII and no space.
bool is_name(std::string_view text, std::size_t max_length);

}  // namespace skiff::server
