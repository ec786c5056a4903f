// Ranges and conditions: which bytes of a representation a GET or HEAD is answered with (RFC 9110, 13 and
// 14).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace skiff::server {

/// What a Range field asks of a representation of known length.
struct RangeAnswer {
  enum class Kind : std::uint8_t { kWhole, kPart, kUnsatisfiable };
  Kind kind = Kind::kWhole;
  std::uint64_t offset = 0;  ///< of a part
  std::uint64_t length = 0;  ///< of a part, at least 1
  bool operator==(const RangeAnswer&) const = default;
};

/// Resolves `bytes=a-b`, `bytes=a-` and `bytes=-n`. Whatever is malformed, in another unit or has several
/// ranges gives the whole (RFC 9110, 14.2 lets a server ignore the field); a range that begins at or after
/// the end, or a suffix of zero bytes, is unsatisfiable. Ends past the end are cut.
RangeAnswer resolve_range(std::string_view field, std::uint64_t length);

/// Something that can be fetched: its bytes and the fields that go with them.
struct Representation {
  std::shared_ptr<const Source> source;
  std::string etag;  ///< strong, with its quotes
  std::string_view content_type;
  std::string_view cache_control;
};

/// The answer to a GET or HEAD of `representation`: 200, 206, 304 or 416. If-None-Match is looked at first,
/// then Range, which only a GET may have, and which If-Range with another ETag (or a date) makes void.
Response representation_response(const Request& request, const Representation& representation);

}  // namespace skiff::server
