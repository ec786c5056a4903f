#include "entropy/logistic.hpp"

namespace skiff {
namespace {

/// 65536 / (1 + exp(−x / 4)) for x from −46 to 46, rounded, kept within 1 and 65535.
constexpr std::array<std::uint16_t, 93> kKnots{
    1,     1,     1,     1,     2,     2,     3,     4,     5,     6,     8,     10,    13,    17,
    22,    28,    36,    47,    60,    77,    98,    126,   162,   208,   267,   342,   439,   562,
    720,   922,   1179,  1506,  1921,  2446,  3108,  3938,  4971,  6249,  7812,  9702,  11955, 14595,
    17625, 21025, 24743, 28693, 32768, 36843, 40793, 44511, 47911, 50941, 53581, 55834, 57724, 59287,
    60565, 61598, 62428, 63090, 63615, 64030, 64357, 64614, 64816, 64974, 65097, 65194, 65269, 65328,
    65374, 65410, 65438, 65459, 65476, 65489, 65500, 65508, 65514, 65519, 65523, 65526, 65528, 65530,
    65531, 65532, 65533, 65534, 65534, 65535, 65535, 65535, 65535,
};

constexpr std::int32_t kKnotSpacing = 64;

std::uint16_t interpolate(std::int32_t x) {
  const std::int32_t at = x + kStretchLimit;
  const auto knot = static_cast<std::size_t>(at / kKnotSpacing);
  const std::int32_t part = at % kKnotSpacing;
  if (part == 0) return kKnots[knot];
  const std::int32_t left = kKnots[knot];
  const std::int32_t right = kKnots[knot + 1];
  return static_cast<std::uint16_t>(left + (right - left) * part / kKnotSpacing);
}

LogisticTables make_tables() {
  LogisticTables tables;
  for (std::int32_t x = -kStretchLimit; x <= kStretchLimit; ++x) {
    tables.squash[static_cast<std::uint32_t>(x + kStretchLimit)] = interpolate(x);
  }
  // The inverse: the least x whose squash reaches the probability; the ends are tabled more finely.
  std::int32_t x = -kStretchLimit;
  const auto inverse = [&](std::uint32_t probability) {
    while (x < kStretchLimit && tables.squash[static_cast<std::uint32_t>(x + kStretchLimit)] < probability)
      ++x;
    return static_cast<std::int16_t>(x);
  };
  for (std::uint32_t p = 0; p < tables.stretch.size(); ++p) tables.stretch[p] = inverse(p * 16 + 8);
  return tables;
}

}  // namespace

const LogisticTables& logistic_tables() {
  static const LogisticTables tables = make_tables();
  return tables;
}

}  // namespace skiff
