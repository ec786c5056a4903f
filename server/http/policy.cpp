#include "http/policy.hpp"

#include <algorithm>

namespace skiff::server {
namespace {

constexpr std::size_t kMaxLengthDigits = 18;  // fits in 63 bits; no body comes near

tl::unexpected<Response> refuse(ApiError error, std::string_view message) {
  Response response = error_response(error, message);
  response.close = true;
  return tl::unexpected<Response>(std::move(response));
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// What may stand in a Host, near enough: folded lines, lists and URLs cannot.
bool is_host(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return c > ' ' && c < '\x7f' && std::string_view("/\\@?#,;\"'<>{}|^`").find(c) == std::string_view::npos;
  });
}

bool is_origin_form(std::string_view target) {
  return target.starts_with('/') &&
         std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

tl::expected<std::uint64_t, Response> check_head(const RequestHead& head) {
  if (head.version != 11) return refuse(ApiError::kBadRequest, "only HTTP/1.1 is spoken here");
  if (count_fields(head.fields, "transfer-encoding") != 0) {
    return refuse(ApiError::kLengthRequired, "Transfer-Encoding is not accepted; send Content-Length");
  }
  if (count_fields(head.fields, "host") != 1) {
    return refuse(ApiError::kBadRequest, "a request has exactly one Host");
  }
  if (!is_host(*find_field(head.fields, "host"))) return refuse(ApiError::kBadRequest, "the Host is odd");
  if (!is_origin_form(head.target)) {
    return refuse(ApiError::kBadRequest, "the request target must be an absolute path");
  }
  const std::size_t lengths = count_fields(head.fields, "content-length");
  if (lengths > 1) return refuse(ApiError::kBadRequest, "more than one Content-Length");
  if (lengths == 0) {
    if (head.method == "POST") return refuse(ApiError::kLengthRequired, "a POST has a Content-Length");
    return 0;
  }
  const std::string_view length = *find_field(head.fields, "content-length");
  if (!is_digits(length)) return refuse(ApiError::kBadRequest, "Content-Length is not a decimal number");
  if (length.size() > kMaxLengthDigits) return refuse(ApiError::kTooLarge, "Content-Length is absurd");
  std::uint64_t value = 0;
  for (const char digit : length) value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  return value;
}

}  // namespace skiff::server
