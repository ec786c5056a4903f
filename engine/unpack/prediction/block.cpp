#include "unpack/prediction/block.hpp"

#include <algorithm>

namespace skiff::unpack::prediction {
namespace {

CodeLengths make_fixed() {
  CodeLengths lengths{std::vector<std::uint8_t>(288, 8), std::vector<std::uint8_t>(32, 5)};
  std::fill(lengths.literals.begin() + 144, lengths.literals.begin() + 256, std::uint8_t{9});
  std::fill(lengths.literals.begin() + 256, lengths.literals.begin() + 280, std::uint8_t{7});
  return lengths;
}

}  // namespace

const CodeLengths& fixed_lengths() {
  static const CodeLengths lengths = make_fixed();
  return lengths;
}

}  // namespace skiff::unpack::prediction
