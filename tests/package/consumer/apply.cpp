// apply_cpp BASE DELTA RESULT: applies a whole delta with skiff::apply and OpenSSL's SHA-256.
#include <skiff/applier.hpp>

#include <cstdio>

#include "openssl_hasher.hpp"

namespace {

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
