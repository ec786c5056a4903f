// Rewriter: what matching is shown instead of an image's bytes, so that likeness under some prediction counts
// as equal.
#pragma once

#include "match/residue.hpp"

namespace skiff::match {

/// Called for one stretch after another. Errors: kIo.
class Rewriter {
 public:
  virtual ~Rewriter() = default;
  /// Changes in place `bytes`, which are those of `range` of the image.
  virtual Result<void> rewrite_base(Range range, MutableBytes bytes) const = 0;
  virtual Result<void> rewrite_result(Range range, MutableBytes bytes) const = 0;
};

}  // namespace skiff::match
