// CopyTranslator: what the bytes of a copy become if every reference follows its target: FORMAT.md, section
// 8.1. A pure function of base, map and typing, so that it is fast.
#pragma once

#include "codec/window_view.hpp"
#include "format/pieces.hpp"
#include "predict/token.hpp"

namespace skiff {

class CopyTranslator {
 public:
  /// The arguments must outlive it; one thread at a time uses the view.
  CopyTranslator(const Source& base, const WindowView& window) : base_(base), window_(window) {}

  /// Begins `part` of `copy`. Tokens are cut from the part's first byte on.
  void begin(const Copy& copy, const Piece& part);
  /// Makes the bytes of the part that come next, as many as `out` has; in all no more than the part has.
  /// Errors: those of the base.
  Result<void> read(MutableBytes out);

 private:
  /// A reference as it was made last: it may reach into the bytes of the next read.
  struct Made {
    std::uint64_t base_offset = 0;
    std::uint32_t length = 0;
    std::uint64_t value = 0;
  };

  Result<void> read_typed(const TypedPlace& place, MutableBytes out);
  void translate(const Token& token, const Space& space);
  void put_last(MutableBytes out) const;

  const Source& base_;
  const WindowView& window_;
  BaseChunk chunk_;
  Moved copy_;
  std::uint64_t at_ = 0;          ///< base offset of the byte that comes next
  std::uint64_t end_ = 0;         ///< and past the part's last
  std::uint64_t next_token_ = 0;  ///< base offset of the next token of a typed range
  Made last_;
};

}  // namespace skiff
