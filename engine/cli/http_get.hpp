// HttpGet: files below a URL, by libcurl, for the commands that read a repository over the network.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "skiff/bytes.hpp"
#include "skiff/result.hpp"

namespace skiff::cli {

/// Percent-encodes everything but letters, digits and "-._~" (RFC 3986, section 2.3), so also '/'.
std::string url_quoted(std::string_view name);
/// The same for each part of a path; the '/' between the parts stay.
std::string url_quoted_path(std::string_view path);

/// One connection, kept from request to request; no redirects, no proxy. Not thread-safe.
class HttpGet {
 public:
  /// https://, or http:// to this machine itself ("localhost", 127.0.0.0/8, ::1); anything else is kUsage.
  static Result<HttpGet> open(std::string base_url);
  ~HttpGet();
  HttpGet(HttpGet&&) noexcept;
  HttpGet& operator=(HttpGet&&) noexcept;

  /// The file at `path`, already quoted, below the base URL. nullopt: the server has none (404). More than
  /// `max_length` bytes are kLimit and no further ones are read; below 1 KiB/s for a minute is kNetwork.
  Result<std::optional<Bytes>> get(std::string_view path, std::uint64_t max_length);

 private:
  class Impl;
  explicit HttpGet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace skiff::cli
