#include "unpack/prediction/block.hpp"

#include <algorithm>

namespace skiff::unpack::prediction {
namespace {

template <std::size_t kCount>
std::size_t bucket_of(const std::array<Bucket, kCount>& buckets, std::uint16_t value) {
  const auto after = std::upper_bound(buckets.begin(), buckets.end(), value,
                                      [](std::uint16_t v, const Bucket& bucket) { return v < bucket.base; });
  return static_cast<std::size_t>(after - buckets.begin()) - 1;
}

CodeLengths make_fixed() {
  CodeLengths lengths{std::vector<std::uint8_t>(288, 8), std::vector<std::uint8_t>(32, 5)};
  std::fill(lengths.literals.begin() + 144, lengths.literals.begin() + 256, std::uint8_t{9});
  std::fill(lengths.literals.begin() + 256, lengths.literals.begin() + 280, std::uint8_t{7});
  return lengths;
}

}  // namespace

std::size_t length_bucket(std::uint16_t length) {
  constexpr std::size_t kSymbol284 = 27;
  return length == kLongMatch ? kSymbol284 : bucket_of(kLengthBuckets, length);
}

std::size_t distance_bucket(std::uint16_t distance) { return bucket_of(kDistanceBuckets, distance); }

const CodeLengths& fixed_lengths() {
  static const CodeLengths lengths = make_fixed();
  return lengths;
}

}  // namespace skiff::unpack::prediction
