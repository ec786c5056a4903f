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

  [[nodiscard]] ByteView content() const { return strings_.content(); }
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
  [[nodiscard]] bool exhausted() const { return strings_.compared() > kWorkPerByte * at_ + kFreeWork; }

 private:
  static constexpr std::uint64_t kWorkPerByte = 1024;
  static constexpr std::uint64_t kFreeWork = std::uint64_t{1} << 22;

  TokenPredictor(StringIndex strings, const Search& search) : strings_(std::move(strings)), search_(search) {}
  /// The longest match at the place that was entered last, longer than `least`; else of length 0.
  Match longest(const StringIndex::Place& place, std::size_t least);

  StringIndex strings_;
  Search search_;
  std::size_t at_ = 0;
  std::size_t inserted_ = 0;        ///< strings before are, or never will be
  StringIndex::Place here_;         ///< `position`, after predict()
  StringIndex::Place ahead_place_;  ///< the one after it, if it is entered
  Match ahead_;  ///< what was found at `position` already, when a literal was predicted before it
  bool has_ahead_ = false;
  bool literal_for_ahead_ = false;
};

}  // namespace skiff::unpack::prediction
