// How events are signed: Standard Webhooks 1.0, symmetric ("v1").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "skiff/result.hpp"

namespace skiff::server {

/// A new secret: "whsec_" and the base64 of 32 random bytes.
std::string new_webhook_secret();

/// The header webhook-signature: "v1," and the base64 of HMAC-SHA-256, by the key that the secret is, over
/// id, time and body with dots between them. kFormat: no such secret.
Result<std::string> webhook_signature(std::string_view secret, std::string_view id, std::int64_t time,
                                      std::string_view body);

}  // namespace skiff::server
