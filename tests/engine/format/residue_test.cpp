#include "format/residue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/varint.hpp"

namespace skiff::testing {
namespace {

constexpr std::uint64_t kMax64 = ~std::uint64_t{0};
constexpr PieceTotals kTotals{.literal = 3, .verbatim = 1000, .residue = 100};

Bytes varints(std::initializer_list<std::uint64_t> values) {
  Bytes bytes;
  for (const std::uint64_t value : values) put_varint(bytes, value);
  return bytes;
}

std::uint8_t token(unsigned equal, unsigned changed) {
  return static_cast<std::uint8_t>(equal * 8 + changed);
}

using Streams = std::array<Bytes, kDataStreams>;

std::array<ByteView, kDataStreams> views_of(const Streams& streams) {
  std::array<ByteView, kDataStreams> views;
  std::copy(streams.begin(), streams.end(), views.begin());
  return views;
}

/// Streams that check_data_streams() accepts for kTotals, but for what `streams` gives otherwise.
std::string rule_of(Streams streams, std::size_t literals = kTotals.literal) {
  streams[kLiterals].resize(literals);
  const auto outcome = check_data_streams(views_of(streams), kTotals);
  return outcome ? "" : outcome.error().rule;
}

Streams written(ByteView residue) {
  Streams streams;
  std::array<Bytes, kResidueStreams> of_residue = write_residue(residue);
  std::move(of_residue.begin(), of_residue.end(), streams.begin());
  return streams;
}

/// Adds a residue of `size` bytes to zeros, in pieces of `step` bytes.
Bytes add(const Streams& streams, std::size_t size, std::size_t step) {
  EXPECT_TRUE(check_data_streams(views_of(streams), {.literal = 0, .verbatim = 0, .residue = size}));
  ResidueAdder adder(views_of(streams));
  Bytes out(size);
  for (std::size_t at = 0; at < size; at += step) {
    adder.add_to(MutableBytes(out).subspan(at, std::min(step, size - at)));
  }
  return out;
}

TEST(Residue, IsAddedAsItWasWritten) {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    Bytes residue(random() % 300);
    const unsigned rarity = 1 + random() % 50;
    bool changing = false;
    for (std::uint8_t& byte : residue) {
      changing = random() % rarity == 0 ? !changing : changing;
      byte = changing ? static_cast<std::uint8_t>(random()) : 0;
    }
    ASSERT_EQ(add(written(residue), residue.size(), 1 + random() % 60), residue);
  }
}

TEST(Residue, OfZerosTakesNoBytes) {
  const Streams streams = written(Bytes(50));
  for (const Bytes& stream : streams) EXPECT_TRUE(stream.empty());
  EXPECT_EQ(add(streams, 50, 7), Bytes(50));
}

TEST(Residue, GoesToTheStreamsByLengthOfRun) {
  const Bytes residue = {1, 0, 2, 2, 0, 0, 3, 3, 3, 0, 4, 4, 4, 4, 0, 5, 5, 5, 5, 5, 0, 9};
  const Streams streams = written(residue);
  EXPECT_EQ(streams[kTokens],
            (Bytes{token(0, 1), token(1, 2), token(2, 3), token(1, 4), token(1, 5), token(1, 1)}));
  EXPECT_TRUE(streams[kLongRuns].empty());
  EXPECT_EQ(streams[kChanges1], (Bytes{1, 9}));
  EXPECT_EQ(streams[kChanges2], (Bytes{2, 2}));
  EXPECT_EQ(streams[kChanges3], (Bytes{3, 3, 3}));
  EXPECT_EQ(streams[kChanges4], (Bytes{4, 4, 4, 4, 5, 5, 5, 5, 5}));
}

TEST(Residue, SaysWhatATokenCannot) {
  Bytes residue(1000);
  std::fill_n(residue.begin() + 30, 6, 1);     // 30 and 6: the token says it
  std::fill_n(residue.begin() + 67, 7, 1);     // 31 and 7: no more than the token's most
  std::fill_n(residue.begin() + 500, 300, 1);  // 426 and 300
  const Streams streams = written(residue);
  EXPECT_EQ(streams[kTokens], (Bytes{token(30, 6), token(31, 7), token(31, 7)}));
  EXPECT_EQ(streams[kLongRuns], varints({0, 0, 395, 293}));
  EXPECT_EQ(add(streams, residue.size(), 64), residue);
}

TEST(Residue, IsAddedModulo256) {
  Bytes predicted = {250, 1};
  const Streams streams = written(Bytes{10, 255});
  ResidueAdder(views_of(streams)).add_to(predicted);
  EXPECT_EQ(predicted, (Bytes{4, 0}));
}

TEST(DataStreams, MayLeaveTheRestEqual) {
  EXPECT_EQ(rule_of({}), "");
  EXPECT_EQ(rule_of({Bytes{token(0, 1)}, {}, {1}}), "");
  EXPECT_EQ(rule_of({Bytes{token(31, 1)}, varints({68}), {1}}), "");
}

TEST(DataStreams, RefuseEmptyRuns) {
  EXPECT_EQ(rule_of({Bytes{token(1, 0)}}), "F24");
  EXPECT_EQ(rule_of({Bytes{token(0, 0)}}), "F24");
  EXPECT_EQ(rule_of({Bytes{token(0, 1), token(0, 1)}, {}, {1, 1}}), "F24");
}

TEST(DataStreams, RefuseRunsPastTheResidue) {
  EXPECT_EQ(rule_of({Bytes{token(31, 1)}, varints({69}), {1}}), "F24");
  EXPECT_EQ(rule_of({Bytes{token(31, 1)}, varints({70}), {1}}), "F24");
  EXPECT_EQ(rule_of({Bytes{token(31, 1)}, varints({kMax64}), {1}}), "F24");
  EXPECT_EQ(rule_of({Bytes{token(0, 7)}, varints({94}), {}, {}, {}, Bytes(101, 1)}), "F24");
  EXPECT_EQ(rule_of({Bytes{token(0, 7)}, varints({kMax64}), {}, {}, {}, Bytes(101, 1)}), "F24");
  EXPECT_EQ(rule_of({Bytes{token(0, 7)}, varints({93}), {}, {}, {}, Bytes(100, 1)}), "");
}

TEST(DataStreams, RefuseLongRunsWithoutAToken) {
  EXPECT_EQ(rule_of({Bytes{}, varints({0})}), "F24");
  EXPECT_EQ(rule_of({Bytes{token(31, 1)}, varints({1, 0}), {1}}), "F24");
}

TEST(DataStreams, RefuseLongRunsThatEndEarly) {
  EXPECT_EQ(rule_of({Bytes{token(31, 1)}, {}, {1}}), "F2");
  EXPECT_EQ(rule_of({Bytes{token(31, 7)}, varints({0}), {}, {}, {}, Bytes(7, 1)}), "F2");
  EXPECT_EQ(rule_of({Bytes{token(31, 1)}, Bytes{0x80, 0x00}, {1}}), "F1");
}

TEST(DataStreams, RefuseChangesOfAnotherLength) {
  for (unsigned length = 1; length <= 4; ++length) {
    Streams streams = {Bytes{token(5, length)}};
    Bytes& changes = streams[kChanges1 + length - 1];
    changes.assign(length, 1);
    EXPECT_EQ(rule_of(streams), "");
    changes.push_back(1);
    EXPECT_EQ(rule_of(streams), "F25");
    changes.resize(length - 1);
    EXPECT_EQ(rule_of(streams), "F25");
  }
  EXPECT_EQ(rule_of({Bytes{}, {}, {1}}), "F25");
}

TEST(DataStreams, RefuseAChangeOfZero) {
  EXPECT_EQ(rule_of({Bytes{token(5, 1)}, {}, {0}}), "F25");
  EXPECT_EQ(rule_of({Bytes{token(5, 5)}, {}, {}, {}, {}, {1, 1, 0, 1, 1}}), "F25");
}

TEST(DataStreams, RefuseLiteralsOfAnotherLength) {
  EXPECT_EQ(rule_of({}, 2), "F26");
  EXPECT_EQ(rule_of({}, 4), "F26");
}

}  // namespace
}  // namespace skiff::testing
