// The map segment of codec 1: the typing of the window's programs, then its copies, as numbers (FORMAT.md,
// section 10).
#pragma once

#include "codec/number_coder.hpp"
#include "codec/window_view.hpp"

namespace skiff {

/// Reads or writes a WindowMap. A decoder's map is empty before and within its bounds afterwards; what breaks
/// a rule ends the reading with an error and never a wild value.
template <class Coder>
class MapCoder {
 public:
  /// `max_entries` bounds copies, spaces and their ranges together.
  MapCoder(Coder& coder, NumberCoder& numbers, SlotTable& slots, const WindowBounds& window,
           std::uint64_t result_image, std::uint64_t max_entries)
      : coder_(coder),
        numbers_(numbers),
        verbatim_(kVerbatimShape, slots),
        window_(window),
        result_image_(result_image),
        entries_left_(max_entries) {}

  Result<void> run(WindowMap& map) {
    SKIFF_TRY(image(map.typing.base, window_.base_length, true));
    SKIFF_TRY(image(map.typing.result, result_image_, false));
    return copies(map.copies);
  }

 private:
  /// Kinds of numbers; those below 16 are the map's own.
  enum Number : std::uint32_t {
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
  static constexpr std::uint32_t kNoKind = 8;  ///< stands for the kind before the first typed range
  static constexpr ContextGroup::Shape kVerbatimShape{5, 6, 1, 1, 1311};

  std::uint64_t number(Number kind, std::uint64_t value, std::uint32_t first = 0, std::uint32_t second = 0,
                       std::uint32_t alignment = 0) {
    return numbers_.code(coder_, value, {kind, first, second, alignment});
  }
  static std::uint32_t bucket(std::uint64_t value) {
    return static_cast<std::uint32_t>(std::bit_width(value));
  }

  /// How many entries follow; each is counted against the limit before anything is kept.
  Result<std::uint64_t> count(Number kind, std::uint64_t value, std::uint32_t context) {
    const std::uint64_t entries = number(kind, value, context);
    if (entries > entries_left_)
      return fail(ErrorKind::kFormat, "more entries in a map than its limit", "F20");
    entries_left_ -= entries;
    return entries;
  }
  /// A length that fits in what is left.
  Result<std::uint64_t> within(std::uint64_t length, std::uint64_t left) const {
    if (length > left) return fail(ErrorKind::kFormat, "typing reaches past its image", "F19");
    return length;
  }

  Result<void> image(ImageTyping& typing, std::uint64_t length, bool typed) {
    SKIFF_ASSIGN(const std::uint64_t spaces, count(kSpaces, typing.size(), typed ? 1 : 0));
    typing.resize(static_cast<std::size_t>(spaces));
    std::uint64_t at = 0;
    for (Space& space : typing) {
      SKIFF_ASSIGN(const std::uint64_t gap, within(number(kSpaceBegin, space.begin - at), length - at));
      space.begin = at + gap;
      SKIFF_ASSIGN(const std::uint64_t extent,
                   within(number(kSpaceLength, space.end - space.begin), length - space.begin));
      space.end = space.begin + extent;
      at = space.end;
      SKIFF_TRY(addresses(space));
      if (typed) SKIFF_TRY(types(space));
    }
    return {};
  }

  Result<void> addresses(Space& space) {
    SKIFF_ASSIGN(const std::uint64_t ranges, count(kRanges, space.addresses.size(), 0));
    if (ranges > kMaxAddressRanges) return fail(ErrorKind::kFormat, "too many ranges in a space", "F19");
    space.addresses.resize(static_cast<std::size_t>(ranges));
    std::uint64_t at = space.begin;
    std::uint64_t shift = 0;
    std::uint32_t index = 0;
    for (AddressRange& range : space.addresses) {
      SKIFF_ASSIGN(const std::uint64_t gap,
                   within(number(kRangeGap, range.offset - at, index), space.end - at));
      range.offset = at + gap;
      SKIFF_ASSIGN(range.length, within(number(kRangeLength, range.length, index), space.end - range.offset));
      at = range.offset + range.length;
      const std::uint64_t in_file = range.offset - space.begin;
      const std::int64_t more = numbers_.code_signed(
          coder_, static_cast<std::int64_t>(range.address - in_file - shift), {kRangeAddress, index, 0, 0});
      shift += static_cast<std::uint64_t>(more);
      range.address = in_file + shift;
      index = std::min(index + 1, 8u);
    }
    return {};
  }

