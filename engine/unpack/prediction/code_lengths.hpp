// What zlib would write of a block's codes: what it writes, and the prediction that corrections are made to.
#pragma once

#include <span>

#include "unpack/prediction/block.hpp"

namespace skiff::unpack::prediction {

/// Lengths of Huffman's code for symbols of these counts, none over `max_length` bits, with ties and
/// overlong codes settled as zlib's trees.c does; of symbols up to the last one with a code, and of at least
/// two (`counts` has no fewer).
std::vector<std::uint8_t> code_lengths(std::span<const std::uint32_t> counts, unsigned max_length);

/// Those of a block's literals and distances. Each token has a length of 0 or 3 to 259 and a valid value.
CodeLengths predict_lengths(const std::vector<Token>& tokens);
/// In which symbols zlib writes lengths: runs from the first on, those of distances apart.
std::vector<LengthSymbol> predict_symbols(const CodeLengths& lengths);
/// Sets the lengths of the code for a block's symbols, and how many of them are written.
void predict_symbol_lengths(Block& block);
/// Sets the type of a block of these tokens to the one that zlib chooses, and what follows from it; `stored`
/// is how many bytes the tokens stand for, and `may_store` whether it still has these.
void choose_codes(Block& block, std::size_t stored, bool may_store);

}  // namespace skiff::unpack::prediction
