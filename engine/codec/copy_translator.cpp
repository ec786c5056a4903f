#include "codec/copy_translator.hpp"

#include <algorithm>

#include "predict/reference_scan.hpp"

namespace skiff {

void CopyTranslator::begin(const Copy& copy, const Piece& part) {
  copy_ = {copy.base_offset, copy.result_offset, copy.length};
  at_ = part.base_offset;
  end_ = part.base_offset + part.length;
  next_token_ = at_;
  last_ = {};
}

Result<void> CopyTranslator::read(MutableBytes out) {
  while (!out.empty()) {
    const TypedPlace place = window_.base_types().at(at_);
    const std::uint64_t left = std::min(end_, place.range.offset + place.range.length) - at_;
    auto length = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left));
    if (place.space && place.range.kind != Kind::kRaw) {
      length = std::min<std::size_t>(length, BaseChunk::kCapacity);
      SKIFF_TRY(read_typed(place, out.first(length)));
    } else {
      SKIFF_TRY(base_.read_at(at_, out.first(length)));
      next_token_ = at_ + length;
    }
    at_ += length;
    out = out.subspan(length);
  }
  return {};
}

Result<void> CopyTranslator::read_typed(const TypedPlace& place, MutableBytes out) {
  SKIFF_TRY(chunk_.read(base_, at_, out.size()));
  const ByteView bytes = chunk_.bytes(at_, out.size());
  std::copy(bytes.begin(), bytes.end(), out.begin());
  put_last(out);
  const Tokenizer tokenizer(chunk_, window_.base_addresses(), place.space, place.range);
  const std::uint64_t run_end = std::min(end_, place.range.offset + place.range.length);
  const std::uint64_t stop = at_ + out.size();
  ReferenceScan scan(chunk_, place.range, next_token_);
  while (next_token_ < stop) {
    next_token_ = std::min(scan.skip(next_token_, stop), run_end);
    if (next_token_ >= stop) break;
    const Token token = tokenizer.next(next_token_, run_end);
    next_token_ += token.length;
    if (!token.is_reference()) continue;
    translate(token, *place.space);
    put_last(out);
  }
  return {};
}

/// A reference whose place in the result has no address stays as it is.
void CopyTranslator::translate(const Token& token, const Space& space) {
  last_ = {token.base_offset, token.length, token.old};
  const auto address =
      window_.result_addresses().address_of(token.base_offset + (copy_.result_offset - copy_.base_offset));
  if (!address) return;
  const std::uint64_t target = window_.translator().translate(token.target, space, copy_).target;
  last_.value = with_target(token.field, token.old, target, *address);
}

/// Puts the bytes of last_ that are among those of `out`, which begins at at_.
void CopyTranslator::put_last(MutableBytes out) const {
  for (unsigned i = 0; i < last_.length; ++i) {
    const std::uint64_t place = last_.base_offset + i - at_;
    if (place < out.size())
      out[static_cast<std::size_t>(place)] = static_cast<std::uint8_t>(last_.value >> (8 * i));
  }
}

}  // namespace skiff
