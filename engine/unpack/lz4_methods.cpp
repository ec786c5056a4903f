#include "unpack/lz4_methods.hpp"

#include <algorithm>
#include <bit>

namespace skiff::unpack {
namespace {

constexpr std::uint64_t kBlockBits = 12;  ///< of the file systems that fill blocks
constexpr std::uint64_t kMostTarget = std::uint64_t{1} << 20;
constexpr std::uint64_t kOnlyContent = 0;
constexpr std::uint64_t kPadded = 1;

}  // namespace

std::vector<Method> lz4_methods(ByteView packed) {
  std::vector<Method> methods;
  const std::uint64_t block = std::uint64_t{1} << kBlockBits;
  if (packed.size() % block == 0 && packed.size() <= kMostTarget) {
    const std::uint64_t least = std::bit_ceil(std::uint64_t{packed.size()});
    for (const std::uint64_t level : {9, 0, 12, 10, 11, 8, 7, 6, 5, 4, 3}) {
      for (const std::uint64_t padding : {kPadded, kOnlyContent})
        methods.push_back({StreamCodec::kLz4, {level, least, padding, kBlockBits, 0}});
      // The end of a file fills less than there is room for.
      if (least != kMostTarget)
        methods.push_back({StreamCodec::kLz4, {level, kMostTarget, kOnlyContent, kBlockBits, 0}});
    }
  }
  for (const std::uint64_t level : {12, 9, 0, 3, 4, 5, 6, 7, 8, 10, 11})
    methods.push_back({StreamCodec::kLz4, {level, 0, kOnlyContent, 0, 0}});
  return methods;
}

}  // namespace skiff::unpack
