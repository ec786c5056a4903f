#include "http/range.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace skiff::server {
namespace {

constexpr std::string_view kUnit = "bytes=";
constexpr RangeAnswer kWhole = {};
constexpr RangeAnswer kUnsatisfiable = {RangeAnswer::Kind::kUnsatisfiable, 0, 0};

/// A run of digits as a number; a number too large for 64 bits is the largest. nullopt if not all are digits.
std::optional<std::uint64_t> parse_position(std::string_view digits) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    value = value > (kMax - digit) / 10 ? kMax : value * 10 + digit;
  }
  return value;
}

bool is_unit(std::string_view text) {
  return std::equal(text.begin(), text.end(), kUnit.begin(), kUnit.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

RangeAnswer resolve_suffix(std::string_view digits, std::uint64_t length) {
  const auto suffix = parse_position(digits);
  if (!suffix) return kWhole;
  const std::uint64_t part = std::min(*suffix, length);
  if (part == 0) return kUnsatisfiable;
  return {RangeAnswer::Kind::kPart, length - part, part};
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Weak comparison (RFC 9110, 8.8.3.2) of `etag` with each member of an If-None-Match list. Our ETags have no
/// comma in them, so cutting at commas is exact for every member that can match.
bool is_listed(std::string_view list, std::string_view etag) {
  if (trim(list) == "*") return true;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view member = trim(list.substr(0, comma));
    if (member.starts_with("W/")) member.remove_prefix(2);
    if (member == etag) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

RangeAnswer requested_range(const Request& request, const Representation& representation) {
  const Fields& fields = request.head.fields;
  if (request.is_head() || count_fields(fields, "range") != 1) return kWhole;
  const std::size_t conditions = count_fields(fields, "if-range");
  if (conditions > 1 || (conditions == 1 && trim(*find_field(fields, "if-range")) != representation.etag)) {
    return kWhole;
  }
  return resolve_range(*find_field(fields, "range"), representation.source->size());
}

Response unsatisfiable_response(std::uint64_t length) {
  Response response = error_response(ApiError::kRange, "the range lies outside the content");
  response.fields.push_back({"content-range", "bytes */" + std::to_string(length)});
  return response;
}

}  // namespace

RangeAnswer resolve_range(std::string_view field, std::uint64_t length) {
  field = trim(field);
  if (field.size() < kUnit.size() || !is_unit(field.substr(0, kUnit.size()))) return kWhole;
  const std::string_view spec = field.substr(kUnit.size());
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return kWhole;
  if (dash == 0) return resolve_suffix(spec.substr(1), length);
  const auto first = parse_position(spec.substr(0, dash));
  const std::string_view end = spec.substr(dash + 1);
  const auto last = end.empty() ? std::numeric_limits<std::uint64_t>::max() : parse_position(end);
  if (!first || !last || *last < *first) return kWhole;
  if (*first >= length) return kUnsatisfiable;
  return {RangeAnswer::Kind::kPart, *first, std::min(*last, length - 1) - *first + 1};
}

Response representation_response(const Request& request, const Representation& representation) {
  const std::uint64_t length = representation.source->size();
  Response response;
  response.fields = {{"etag", representation.etag},
                     {"cache-control", std::string(representation.cache_control)}};
  for (const Field& field : request.head.fields) {
    if (field.name == "if-none-match" && is_listed(field.value, representation.etag)) {
      response.status = 304;
      return response;
    }
  }
  const RangeAnswer range = requested_range(request, representation);
  if (range.kind == RangeAnswer::Kind::kUnsatisfiable) return unsatisfiable_response(length);
  response.fields.push_back({"content-type", std::string(representation.content_type)});
  response.fields.push_back({"accept-ranges", "bytes"});
  response.streamed = StreamedBody{representation.source, 0, length};
  if (range.kind == RangeAnswer::Kind::kPart) {
    response.status = 206;
    response.streamed->offset = range.offset;
    response.streamed->length = range.length;
    response.fields.push_back({"content-range", "bytes " + std::to_string(range.offset) + "-" +
                                                    std::to_string(range.offset + range.length - 1) + "/" +
                                                    std::to_string(length)});
  }
  return response;
}

}  // namespace skiff::server
