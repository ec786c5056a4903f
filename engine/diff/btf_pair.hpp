// BtfPair: the BTF sections of both images, for matching and for the addresses of their strings.
#pragma once

#include <vector>

#include "match/cover.hpp"
#include "match/rewriter.hpp"
#include "predict/typing.hpp"
#include "typing/btf.hpp"

namespace skiff {

struct BtfPair {
  std::vector<typing::BtfSection> base;
  std::vector<typing::BtfSection> result;
};

/// Name offsets count from where strings begin, which has moved: gives the result's strings the addresses
/// that let offsets translate from those strings of the base from which `cover` copies most of them.
void place_strings(const BtfPair& sections, const match::Cover& cover, Typing& typing);

/// Images as another rewriter shows them, but the records of BTF as what they mean.
class MeaningRewriter final : public match::Rewriter {
 public:
  /// The arguments must outlive it.
  MeaningRewriter(const match::Rewriter& rest, const BtfPair& sections) : rest_(rest), sections_(sections) {}
  Result<void> rewrite_base(match::Range range, MutableBytes bytes) const override;
  Result<void> rewrite_result(match::Range range, MutableBytes bytes) const override;

 private:
  const match::Rewriter& rest_;
  const BtfPair& sections_;
};

}  // namespace skiff
