#include "unpack/prediction/block.hpp"

#include <algorithm>

namespace skiff::unpack::prediction {
namespace {

template <std::size_t kCount>
constexpr std::uint8_t bucket_of(const std::array<Bucket, kCount>& buckets, std::size_t value) {
  std::uint8_t bucket = 0;
  while (bucket + 1u < kCount && buckets[bucket + 1u].base <= value) ++bucket;
  return bucket;
}

/// The bucket of each length.
constexpr std::array<std::uint8_t, kLongMatch + 1> make_lengths() {
  constexpr std::uint8_t kSymbol284 = 27;
  std::array<std::uint8_t, kLongMatch + 1> table{};
  for (std::size_t length = kMinMatch; length < kLongMatch; ++length)
    table[length] = bucket_of(kLengthBuckets, length);
  table[kLongMatch] = kSymbol284;
  return table;
}

/// The bucket of each distance up to kNear, then of each row of kRow distances, which no bucket cuts.
constexpr std::size_t kNear = 256;
constexpr std::size_t kRow = 128;
constexpr std::array<std::uint8_t, kNear + kMaxDistance / kRow> make_distances() {
  std::array<std::uint8_t, kNear + kMaxDistance / kRow> table{};
  for (std::size_t at = 0; at < kNear; ++at) table[at] = bucket_of(kDistanceBuckets, at + 1);
  for (std::size_t row = 0; row < kMaxDistance / kRow; ++row)
    table[kNear + row] = bucket_of(kDistanceBuckets, row * kRow + 1);
  return table;
}

constexpr auto kBucketOfLength = make_lengths();
constexpr auto kBucketOfDistance = make_distances();

CodeLengths make_fixed() {
  CodeLengths lengths{std::vector<std::uint8_t>(288, 8), std::vector<std::uint8_t>(32, 5)};
  std::fill(lengths.literals.begin() + 144, lengths.literals.begin() + 256, std::uint8_t{9});
  std::fill(lengths.literals.begin() + 256, lengths.literals.begin() + 280, std::uint8_t{7});
  return lengths;
}

}  // namespace

std::size_t length_bucket(std::uint16_t length) { return kBucketOfLength[length]; }

std::size_t distance_bucket(std::uint16_t distance) {
  const std::size_t at = distance - 1u;
  return kBucketOfDistance[at < kNear ? at : kNear + at / kRow];
}

const CodeLengths& fixed_lengths() {
  static const CodeLengths lengths = make_fixed();
  return lengths;
}

}  // namespace skiff::unpack::prediction
