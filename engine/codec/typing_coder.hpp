// The typing of a window's programs as numbers (FORMAT.md, section 10.2), however a codec writes numbers.
#pragma once

#include <algorithm>

#include "predict/typing.hpp"
#include "skiff/result.hpp"

namespace skiff {

/// Kinds of the numbers of a map, which choose their statistics in codec 1.
enum class MapNumber : std::uint32_t {
  kSpaces,
  kSpaceBegin,
  kSpaceLength,
  kRanges,
  kRangeGap,
  kRangeLength,
  kRangeAddress,
  kLow,
  kReach,
  kTypes,
  kTypeKind,
  kTypeLength,
  kCopies,
  kGap,
  kJump,
  kLength,
  kOrigin
};

/// The entries that a map may still have; spaces, ranges and copies share one allowance.
class EntryAllowance {
 public:
  explicit EntryAllowance(std::uint64_t left) : left_(left) {}
  [[nodiscard]] std::uint64_t left() const { return left_; }
  /// Counts entries before room for them is made.
  Result<void> take(std::uint64_t entries) {
    if (entries > left_) return fail(ErrorKind::kFormat, "more entries in a map than its limit", "F20");
    left_ -= entries;
    return {};
  }

 private:
  std::uint64_t left_;
};

/// Reads or writes an image's typing. `Numbers` has
///   Result<std::uint64_t> code(MapNumber, std::uint64_t value, std::uint32_t first, std::uint32_t second)
///   Result<std::int64_t> code_signed(MapNumber, std::int64_t value, std::uint32_t first)
/// which take the value or give it. A typing that is read is empty before and within its bounds afterwards;
/// what breaks a rule ends the reading with an error and never a wild value.
template <class Numbers>
class TypingCoder {
 public:
  TypingCoder(Numbers& numbers, EntryAllowance& entries) : numbers_(numbers), entries_(entries) {}

  /// `length` is that of the image; only the base is `typed`.
  Result<void> run(ImageTyping& typing, std::uint64_t length, bool typed) {
    SKIFF_TRY(resize(typing, MapNumber::kSpaces, typed ? 1 : 0));
    std::uint64_t at = 0;
    for (Space& space : typing) {
      SKIFF_ASSIGN(const std::uint64_t gap, within(MapNumber::kSpaceBegin, space.begin - at, length - at));
      space.begin = at + gap;
      SKIFF_ASSIGN(const std::uint64_t extent,
                   within(MapNumber::kSpaceLength, space.end - space.begin, length - space.begin));
      space.end = space.begin + extent;
      at = space.end;
      SKIFF_TRY(addresses(space));
      if (typed) SKIFF_TRY(types(space));
    }
    return {};
  }

 private:
  static constexpr std::uint32_t kNoKind = 8;  ///< stands for the kind before the first typed range

  template <typename List>
  Result<void> resize(List& list, MapNumber kind, std::uint32_t context) {
    SKIFF_ASSIGN(const std::uint64_t count, numbers_.code(kind, list.size(), context, 0));
    SKIFF_TRY(entries_.take(count));
    list.resize(static_cast<std::size_t>(count));
    return {};
  }
  /// A length that fits in what is left.
  Result<std::uint64_t> within(MapNumber kind, std::uint64_t value, std::uint64_t left,
                               std::uint32_t first = 0, std::uint32_t second = 0) {
    SKIFF_ASSIGN(const std::uint64_t length, numbers_.code(kind, value, first, second));
    if (length > left) return fail(ErrorKind::kFormat, "typing reaches past its image", "F19");
    return length;
  }

  Result<void> addresses(Space& space) {
    SKIFF_TRY(resize(space.addresses, MapNumber::kRanges, 0));
    if (space.addresses.size() > kMaxAddressRanges)
      return fail(ErrorKind::kFormat, "too many ranges in a space", "F19");
    std::uint64_t at = space.begin;
    std::uint64_t shift = 0;
    std::uint32_t index = 0;
    for (AddressRange& range : space.addresses) {
      SKIFF_ASSIGN(const std::uint64_t gap,
                   within(MapNumber::kRangeGap, range.offset - at, space.end - at, index));
      range.offset = at + gap;
      SKIFF_ASSIGN(range.length,
                   within(MapNumber::kRangeLength, range.length, space.end - range.offset, index));
      at = range.offset + range.length;
      const std::uint64_t in_file = range.offset - space.begin;
      const auto further = static_cast<std::int64_t>(range.address - in_file - shift);
      SKIFF_ASSIGN(const std::int64_t more, numbers_.code_signed(MapNumber::kRangeAddress, further, index));
      shift += static_cast<std::uint64_t>(more);
      range.address = in_file + shift;
      index = std::min(index + 1, 8u);
    }
    return {};
  }

  Result<void> types(Space& space) {
    SKIFF_ASSIGN(space.low, numbers_.code(MapNumber::kLow, space.low, 0, 0));
    SKIFF_ASSIGN(const std::uint64_t reach, numbers_.code(MapNumber::kReach, space.high - space.low, 0, 0));
    space.high = space.low + reach;
    SKIFF_TRY(resize(space.types, MapNumber::kTypes, 0));
    std::uint64_t at = space.begin;
    std::uint32_t before = kNoKind;
    for (TypedRange& range : space.types) {
      range.offset = at;
      SKIFF_ASSIGN(const std::uint64_t kind,
                   numbers_.code(MapNumber::kTypeKind, static_cast<std::uint64_t>(range.kind), before, 0));
      if (kind >= kKinds) return fail(ErrorKind::kFormat, "a typed range of an unknown kind", "F19");
      range.kind = static_cast<Kind>(kind);
      if (has_origin(range.kind)) {
        SKIFF_ASSIGN(const std::uint64_t origin,
                     numbers_.code(MapNumber::kOrigin, range.origin - space.low, 0, 0));
        range.origin = space.low + origin;
      }
      const auto context = static_cast<std::uint32_t>(kind);
      SKIFF_ASSIGN(range.length,
                   within(MapNumber::kTypeLength, range.length, space.end - at, context, before));
      at += range.length;
      before = context;
    }
    return {};
  }

  Numbers& numbers_;
  EntryAllowance& entries_;
};

}  // namespace skiff
