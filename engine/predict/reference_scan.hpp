// ReferenceScan: passes over plain tokens without cutting each of them: most of any code is plain.
#pragma once

#include <array>

#include "predict/token.hpp"

namespace skiff {

class ReferenceScan {
 public:
  /// `bytes` are those of a Tokenizer over `range`, read from `begin` on, where a token begins. Both outlive
  /// the scan.
  ReferenceScan(const BaseChunk& bytes, const TypedRange& range, std::uint64_t begin);

  /// Where the first token at or after `at` begins that may hold a reference: those before are plain. From
  /// `stop` on it is not looked for. `at` never falls; at < stop, both within the range and the chunk.
  [[nodiscard]] std::uint64_t skip(std::uint64_t at, std::uint64_t stop);

 private:
  [[nodiscard]] std::uint64_t skip_a64(std::uint64_t at, std::uint64_t stop);
  [[nodiscard]] std::uint64_t skip_x64(std::uint64_t at, std::uint64_t stop) const;
  bool may_refer(std::uint32_t word, std::uint64_t at);

  const BaseChunk& bytes_;
  const TypedRange& range_;
  std::array<std::uint64_t, 32> pages_{};  ///< past the last ADRP of each register; 0 for none
};

}  // namespace skiff
