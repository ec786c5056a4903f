// repack_cpp BASE DELTA RESULT: as apply_cpp, and with one re-packer, so that it takes deltas of packed
// images.
#include <skiff/applier.hpp>

#include <cstdio>

#include "openssl_hasher.hpp"

namespace {

skiff::Result<void> apply(const char* base_path, const char* delta_path, const char* result_path) {
  SKIFF_ASSIGN(const auto base, skiff::open_source(base_path));
  SKIFF_ASSIGN(const auto delta, skiff::open_source(delta_path));
  SKIFF_ASSIGN(const auto result, skiff::create_file(result_path));
  const skiff::ApplyOptions options{.max_memory = std::uint64_t{32} << 20,
                                    .repackers = {&skiff::deflate_repacker()}};
  SKIFF_TRY(
      skiff::apply_delta(*base, *delta, *result, options, [] { return std::make_unique<OpenSslHasher>(); }));
  return result->commit();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const auto done = apply(argv[1], argv[2], argv[3]);
  if (!done) std::fprintf(stderr, "%s\n", done.error().text().c_str());
  return done ? 0 : 1;
}
