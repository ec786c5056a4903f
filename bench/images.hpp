// Images made for benchmarks: deterministic bytes with the statistics that matter to a delta.
#pragma once

#include <cstdint>

#include "skiff/bytes.hpp"

namespace skiff::bench {

/// `length` bytes that look like compiled code and its tables: words of few kinds, fields that refer to other
/// places, text between them. The same seed gives the same bytes.
Bytes make_program(std::uint64_t seed, std::size_t length);
/// `length` bytes that nothing can shrink.
Bytes make_noise(std::uint64_t seed, std::size_t length);
/// A later build of `program`: every few KiB something is inserted, removed or rewritten, and the words that
/// refer to what has moved are changed with it.
Bytes revise(const Bytes& program, std::uint64_t seed);

}  // namespace skiff::bench
