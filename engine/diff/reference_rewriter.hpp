// ReferenceRewriter: images as matching should see them: with the fields of references blanked, or replaced
// by where they lead, so that code which only moved looks the same.
#pragma once

#include "match/rewriter.hpp"
#include "predict/translator.hpp"
#include "predict/typing.hpp"

namespace skiff {

/// Blanks the fields of instructions that hold references.
class BlankingRewriter final : public match::Rewriter {
 public:
  /// The arguments must outlive it. `result_typing` has types, as that of the base does.
  BlankingRewriter(const Source& base, const Source& result, const ImageTyping& base_typing,
                   const ImageTyping& result_typing)
      : base_(base), result_(result), base_typing_(base_typing), result_typing_(result_typing) {}
  Result<void> rewrite_base(match::Range range, MutableBytes bytes) const override;
  Result<void> rewrite_result(match::Range range, MutableBytes bytes) const override;

 private:
  const Source& base_;
  const Source& result_;
  const ImageTyping& base_typing_;
  const ImageTyping& result_typing_;
};

/// Replaces every reference of the base by where a first cover says that it leads in the result, and every
/// reference of the result by where it leads: equal bytes are then references that prediction will get right.
class TranslatingRewriter final : public match::Rewriter {
 public:
  TranslatingRewriter(const Source& base, const Source& result, const ImageTyping& base_typing,
                      const ImageTyping& result_typing, const match::Cover& cover);
  Result<void> rewrite_base(match::Range range, MutableBytes bytes) const override;
  Result<void> rewrite_result(match::Range range, MutableBytes bytes) const override;

 private:
  const Source& base_;
  const Source& result_;
  const ImageTyping& base_typing_;
  const ImageTyping& result_typing_;
  InverseMap moved_;
};

}  // namespace skiff
