// The map segment of codec 1: the typing of the window's programs, then its copies, as numbers (FORMAT.md,
// section 10).
#pragma once

#include "base/vector_clones.hpp"
#include "codec/number_coder.hpp"
#include "codec/typing_coder.hpp"
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
        verbatim_(slots),
        window_(window),
        result_image_(result_image),
        entries_(max_entries) {}

  SKIFF_VECTOR_CLONES
  Result<void> run(WindowMap& map) {
    RangedNumbers numbers{coder_, numbers_};
    TypingCoder typing(numbers, entries_);
    SKIFF_TRY(typing.run(map.typing.base, window_.base_length, true));
    SKIFF_TRY(typing.run(map.typing.result, result_image_, false));
    return copies(map.copies);
  }

 private:
  static constexpr GroupShape kVerbatimShape{5, 6, {1, 1, 1}, 1966};

  /// The numbers of a typing as this codec writes them.
  struct RangedNumbers {
    Coder& coder;
    NumberCoder& numbers;
    Result<std::uint64_t> code(MapNumber kind, std::uint64_t value, std::uint32_t first,
                               std::uint32_t second) {
      return numbers.code(coder, value, {static_cast<std::uint32_t>(kind), first, second, 0});
    }
    Result<std::int64_t> code_signed(MapNumber kind, std::int64_t value, std::uint32_t first) {
      return numbers.code_signed(coder, value, {static_cast<std::uint32_t>(kind), first, 0, 0});
    }
  };

  std::uint64_t number(MapNumber kind, std::uint64_t value, std::uint32_t first = 0, std::uint32_t second = 0,
                       std::uint32_t alignment = 0) {
    return numbers_.code(coder_, value, {static_cast<std::uint32_t>(kind), first, second, alignment});
  }
  static std::uint32_t bucket(std::uint64_t value) {
    return static_cast<std::uint32_t>(std::bit_width(value));
  }

  Result<void> copies(std::vector<Copy>& list) {
    const std::uint64_t entries = number(MapNumber::kCopies, list.size());
    SKIFF_TRY(entries_.take(entries));
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
    const std::uint64_t gap = number(MapNumber::kGap, copy.result_offset - state.at,
                                     std::min(state.length, 20u), state.gap, alignment);
    if (gap >= window_end - state.at) return fail(ErrorKind::kFormat, "a copy past its window", "F23");
    copy.result_offset = state.at + gap;
    state.gap = bucket(gap);
    const std::uint64_t expected = state.expected + gap;
    const auto then = static_cast<std::uint32_t>(copy.result_offset & 3);
    const std::int64_t jump = numbers_.code_signed(
        coder_, static_cast<std::int64_t>(copy.base_offset - expected),
        {static_cast<std::uint32_t>(MapNumber::kJump), state.gap, std::min(state.jump, 20u), then});
    copy.base_offset = expected + static_cast<std::uint64_t>(jump);
    state.jump =
        jump == 0 ? 0 : 1 + bucket(static_cast<std::uint64_t>(jump < 0 ? -jump : jump)) + (jump < 0 ? 40 : 0);
    const std::uint64_t length =
        number(MapNumber::kLength, std::uint64_t{copy.length} - 1, state.jump, state.gap, then) + 1;
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
    const std::array<std::uint32_t, 6> contexts{length,
                                                mix(length, state.verbatim & 7),
                                                mix(length, state.length),
                                                mix(state.verbatim & 15, state.gap),
                                                mix(state.jump, length),
                                                mix(state.jump, state.verbatim & 1)};
    verbatim_.select_cells(contexts);
    copy.verbatim = verbatim_.code(coder_, copy.verbatim, 0, {0, 0, 0});
    state.verbatim = state.verbatim << 1 | (copy.verbatim ? 1 : 0);
    state.length = length;
  }

  Coder& coder_;
  NumberCoder& numbers_;
  ContextGroup<kVerbatimShape> verbatim_;
  WindowBounds window_;
  std::uint64_t result_image_;
  EntryAllowance entries_;
};

}  // namespace skiff
