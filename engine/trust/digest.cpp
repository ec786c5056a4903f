// SHA-256 through Crypto++, and randomness through the kernel.
#include <crypto++/sha.h>
#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

#include "skiff/trust.hpp"

namespace skiff {
namespace {

class CryptoppSha256 final : public Hasher {
 public:
  void update(ByteView bytes) override { hash_.Update(bytes.data(), bytes.size()); }
  Sha256 finish() override {
    Sha256 digest;
    hash_.Final(digest.bytes.data());
    return digest;
  }

 private:
  CryptoPP::SHA256 hash_;
};

}  // namespace

std::unique_ptr<Hasher> make_sha256() { return std::make_unique<CryptoppSha256>(); }

Sha256 sha256(ByteView bytes) {
  CryptoppSha256 hasher;
  hasher.update(bytes);
  return hasher.finish();
}

Bytes random_bytes(std::size_t length) {
  Bytes bytes(length);
  std::size_t filled = 0;
  while (filled < length) {
    const ssize_t got = ::getrandom(bytes.data() + filled, length - filled, 0);
    if (got < 0 && errno != EINTR) std::abort();  // going on without randomness would be worse
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace skiff
