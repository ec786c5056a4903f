// ReferenceRewriter: images as matching should see them: with the fields of references blanked, or replaced
// by where they lead, so that code which only moved looks the same.
#pragma once

#include "diff/images.hpp"
#include "match/rewriter.hpp"
#include "predict/translator.hpp"

namespace skiff {

/// Blanks the fields of instructions that hold references.
class BlankingRewriter final : public match::Rewriter {
 public:
  explicit BlankingRewriter(const TypedImages& typed) : typed_(typed) {}
  Result<void> rewrite_base(match::Range range, MutableBytes bytes) const override;
  Result<void> rewrite_result(match::Range range, MutableBytes bytes) const override;

 private:
  TypedImages typed_;
};

/// Replaces every reference of the base by where a first cover says that it leads in the result, and every
/// reference of the result by where it leads: equal bytes are then references that prediction will get right.
class TranslatingRewriter final : public match::Rewriter {
 public:
  TranslatingRewriter(const TypedImages& typed, const match::Cover& cover);
  Result<void> rewrite_base(match::Range range, MutableBytes bytes) const override;
  Result<void> rewrite_result(match::Range range, MutableBytes bytes) const override;

 private:
  TypedImages typed_;
  InverseMap moved_;
};

}  // namespace skiff
