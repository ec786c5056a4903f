// Extension: how far two texts stay alike from a place on, across differences.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace skiff::match {

/// What a byte adds to the score of an extension, and when it ends.
struct ExtensionScores {
  std::int32_t equal = 10;
  std::int32_t different = -8;
  std::int32_t drop = 400;  ///< it ends where the score falls further than this below its best
};

/// The ungapped extension with X-drop of BLAST (Altschul et al. 1990), eight bytes at a time: what the bytes
/// of a group do to the score is looked up by which of them are equal.
class Extension {
 public:
  explicit Extension(const ExtensionScores& scores);

  struct Reach {
    std::size_t length = 0;  ///< where the score is highest, and first so; 0 if it is never above 0
    std::size_t looked = 0;  ///< bytes looked at
  };
  /// Over a[0], a[1], … and b[0], b[1], …, at most `limit` of each.
  [[nodiscard]] Reach forward(const std::uint8_t* a, const std::uint8_t* b, std::size_t limit) const;
  /// Over a[-1], a[-2], … and b[-1], b[-2], ….
  [[nodiscard]] Reach backward(const std::uint8_t* a, const std::uint8_t* b, std::size_t limit) const;

 private:
  /// What eight bytes do to the score, relative to that before them.
  struct Group {
    std::int32_t total = 0;
    std::int32_t highest = 0;         ///< after one of them; 0 if it only falls
    std::int32_t lowest = 0;          ///< the same downwards
    std::uint32_t highest_after = 0;  ///< how many of them it takes to `highest`
  };

  template <typename Direction>
  [[nodiscard]] Reach reach(const Direction& bytes, std::size_t limit) const;

  ExtensionScores scores_;
  std::array<Group, 256> groups_;  ///< by the equal bytes: bit 0 for the first
};

}  // namespace skiff::match
