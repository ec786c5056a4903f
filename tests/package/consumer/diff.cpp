// diff_cpp BASE RESULT DELTA: makes a delta with skiff::engine, and a key, so that both its halves are
// linked.
#include <skiff/diff.hpp>
#include <skiff/trust.hpp>

#include <cstdio>

namespace {

skiff::Result<void> diff(const char* base_path, const char* result_path, const char* delta_path) {
  SKIFF_ASSIGN(const auto base, skiff::open_source(base_path));
  SKIFF_ASSIGN(const auto result, skiff::open_source(result_path));
  SKIFF_ASSIGN(const auto delta, skiff::create_file(delta_path));
  const skiff::DiffOptions options{.repackers = skiff::all_repackers()};
  SKIFF_TRY(skiff::build_delta(*base, *result, *delta, options, skiff::make_sha256));
  SKIFF_TRY(delta->commit());
  SKIFF_ASSIGN(const auto key, skiff::generate_ed25519());
  SKIFF_ASSIGN(const auto signature, key->sign(skiff::as_bytes("a message")));
  return key->public_key().verify(skiff::as_bytes("a message"), signature);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const auto done = diff(argv[1], argv[2], argv[3]);
  if (!done) std::fprintf(stderr, "%s\n", done.error().text().c_str());
  return done ? 0 : 1;
}
