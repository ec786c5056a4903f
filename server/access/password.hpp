// Passwords: kept as Argon2id hashes (RFC 9106).
#pragma once

#include <string>
#include <string_view>

#include "skiff/result.hpp"

namespace skiff::server {

/// The hash with its salt and parameters, as text. Takes 19 MiB and some 30 ms. kUsage: shorter than 12 bytes
/// or longer than 256.
Result<std::string> hash_password(std::string_view password);
/// Takes as long whether it is right or not; an empty hash is nobody's, and takes as long too.
bool is_password(std::string_view password, const std::string& hash);

}  // namespace skiff::server
