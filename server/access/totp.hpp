// Time-based one-time passwords (RFC 6238): SHA-1, 30 seconds, six digits, as every authenticator has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "skiff/bytes.hpp"

namespace skiff::server {

inline constexpr std::int64_t kTotpStep = 30;  ///< seconds

/// A new secret of 160 bits, in base32 (RFC 4648) without padding: what is shown to an authenticator.
std::string new_totp_secret();
/// What an authenticator takes as a QR code.
std::string totp_uri(std::string_view user, std::string_view secret);
/// The six digits of a secret in one step of time; empty where the secret is no base32.
std::string totp_code(std::string_view secret, std::int64_t step);
/// The step whose code this is: that of `now` or a neighbour, and after `last`, since no code is good twice.
std::optional<std::int64_t> totp_step(std::string_view secret, std::string_view code, std::int64_t now,
                                      std::int64_t last);

}  // namespace skiff::server
