#include "codec/foresight.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace skiff::testing {
namespace {

constexpr std::uint64_t kKibi = 1024;

/// Notes what it is told of, as long as it takes hints.
class ToldSource final : public Source {
 public:
  [[nodiscard]] std::uint64_t size() const override { return UINT64_MAX; }
  Result<void> read_at(std::uint64_t, MutableBytes) const override { return {}; }
  [[nodiscard]] bool will_read(std::uint64_t offset, std::uint64_t length) const override {
    if (hints == 0) return false;
    --hints;
    if (!told.empty() && told.back().second == offset) {
      told.back().second += length;
    } else {
      told.emplace_back(offset, offset + length);
    }
    EXPECT_GT(length, 0u);
    return true;
  }
  using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;  ///< begin and end
  mutable Ranges told;
  mutable int hints = 1'000;  ///< that it still takes
};

Copy copy_of(std::uint64_t base, std::uint64_t result, std::uint64_t length) {
  Copy copy;
  copy.base_offset = base;
  copy.result_offset = result;
  copy.length = length;
  return copy;
}

const std::vector<Copy> kCopies{copy_of(9'000'000, 100, 50), copy_of(500, 2'000, 2'000 * kKibi),
                                copy_of(20'000, 4'000'000, 300), copy_of(7'000'000, 4'000'300, 10)};

TEST(Foresight, TellsOfWhatIsReadWithinTheNextBytesOnce) {
  const ToldSource base;
  Foresight foresight(base, kCopies, 0);
  foresight.advance(0);
  const std::uint64_t first = base.told.back().second;
  EXPECT_EQ(base.told, (ToldSource::Ranges{{9'000'000, 9'000'050}, {500, first}}));
  EXPECT_GE(first, 500 + 1'024 * kKibi - 2'000) << "all that makes the next MiB";
  EXPECT_LE(first, 500 + 1'088 * kKibi) << "and little more";
  foresight.advance(2'000);
  foresight.advance(2'000);
  EXPECT_EQ(base.told.size(), 2u);
  foresight.advance(3'900'000);
  EXPECT_EQ(
      base.told,
      (ToldSource::Ranges{
          {9'000'000, 9'000'050}, {500, 500 + 2'000 * kKibi}, {20'000, 20'300}, {7'000'000, 7'000'010}}));
  foresight.advance(5'000'000);
  EXPECT_EQ(base.told.size(), 4u);
}

TEST(Foresight, BeginsWhereItIsToldTo) {
  const ToldSource base;
  Foresight foresight(base, kCopies, 4'000'100);
  foresight.advance(4'000'100);
  EXPECT_EQ(base.told, (ToldSource::Ranges{{20'100, 20'300}, {7'000'000, 7'000'010}}));
}

TEST(Foresight, TellsOfItOnceMoreWhereTheBaseHasTooMuchToDo) {
  const ToldSource base;
  Foresight foresight(base, kCopies, 0);
  base.hints = 1;
  foresight.advance(0);
  foresight.advance(0);
  EXPECT_EQ(base.told, (ToldSource::Ranges{{9'000'000, 9'000'050}}));
  base.hints = 1;
  foresight.advance(0);
  EXPECT_EQ(base.told, (ToldSource::Ranges{{9'000'000, 9'000'050}, {500, 500 + 64 * kKibi}}));
}

TEST(Foresight, HasNothingToTellWithoutCopies) {
  const ToldSource base;
  Foresight foresight(base, {}, 0);
  foresight.advance(0);
  EXPECT_TRUE(base.told.empty());
}

}  // namespace
}  // namespace skiff::testing
