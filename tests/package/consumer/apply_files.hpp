// apply_files(): what programs that embed the decoder do with BASE DELTA RESULT.
#pragma once

#include <skiff/applier.hpp>

#include <cstdio>

#include "openssl_hasher.hpp"

/// The program's exit status: 0, 1 with the error on stderr, or 2 without three arguments.
inline int apply_files(int argc, char** argv, const skiff::ApplyOptions& options) {
  if (argc != 4) return 2;
  const auto apply = [&]() -> skiff::Result<void> {
    SKIFF_ASSIGN(const auto base, skiff::open_source(argv[1]));
    SKIFF_ASSIGN(const auto delta, skiff::open_source(argv[2]));
    SKIFF_ASSIGN(const auto result, skiff::create_file(argv[3]));
    SKIFF_TRY(skiff::apply_delta(*base, *delta, *result, options,
                                 [] { return std::make_unique<OpenSslHasher>(); }));
    return result->commit();
  };
  const auto done = apply();
  if (!done) std::fprintf(stderr, "%s\n", done.error().text().c_str());
  return done ? 0 : 1;
}
