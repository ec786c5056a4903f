// BTF: the BPF Type Format of Linux kernels and modules, whose words are told apart by what they mean (Linux,
// Documentation/bpf/btf.rst).
//
// A build numbers types and places strings anew, often in another order, so that most words change although
// hardly any type does.
#pragma once

#include <cstdint>
#include <vector>

#include "predict/typing.hpp"
#include "skiff/io.hpp"

namespace skiff::typing {

/// One section's type records, which are 32-bit words, and behind them its strings. Split BTF (of modules)
/// continues the strings and types of a kernel's.
struct BtfSection {
  std::uint64_t types = 0;    ///< image offset of the type records
  std::uint64_t strings = 0;  ///< image offset of the strings
  bool split = false;
  /// In place of the bytes from `types` on: of each name, each type id and each string a hash of what it is,
  /// in which there is nothing of order and place; the rest as it stands.
  Bytes meaning;

  [[nodiscard]] std::uint64_t end() const { return types + meaning.size(); }
};

/// The BTF sections that lie in one piece anywhere in an image, in order and apart. Split ones are found only
/// if what they continue is in the image too.
std::vector<BtfSection> find_btf(const Source& image);

/// Types, in the spaces of an image, the records as distances from their strings, and the strings as bytes.
/// Not those of split sections, which are short and name mostly what is in another space.
void type_btf(const std::vector<BtfSection>& sections, ImageTyping& spaces);

}  // namespace skiff::typing
