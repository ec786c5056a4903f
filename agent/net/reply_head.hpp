// ReplyHead: what matters of an HTTP answer's header, taken field by field and refused where it is ambiguous.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "skiff/result.hpp"

namespace skiff::agent {

/// A parsed `Content-Range: bytes first-last/total` (RFC 9110, 14.4).
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  ///< inclusive
  std::uint64_t total = 0;
  bool operator==(const ContentRange&) const = default;
};
/// nullopt: any other form, also those with '*', and numbers that do not fit or are out of order.
std::optional<ContentRange> parse_content_range(std::string_view value);

/// Refuses (kNetwork) what server/API.md says is never sent: Transfer-Encoding, a content coding but zstd, a
/// second Content-Length, ETag or Content-Range, a Content-Length that is no number, and more than 16 KiB of
/// lines, interim answers' among them.
class ReplyHead {
 public:
  static constexpr std::size_t kMaxLength = 16 << 10;

  /// A status line came, and all that counts is what follows it: interim answers (1xx) have fields, too.
  Result<void> start();
  /// One field, its name in any case and its value without blanks around it.
  Result<void> take_field(std::string_view name, std::string_view value);

  [[nodiscard]] const std::optional<std::uint64_t>& content_length() const { return content_length_; }
  /// Whether the body is coded as one Zstandard frame.
  [[nodiscard]] bool is_packed() const { return is_packed_; }
  [[nodiscard]] const std::optional<std::string>& etag() const { return etag_; }
  [[nodiscard]] const std::optional<std::string>& content_range() const { return content_range_; }
  /// Seconds of Retry-After; its date form is ignored.
  [[nodiscard]] const std::optional<std::uint64_t>& retry_after() const { return retry_after_; }

 private:
  Result<void> add_line(std::size_t length);
  Result<void> keep_field(std::string_view name, std::string_view value);

  std::size_t length_ = 0;
  bool is_packed_ = false;
  std::optional<std::uint64_t> content_length_;
  std::optional<std::string> etag_;
  std::optional<std::string> content_range_;
  std::optional<std::uint64_t> retry_after_;
};

}  // namespace skiff::agent
