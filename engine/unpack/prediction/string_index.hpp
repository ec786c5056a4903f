// StringIndex: where strings of a content were before, so that zlib's longest match is found without its
// walk.
#pragma once

#include <array>

#include "base/heap_array.hpp"
#include "unpack/prediction/block.hpp"

namespace skiff::unpack::prediction {

/// Which strings are in one bucket: they take part of the same search. Three bytes or four decide.
enum class Hash : std::uint8_t {
  kShift15 = 0,    ///< zlib's of 15 bits, and GNU gzip's
  kShift16 = 1,    ///< zlib's of 16 bits (memLevel 9)
  kCrc = 2,        ///< CRC-32C, 15 bits (Chromium's and Node's zlib on x86 and ARM)
  kMultiply = 3,   ///< 66,521 (x + 1) / 2^16, 15 bits (Chromium's elsewhere)
  kFourBytes = 4,  ///< four bytes, no collisions to speak of (Go, and encoders of four bytes at least)
};
inline constexpr std::uint64_t kHashes = 5;

struct Match {
  std::size_t length = 0;
  std::uint32_t distance = 0;  ///< 0: there is none
};

/// An encoder of zlib's kind looks at the last so many strings of a bucket, one after the other, for the
/// longest match. Here each string knows how many came into its bucket before it, so that a subtraction says
/// whether such an encoder would have looked at it. The strings themselves are found by chains of longer
/// keys, in which there are few, and those of the longest key that matches are looked at alone.
class StringIndex {
 public:
  /// What an encoder's search goes to.
  struct Limits {
    std::size_t least = kMinMatch - 1;  ///< only a longer match is wanted
    std::size_t nice = kMaxMatch;       ///< the nearest one so long is taken
    std::uint32_t strings = 0;          ///< how many of the bucket are looked at, the last ones
    std::uint32_t reach = 0;            ///< distances go so far
    std::uint32_t first_reach = 0;      ///< that of the bucket's last string; `reach` or 1 more
    /// That of a match of no more than the shortest key's bytes, where there are longer keys.
    std::uint32_t short_reach = kMaxDistance;
  };
  static constexpr std::size_t kKeys = 3;
  static constexpr std::array<std::size_t, kKeys> kKeyBytes{3, 4, 8};
  static constexpr std::uint16_t kNone = 0xffff;  ///< any distance past kMaxDistance
  /// How far before a string the last one of the same hash lies, by key; past kMaxDistance if there is none.
  using Links = std::array<std::uint16_t, kKeys>;
  /// A place that was entered, and what was known of its string before.
  struct Place {
    std::size_t at = 0;
    Links links{kNone, kNone, kNone};
    std::uint16_t before = 0;  ///< strings in its bucket, modulo 2^16
  };

  struct Shape {
    Hash hash = Hash::kShift15;
    bool dense = true;  ///< all strings will be entered, which makes long matches cheaper to find
    std::size_t kept = kMaxDistance;  ///< a power of two: how many of the last strings are to be found again
    std::size_t keys = kKeys;  ///< the shortest so many; 1 is cheaper where few strings are looked at anyway
  };
  /// `content` must outlive it. Errors: kLimit (memory is short).
  static Result<StringIndex> make(ByteView content, const Shape& shape);

  [[nodiscard]] ByteView content() const { return content_; }
  /// Bytes that decide about the bucket; strings of fewer are never entered, and match nothing.
  [[nodiscard]] std::size_t hashed_bytes() const { return hash_ == Hash::kFourBytes ? 4 : 3; }
  /// Enters the string at a place, in order of places.
  Place enter(std::size_t at);
  /// Enters those from `begin` to `end`.
  void enter_all(std::size_t begin, std::size_t end);
  /// The longest match within the limits, the nearest of several, of the place that was entered last.
  Match longest(const Place& place, const Limits& limits);
  /// How many strings of the bucket that match in `length` bytes there are up to `distance`, if the string
  /// there is one of them, of the 1,024 last; else 0.
  std::uint32_t rank_of(const Place& place, std::size_t length, std::uint32_t distance);
  /// Its inverse: 0 if there is none of this rank.
  std::uint32_t distance_of(const Place& place, std::size_t length, std::uint32_t rank);
  /// Strings that were looked at so far.
  [[nodiscard]] std::uint64_t compared() const { return compared_; }

 private:
  struct Query;
  struct Walk;
  static constexpr unsigned kHeadBits = 16;
  /// Strings that have the same hash of a key's bytes at an offset as the place.
  struct Chain {
    std::size_t key;
    std::size_t offset;
    std::size_t distance;  ///< how far before the place the next one begins
  };
  StringIndex(ByteView content, const Shape& shape);
  /// The link of one of the last places.
  [[nodiscard]] std::uint16_t& link_of(std::size_t at, std::size_t key) const {
    return links_[(key << ring_bits_) + (at & ring_)];
  }
  /// Place::before of one of the last places.
  [[nodiscard]] std::uint16_t& before_of(std::size_t at) const { return link_of(at, kKeys); }
  [[nodiscard]] std::uint64_t word_at(std::size_t at) const;
  [[nodiscard]] std::uint16_t& head_of(std::uint64_t word, std::size_t key) const;
  /// The bucket of a string that begins with the bytes of a word, lowest first: below 2^16.
  template <Hash kHash>
  [[nodiscard]] static std::uint32_t bucket(std::uint64_t word);
  /// Calls `act` for the hash that is used.
  template <typename Do>
  auto with_hash(const Do& act);
  /// The string at a place that has so many bytes left.
  template <Hash kHash>
  Place enter_word(std::size_t at, std::uint64_t word, std::size_t left);
  void slide_heads();
  /// How many strings came into the bucket of the place after the one at `distance`, which is of that bucket.
  [[nodiscard]] std::uint32_t age_of(const Place& place, std::size_t distance) const;
  template <std::size_t kKey>
  void look(Query& query);
  /// Goes along a chain while few strings were seen, which match in less than a word; then walk_many() does.
  template <std::size_t kKey>
  void walk_few(const Walk& walk, Query& query);
  void walk_many(Walk walk, Query& query);
  /// The distance of the first string that `wanted` accepts, of those that match in `length` bytes: 0 if
  /// none.
  template <typename Wanted>
  std::uint32_t first_match(const Place& place, std::size_t length, Wanted wanted);
  bool accept(const Match& match, Query& query) const;
  [[nodiscard]] bool too_old(const Query& query, std::size_t distance) const;
  [[nodiscard]] std::size_t first_of(const Chain& chain, std::size_t at) const;
  [[nodiscard]] std::size_t next_of(const Chain& chain, std::size_t at) const;
  void leave(Chain other, std::uint32_t steps, std::size_t at, Chain& chain) const;
  void leave_for_rarest(std::size_t need, std::uint32_t steps, std::size_t at, Chain& chain) const;

  ByteView content_;
  Hash hash_;
  bool dense_;
  std::size_t keys_;
  unsigned ring_bits_;
  std::size_t ring_;                  ///< strings that are kept - 1
  HeapArray<std::uint16_t> tables_;   ///< what follows: one allocation a stream, not several
  std::uint16_t* buckets_ = nullptr;  ///< strings that came into each, modulo 2^16
  std::uint16_t* heads_ = nullptr;    ///< last string of a key's hash: its place + kFirst - origin_
  std::uint16_t* links_ = nullptr;    ///< [key][place], then Place::before of each
  std::size_t origin_ = 0;
  std::uint64_t compared_ = 0;
};

}  // namespace skiff::unpack::prediction
