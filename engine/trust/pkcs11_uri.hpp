// Pkcs11Uri: what a PKCS#11 URI (RFC 7512) says of a token, a key in it, and how to get there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "skiff/bytes.hpp"
#include "skiff/result.hpp"

namespace skiff {

struct Pkcs11Uri {
  // Absent: any will do.
  std::optional<std::string> token, manufacturer, model, serial;
  std::optional<std::uint64_t> slot;
  std::optional<std::string> object;
  std::optional<Bytes> id;
  std::filesystem::path module;      ///< p11-kit's where the URI names none
  std::filesystem::path pin_source;  ///< empty: no login
  std::string query;                 ///< as it was written, from its '?'

  /// kUsage, naming the attribute: one that is unknown, there twice or odd, and any pin-value.
  static Result<Pkcs11Uri> parse(std::string_view untrusted_text);
};

}  // namespace skiff
