#include "tests/engine/apply/test_digest.hpp"

#include <openssl/evp.h>

namespace skiff::testing {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

class OpenSslSha256 final : public Hasher {
 public:
  OpenSslSha256() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void update(ByteView bytes) override { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  Sha256 finish() override {
    Sha256 digest;
    EVP_DigestFinal_ex(context_.get(), digest.bytes.data(), nullptr);
    return digest;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

}  // namespace

std::unique_ptr<Hasher> make_sha256() { return std::make_unique<OpenSslSha256>(); }

Sha256 sha256(ByteView bytes) {
  OpenSslSha256 hasher;
  hasher.update(bytes);
  return hasher.finish();
}

}  // namespace skiff::testing
