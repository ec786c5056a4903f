// Corrections: by what a block differs from its prediction, as bytes; FORMAT.md, section 13.5.
#pragma once

#include "base/cursor.hpp"
#include "unpack/prediction/token_predictor.hpp"

namespace skiff::unpack::prediction {

/// Appends those of a block, of which the predictor then has gone past. `expected` is how many tokens the
/// block before had. The block is one that BlockReader gives, and its content is the predictor's. False if
/// the predictor was exhausted before.
bool write_corrections(Bytes& out, const Block& block, std::size_t expected, TokenPredictor& predictor);

/// Its inverse. Errors: kFormat or kMismatch for what is no block, or goes past the content.
Result<void> read_corrections(Cursor& corrections, Block& block, std::size_t expected,
                              TokenPredictor& predictor);

}  // namespace skiff::unpack::prediction
