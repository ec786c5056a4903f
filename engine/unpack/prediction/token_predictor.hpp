// TokenPredictor: which token an encoder of zlib's kind writes next, given the content and the tokens so far.
#pragma once

#include "unpack/prediction/string_index.hpp"

namespace skiff::unpack::prediction {

/// The parameters of zlib's deflate, by its names; FORMAT.md, section 13.5.
struct Search {
  std::uint32_t chain = 0;  ///< how many strings are compared at most, 1 to 4,096
  std::uint32_t good = 0;   ///< a match so long makes the search for a longer one take a quarter
  std::uint32_t lazy = 0;   ///< only a shorter match may give way to one that begins a byte later
  std::uint32_t nice = 0;   ///< a match so long is taken
  Hash hash = Hash::kShift15;
  /// No match gives way; the strings within one longer than `lazy` are not found again.
  bool greedy = false;
  bool operator==(const Search&) const = default;
};

class TokenPredictor {
 public:
  /// `content` must outlive it. Errors: kLimit (memory is short).
  static Result<TokenPredictor> make(ByteView content, const Search& search);

  [[nodiscard]] ByteView content() const { return content_; }
  [[nodiscard]] std::size_t position() const { return at_; }
  /// The token that begins at `position`, which is before the content's end.
  Token predict();
  /// Goes past the true token, after predict(). It lies in the content.
  void accept(const Token& token);
  /// Goes past bytes that were stored.
  void skip(std::size_t bytes);

  /// How many earlier strings that match in so many bytes are nearer than `distance`, + 1; 0 if the search
  /// does not come across it. Between predict() and accept().
  std::uint32_t rank_of(std::size_t length, std::uint32_t distance);
  /// Its inverse: 0 if there is none of this rank.
  std::uint32_t distance_of(std::size_t length, std::uint32_t rank);

  /// Whether more strings were compared than a bounded number for each byte so far.
  [[nodiscard]] bool exhausted() const { return work_ > kWorkPerByte * at_ + kFreeWork; }

 private:
  static constexpr std::uint64_t kWorkPerByte = 1024;
  static constexpr std::uint64_t kFreeWork = std::uint64_t{1} << 22;

  TokenPredictor(ByteView content, const Search& search) : content_(content), search_(search) {}
  [[nodiscard]] std::size_t hashed_bytes() const { return search_.hash == Hash::kFourBytes ? 4 : 3; }
  [[nodiscard]] std::uint32_t hash_at(std::size_t at) const;
  void insert(std::size_t at);
  /// The longest match at a place up to which all was inserted, longer than `least`; else of length 0.
  Match longest(std::size_t at, std::size_t least);
  /// The first string at `position` that `wanted` accepts, of those that match in `length` bytes: 0 if none.
  template <typename Wanted>
  std::uint32_t walk(std::size_t length, Wanted wanted);
  /// The string before, in one chain; 0 at its end. Strings are counted from 1.
  [[nodiscard]] std::size_t before(std::size_t string) const {
    return previous_.span()[(string - 1) % kMaxDistance];
  }

  ByteView content_;
  Search search_;
  HeapArray<std::uint32_t> heads_;
  HeapArray<std::uint32_t> previous_;
  std::size_t at_ = 0;
  std::size_t inserted_ = 0;  ///< strings before are, or never will be
  Match ahead_;  ///< what was found at `position` already, when a literal was predicted before it
  bool has_ahead_ = false;
  bool literal_for_ahead_ = false;
  std::uint64_t work_ = 0;  ///< strings that were compared
};

}  // namespace skiff::unpack::prediction
