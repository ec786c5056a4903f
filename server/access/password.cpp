#include "access/password.hpp"

#include <argon2.h>

#include "skiff/trust.hpp"

namespace skiff::server {
namespace {

// The least that OWASP's cheat sheet asks for: 19 MiB, two passes, one lane.
constexpr std::uint32_t kPasses = 2;
constexpr std::uint32_t kKibibytes = 19'456;
constexpr std::uint32_t kLanes = 1;
constexpr std::size_t kSalt = 16;  // bytes
constexpr std::size_t kHash = 32;
constexpr std::size_t kShortest = 12;
constexpr std::size_t kLongest = 256;

/// What is compared with where there is no hash: of no password that can be said.
const std::string& nobodys_hash() {
  static const std::string kNobody = hash_password(to_hex(random_bytes(kHash))).value_or("");
  return kNobody;
}

}  // namespace

Result<std::string> hash_password(std::string_view password) {
  if (password.size() < kShortest || password.size() > kLongest) {
    return fail(ErrorKind::kUsage, "a password has 12 to 256 bytes");
  }
  const Bytes salt = random_bytes(kSalt);
  std::string encoded(::argon2_encodedlen(kPasses, kKibibytes, kLanes, kSalt, kHash, Argon2_id), '\0');
  const int code = ::argon2id_hash_encoded(kPasses, kKibibytes, kLanes, password.data(), password.size(),
                                           salt.data(), salt.size(), kHash, encoded.data(), encoded.size());
  if (code != ARGON2_OK)
    return fail(ErrorKind::kLimit, std::string("argon2id: ") + ::argon2_error_message(code));
  encoded.resize(encoded.find('\0'));
  return encoded;
}

bool is_password(std::string_view password, const std::string& hash) {
  if (password.size() > kLongest) return false;
  const std::string& compared = hash.empty() ? nobodys_hash() : hash;
  const bool same = ::argon2id_verify(compared.c_str(), password.data(), password.size()) == ARGON2_OK;
  return same && !hash.empty();
}

}  // namespace skiff::server
