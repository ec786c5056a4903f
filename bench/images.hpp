// Images made for benchmarks: deterministic bytes with the statistics that matter to a delta.
#pragma once

#include <cstdint>
#include <vector>

#include "skiff/bytes.hpp"

namespace skiff::bench {

/// A program of AArch64 functions that call each other and refer to constants, and a table of pointers to
/// them: what a linker lays out one after another, so that a change anywhere moves the fields that refer
/// across it.
class Program {
 public:
  /// About `length` bytes when linked; the same seed gives the same program.
  static Program make(std::uint64_t seed, std::size_t length);
  /// A later version: of every thirty functions one is rewritten in places, one is new and one is gone.
  [[nodiscard]] Program revised(std::uint64_t seed) const;
  /// The image: functions, then constants, then the table.
  [[nodiscard]] Bytes linked() const;

 private:
  struct Reference {
    std::uint32_t word = 0;    ///< index of the instruction in its function
    std::uint32_t target = 0;  ///< id of a function; or index of a constant
    bool call = false;
  };
  struct Function {
    std::uint32_t id = 0;
    std::vector<std::uint32_t> words;
    std::vector<Reference> references;  ///< in order of `word`
  };
  class Author;
  class Linker;

  std::vector<Function> functions_;
  std::uint32_t ids_ = 0;  ///< so many functions there ever were
};

/// `length` bytes that nothing can shrink.
Bytes make_noise(std::uint64_t seed, std::size_t length);

}  // namespace skiff::bench
