#include "skiff/digest.hpp"

#include <algorithm>

namespace skiff {

Result<Sha256> Sha256::from_hex(std::string_view text) {
  SKIFF_ASSIGN(const Bytes bytes, skiff::from_hex(text));
  Sha256 digest;
  if (bytes.size() != digest.bytes.size()) {
    return fail(ErrorKind::kFormat,
                "a SHA-256 digest has 64 hexadecimal digits, not " + std::to_string(text.size()));
  }
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

}  // namespace skiff
