// Images that try a matcher: every class of data it meets, and those made to blow up its work.
#pragma once

#include <string>
#include <vector>

#include "skiff/bytes.hpp"

namespace skiff::testing {

struct MatchPair {
  std::string name;
  Bytes base;
  Bytes result;
};

/// Machine-code-like words: few opcodes, registers and addresses that move with `shift`.
Bytes code(std::size_t words, std::uint32_t seed, std::uint32_t shift);
/// Sorted names with common beginnings and offsets between them, like a kernel's symbol table.
Bytes symbol_table(std::size_t length, std::uint32_t shift);
/// Entries of 24 bytes like those of .rela.dyn: places that move with `shift`, and targets without order.
Bytes relocations(std::size_t length, std::uint32_t shift, std::uint32_t seed);
/// The binary de Bruijn sequence of order `order`, one bit a byte: every short string occurs, none of them
/// stands out.
Bytes de_bruijn(unsigned order);
Bytes repeated(const Bytes& period, std::size_t length);

/// Ordinary changes: insertions, deletions, moved parts, shifted code, and none at all.
std::vector<MatchPair> ordinary_pairs();
/// Zeros, short periods, de Bruijn sequences, noise, symbol tables and relocations against themselves, each
/// `length` long.
std::vector<MatchPair> hostile_pairs(std::size_t length);

}  // namespace skiff::testing
