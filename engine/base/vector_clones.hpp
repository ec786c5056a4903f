// SKIFF_VECTOR_CLONES: a function that is compiled twice, once for processors with wide vectors.
#pragma once

/// Before a function whose time goes into arithmetic: it is compiled for the baseline of the architecture and
/// for AVX2, with all that it calls and that the compiler sees the body of, and which one runs is chosen when
/// the program is loaded. Where a compiler cannot do so, it means nothing. (Resolvers of clones run before
/// ThreadSanitizer does, and crash with it.)
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__) && defined(__OPTIMIZE__)
#define SKIFF_VECTOR_CLONES __attribute__((target_clones("avx2", "default"), flatten))
#else
#define SKIFF_VECTOR_CLONES
#endif
