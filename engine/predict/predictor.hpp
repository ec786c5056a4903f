// Predictor: the values a token may take in the result, most likely first, and what is learnt when the true
// one is known.
#pragma once

#include <array>
#include <cstdint>

#include "predict/learned_cache.hpp"
#include "predict/token.hpp"
#include "predict/translator.hpp"

namespace skiff {

/// Where a candidate comes from; the numbers are those of FORMAT.md, section 11.
struct Candidate {
  std::uint64_t value;
  std::uint8_t source;
  std::uint8_t confidence;  ///< 0 to 3
};

inline constexpr std::size_t kMaxCandidates = 9;

struct Prediction {
  /// [0] is the primary one. There is one for every few bytes of a copy, so those that are not used are not
  /// set.
  std::array<Candidate, kMaxCandidates> candidates;
  std::uint32_t count = 0;
  Certainty certainty = Certainty::kSameCopy;  ///< of the translation of a reference
  std::uint64_t address = 0;                   ///< of a reference in the result
  std::uint64_t by_map = 0;                    ///< the candidate that the map alone gives a reference
  std::uint32_t target_key = 0;                ///< a reference's target in the base, hashed
};

/// A token where it stands in the result.
struct PlacedToken {
  Token token;
  std::uint64_t result_offset = 0;
  const Space* space = nullptr;  ///< the base space of a reference
};

class Predictor {
 public:
  /// 2^cache_bits entries of 16 bytes are kept. The maps must outlive the predictor.
  Predictor(const AddressMap& result, const Translator& translator, unsigned cache_bits);
  void reset();

  /// What the token may become, as part of `copy`. `recent_misses`: how many of the last three tokens were
  /// not as predicted. A reference whose place in the result has no address loses its field.
  Prediction predict(PlacedToken& placed, const Moved& copy, std::uint32_t recent_misses);
  /// The true value; `page_maker` is the result's word at the ADRP before a user of one, else 0.
  void learn(const PlacedToken& placed, const Prediction& prediction, std::uint64_t value,
             std::uint32_t page_maker);

 private:
  class List;
  void add_reference(List& list, const PlacedToken& placed, const Prediction& prediction) const;
  void add_plain(List& list, const Token& token) const;
  void choose_primary(const Token& token, Prediction& prediction) const;
  void learn_reference(const PlacedToken& placed, const Prediction& prediction, std::uint64_t value,
                       std::uint32_t page_maker);
  void learn_plain(const Token& token, std::uint64_t value);
  void learn_success(const Token& token, const Prediction& prediction, std::uint64_t value);
  void push_shift(std::uint32_t shift);

  static constexpr std::size_t kClasses = kReferenceClasses + 2;
  static constexpr std::size_t kSources = 9;
  static constexpr std::size_t kRecentShifts = 16;
  static constexpr std::array<std::uint32_t, 5> kStrides{1, 2, 6, 4,
                                                         3};  ///< in words: structures of 4 to 24 bytes

  const AddressMap& result_;
  const Translator& translator_;
  LearnedCache cache_;
  std::array<std::array<std::array<std::int32_t, 4>, kSources>, kClasses> success_{};
  std::array<std::uint32_t, kRecentShifts> shifts_{};  ///< of the last data words
  std::array<std::uint32_t, kStrides.size()> stride_confidence_{};
  std::uint32_t next_shift_ = 0;
  std::array<std::uint64_t, 4> pointer_shifts_{};  ///< of the last pointers
  std::array<std::uint32_t, 3> pointer_confidence_{};
  std::uint32_t next_pointer_ = 0;
};

/// A small number for statistics: 0 an instruction without a reference, 1 data, 2 and on the kinds of
/// reference.
inline std::uint32_t token_class(const Token& token) {
  if (token.is_reference()) return 1 + reference_class(token.field.reference);
  return token.data ? 1 : 0;
}

}  // namespace skiff
