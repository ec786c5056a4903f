#include "diff/reference_rewriter.hpp"

#include <algorithm>

#include "predict/token.hpp"
#include "predict/translator.hpp"

namespace skiff {
namespace {

/// What a token becomes; called only for references.
template <typename Replace>
class RangeRewriter {
 public:
  RangeRewriter(const Source& image, const ImageTyping& typing, match::Range range, MutableBytes bytes,
                Replace replace)
      : image_(image), addresses_(typing), typing_(typing), range_(range), bytes_(bytes), replace_(replace) {}

  Result<void> run() {
    const auto after = std::upper_bound(typing_.begin(), typing_.end(), range_.begin,
                                        [](std::uint64_t at, const Space& space) { return at < space.end; });
    for (auto space = after; space != typing_.end() && space->begin < range_.end; ++space) {
      for (const TypedRange& typed : space->types) {
        if (typed.kind == Kind::kRaw || typed.offset >= range_.end ||
            typed.offset + typed.length <= range_.begin)
          continue;
        SKIFF_TRY(one_range(*space, typed));
      }
    }
    return {};
  }

 private:
  Result<void> one_range(const Space& space, const TypedRange& typed) {
    BaseChunk chunk;
    const Tokenizer tokenizer(chunk, addresses_, &space, typed);
    const std::uint64_t end = std::min(range_.end, typed.offset + typed.length);
    std::uint64_t at = std::max(range_.begin, typed.offset);
    std::uint64_t read_until = at;
    while (at < end) {
      if (at >= read_until) {
        const std::uint64_t length = std::min(end - at, BaseChunk::kCapacity);
        SKIFF_TRY(chunk.read(image_, at, length));
        read_until = at + length;
      }
      const Token token = tokenizer.next(at, end);
      if (token.is_reference()) put(token, replace_(token, space));
      at += token.length;
    }
    return {};
  }

  void put(const Token& token, std::uint64_t value) {
    for (unsigned i = 0; i < token.length; ++i) {
      bytes_[static_cast<std::size_t>(token.base_offset - range_.begin) + i] =
          static_cast<std::uint8_t>(value >> (8 * i));
    }
  }

  const Source& image_;
  AddressMap addresses_;
  const ImageTyping& typing_;
  match::Range range_;
  MutableBytes bytes_;
  Replace replace_;
};

template <typename Replace>
Result<void> rewrite(const Source& image, const ImageTyping& typing, match::Range range, MutableBytes bytes,
                     Replace replace) {
  return RangeRewriter<Replace>(image, typing, range, bytes, replace).run();
}

/// Pointers stay: tables of them are told apart by them.
std::uint64_t blanked(const Token& token, const Space& /*space*/) {
  const Reference reference = token.field.reference;
  if (reference == Reference::kPointer64 || reference == Reference::kPointer32) return token.old;
  return token.old & ~std::uint64_t{field_mask(reference)};
}

/// The token with its field a function of nothing but the target.
std::uint64_t pointed(const Token& token, std::uint64_t target) {
  const Reference reference = token.field.reference;
  if (reference == Reference::kPointer64) return target;
  const std::uint64_t mask = field_mask(reference);
  if (mask == 0xffffffffu) return target & mask;
  const std::uint64_t scattered = (target * 0x9E3779B97F4A7C15u) >> 32;
  return (token.old & ~mask) | (scattered & mask);
}

std::uint64_t pointed_in_place(const Token& token, const Space& /*space*/) {
  return pointed(token, token.target);
}

}  // namespace

Result<void> BlankingRewriter::rewrite_base(match::Range range, MutableBytes bytes) const {
  return rewrite(typed_.images.base, typed_.typing.base, range, bytes, blanked);
}
Result<void> BlankingRewriter::rewrite_result(match::Range range, MutableBytes bytes) const {
  return rewrite(typed_.images.result, typed_.typing.result, range, bytes, blanked);
}

TranslatingRewriter::TranslatingRewriter(const TypedImages& typed, const match::Cover& cover)
    : typed_(typed) {
  moved_.build(static_cast<std::uint32_t>(cover.size()), [&cover](std::uint32_t i) {
    return Moved{cover[i].base, cover[i].result, cover[i].length};
  });
}

Result<void> TranslatingRewriter::rewrite_base(match::Range range, MutableBytes bytes) const {
  const AddressMap result_addresses(typed_.typing.result);
  const Translator translator(result_addresses, moved_);
  const auto translated = [&](const Token& token, const Space& space) {
    return pointed(token, translator.translate(token.target, space, Moved{}).target);
  };
  return rewrite(typed_.images.base, typed_.typing.base, range, bytes, translated);
}

Result<void> TranslatingRewriter::rewrite_result(match::Range range, MutableBytes bytes) const {
  return rewrite(typed_.images.result, typed_.typing.result, range, bytes, pointed_in_place);
}

}  // namespace skiff
