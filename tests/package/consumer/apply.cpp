// apply_cpp BASE DELTA RESULT: applies a whole delta with skiff::apply and OpenSSL's SHA-256.
#include <openssl/evp.h>
#include <skiff/applier.hpp>

#include <cstdio>

namespace {

class OpenSslHasher final : public skiff::Hasher {
 public:
  OpenSslHasher() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
  ~OpenSslHasher() override { EVP_MD_CTX_free(context_); }
  OpenSslHasher(const OpenSslHasher&) = delete;
  OpenSslHasher& operator=(const OpenSslHasher&) = delete;
  void update(skiff::ByteView bytes) override { EVP_DigestUpdate(context_, bytes.data(), bytes.size()); }
  skiff::Sha256 finish() override {
    skiff::Sha256 digest;
    EVP_DigestFinal_ex(context_, digest.bytes.data(), nullptr);
    return digest;
  }

 private:
  EVP_MD_CTX* context_;
};

skiff::Result<void> apply(const char* base_path, const char* delta_path, const char* result_path) {
  SKIFF_ASSIGN(const auto base, skiff::open_source(base_path));
  SKIFF_ASSIGN(const auto delta, skiff::open_source(delta_path));
  SKIFF_ASSIGN(const auto result, skiff::create_file(result_path));
  SKIFF_TRY(skiff::apply_delta(*base, *delta, *result, {}, [] { return std::make_unique<OpenSslHasher>(); }));
  return result->commit();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const auto done = apply(argv[1], argv[2], argv[3]);
  if (!done) std::fprintf(stderr, "%s\n", done.error().text().c_str());
  return done ? 0 : 1;
}