  Result<void> types(Space& space) {
    space.low = number(kLow, space.low);
    space.high = space.low + number(kReach, space.high - space.low);
    SKIFF_ASSIGN(const std::uint64_t ranges, count(kTypes, space.types.size(), 0));
    space.types.resize(static_cast<std::size_t>(ranges));
    std::uint64_t at = space.begin;
    std::uint32_t before = kNoKind;
    for (TypedRange& range : space.types) {
      range.offset = at;
      const std::uint64_t kind = number(kTypeKind, static_cast<std::uint64_t>(range.kind), before);
      if (kind >= kKinds) return fail(ErrorKind::kFormat, "a typed range of an unknown kind", "F19");
      range.kind = static_cast<Kind>(kind);
      const auto context = static_cast<std::uint32_t>(kind);
      if (has_origin(range.kind)) range.origin = space.low + number(kOrigin, range.origin - space.low);
      SKIFF_ASSIGN(range.length, within(number(kTypeLength, range.length, context, before), space.end - at));
      at += range.length;
      before = context;
    }
    return {};
  }

  Result<void> copies(std::vector<Copy>& list) {
    SKIFF_ASSIGN(const std::uint64_t entries, count(kCopies, list.size(), 0));
    list.resize(static_cast<std::size_t>(entries));
    CopyState state{window_.result_offset, window_.result_offset, 0, 0, 0, 0};
    for (Copy& copy : list) SKIFF_TRY(one_copy(copy, state));
    return {};
  }

  struct CopyState {
    std::uint64_t at;        ///< in the result
    std::uint64_t expected;  ///< in the base
    std::uint32_t length;
    std::uint32_t gap;
    std::uint32_t jump;
    std::uint32_t verbatim;  ///< of the last copies
  };

  Result<void> one_copy(Copy& copy, CopyState& state) {
    const std::uint64_t window_end = window_.result_offset + window_.result_length;
    const auto alignment = static_cast<std::uint32_t>(state.at & 3);
    const std::uint64_t gap =
        number(kGap, copy.result_offset - state.at, std::min(state.length, 20u), state.gap, alignment);
    if (gap >= window_end - state.at) return fail(ErrorKind::kFormat, "a copy past its window", "F23");
    copy.result_offset = state.at + gap;
    state.gap = bucket(gap);
    const std::uint64_t expected = state.expected + gap;
    const auto then = static_cast<std::uint32_t>(copy.result_offset & 3);
    const std::int64_t jump =
        numbers_.code_signed(coder_, static_cast<std::int64_t>(copy.base_offset - expected),
                             {kJump, state.gap, std::min(state.jump, 20u), then});
    copy.base_offset = expected + static_cast<std::uint64_t>(jump);
    state.jump =
        jump == 0 ? 0 : 1 + bucket(static_cast<std::uint64_t>(jump < 0 ? -jump : jump)) + (jump < 0 ? 40 : 0);
    const std::uint64_t length =
        number(kLength, std::uint64_t{copy.length} - 1, state.jump, state.gap, then) + 1;
    if (length == 0 || length > window_end - copy.result_offset) {
      return fail(ErrorKind::kFormat, "a copy past its window", "F23");
    }
    if (copy.base_offset > window_.base_length || length > window_.base_length - copy.base_offset) {
      return fail(ErrorKind::kFormat, "a copy past the base image", "F22");
    }
    copy.length = length;
    code_verbatim(copy, state);
    state.at = copy.result_offset + length;
    state.expected = copy.base_offset + length;
    return {};
  }

  void code_verbatim(Copy& copy, CopyState& state) {
    const std::uint32_t length = bucket(copy.length);
    const std::array<std::uint32_t, 6> contexts{mix(length, 900),
                                                mix(length, state.verbatim & 7, 901),
                                                mix(length, state.length, 902),
                                                mix(state.verbatim & 15, state.gap, 903),
                                                mix(state.jump, length, 904),
                                                mix(state.jump, state.verbatim & 1, 905)};
    verbatim_.select(contexts);
    copy.verbatim = verbatim_.code(coder_, copy.verbatim, 1, 0, 0);
    state.verbatim = state.verbatim << 1 | (copy.verbatim ? 1 : 0);
    state.length = length;
  }

  Coder& coder_;
  NumberCoder& numbers_;
  ContextGroup verbatim_;
  WindowBounds window_;
  std::uint64_t result_image_;
  std::uint64_t entries_left_;
};

}  // namespace skiff
