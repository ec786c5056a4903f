// The records of BTF: how long each is, and which of its words name a string or a type.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace skiff::typing {

enum class BtfWord : std::uint8_t { kPlain, kName, kType };

enum class BtfMembers : std::uint8_t { kNone, kOne, kCounted };

/// What follows the name and the info word of a record of some kind.
struct BtfShape {
  BtfWord third = BtfWord::kPlain;
  BtfMembers members = BtfMembers::kNone;
  std::uint8_t member_words = 0;
  std::array<BtfWord, 3> member{};
};

inline constexpr std::size_t kBtfKinds = 20;
inline constexpr std::size_t kBtfHeaderWords = 3;

/// By kind; kind 0 is no record's.
inline constexpr std::array<BtfShape, kBtfKinds> kBtfShapes = [] {
  using enum BtfWord;
  using enum BtfMembers;
  constexpr BtfShape kRefers{kType, kNone, 0, {}};
  constexpr BtfShape kBare{};
  constexpr BtfShape kFields{kPlain, kCounted, 3, {kName, kType, kPlain}};
  return std::array<BtfShape, kBtfKinds>{
      kBare,                                                   // none
      BtfShape{kPlain, kOne, 1, {kPlain}},                     // int
      kRefers,                                                 // pointer
      BtfShape{kPlain, kOne, 3, {kType, kType, kPlain}},       // array
      kFields,                                                 // struct
      kFields,                                                 // union
      BtfShape{kPlain, kCounted, 2, {kName, kPlain}},          // enum
      kBare,                                                   // forward
      kRefers,                                                 // typedef
      kRefers,                                                 // volatile
      kRefers,                                                 // const
      kRefers,                                                 // restrict
      kRefers,                                                 // function
      BtfShape{kType, kCounted, 2, {kName, kType}},            // prototype
      BtfShape{kType, kOne, 1, {kPlain}},                      // variable
      BtfShape{kPlain, kCounted, 3, {kType, kPlain, kPlain}},  // section
      kBare,                                                   // float
      BtfShape{kType, kOne, 1, {kPlain}},                      // declaration tag
      kRefers,                                                 // type tag
      BtfShape{kPlain, kCounted, 3, {kName, kPlain, kPlain}},  // enum of 64 bits
  };
}();

/// One record among the words of a section.
struct BtfRecord {
  std::size_t at = 0;      ///< its first word
  std::size_t length = 0;  ///< in words; 0: no record
  std::uint32_t kind = 0;

  /// What the record's word `i` is.
  [[nodiscard]] BtfWord word(std::size_t i) const {
    const BtfShape& shape = kBtfShapes[kind];
    if (i == 0) return BtfWord::kName;
    if (i < kBtfHeaderWords) return i == 1 ? BtfWord::kPlain : shape.third;
    return shape.member[(i - kBtfHeaderWords) % shape.member_words];
  }
};

/// The record that begins at word `at` with this info word; of length 0 if its kind is unknown.
inline BtfRecord btf_record(std::size_t at, std::uint32_t info) {
  const std::uint32_t kind = info >> 24 & 0x1f;
  if (kind == 0 || kind >= kBtfKinds) return {};
  const BtfShape& shape = kBtfShapes[kind];
  std::size_t members = info & 0xffff;
  if (shape.members != BtfMembers::kCounted) members = shape.members == BtfMembers::kOne ? 1 : 0;
  return {at, kBtfHeaderWords + members * shape.member_words, kind};
}

}  // namespace skiff::typing
