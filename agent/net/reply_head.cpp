#include "agent/net/reply_head.hpp"

#include <algorithm>
#include <charconv>

namespace skiff::agent {
namespace {

constexpr std::size_t kStatusLine = 17;  // "HTTP/1.1 200 OK" and its end
constexpr std::size_t kAroundField = 4;  // ": " and the line's end

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.begin(), text.end(), value);
  if (code != std::errc() || end != text.end() || text.empty()) return std::nullopt;
  return value;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

tl::unexpected<Error> refused(std::string_view name, std::string_view why) {
  return fail(ErrorKind::kNetwork, "answer refused: " + std::string(name) + " " + std::string(why));
}

/// Keeps a field that may come only once.
Result<void> keep(std::optional<std::string>& field, std::string_view name, std::string_view value) {
  if (field) return refused(name, "stands there twice");
  field = std::string(value);
  return {};
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view value) {
  constexpr std::string_view kUnit = "bytes ";
  if (!value.starts_with(kUnit)) return std::nullopt;
  value.remove_prefix(kUnit.size());
  const std::size_t dash = value.find('-');
  const std::size_t slash = value.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) return std::nullopt;
  const auto first = number(value.substr(0, dash));
  const auto last = number(value.substr(dash + 1, slash - dash - 1));
  const auto total = number(value.substr(slash + 1));
  if (!first || !last || !total || *first > *last || *last >= *total) return std::nullopt;
  return ContentRange{*first, *last, *total};
}

Result<void> ReplyHead::add_line(std::size_t length) {
  length_ += length;
  if (length_ > kMaxLength) return refused("the header", "is too long");
  return {};
}

Result<void> ReplyHead::start() {
  const std::size_t length = length_;
  *this = ReplyHead();
  length_ = length;
  return add_line(kStatusLine);
}

Result<void> ReplyHead::take_field(std::string_view name, std::string_view value) {
  SKIFF_TRY(add_line(name.size() + value.size() + kAroundField));
  return keep_field(lower(name), value);
}

Result<void> ReplyHead::keep_field(std::string_view name, std::string_view value) {
  if (name == "transfer-encoding") return refused(name, "is not allowed");
  if (name == "content-encoding") {
    is_packed_ = lower(value) == "zstd";
    if (!is_packed_ && lower(value) != "identity") return refused(name, "is not allowed");
  }
  if (name == "content-length") {
    if (content_length_) return refused(name, "stands there twice");
    content_length_ = number(value);
    if (!content_length_) return refused(name, "is no number");
  }
  if (name == "retry-after") retry_after_ = number(value);
  if (name == "etag") return keep(etag_, name, value);
  if (name == "content-range") return keep(content_range_, name, value);
  return {};
}

}  // namespace skiff::agent
