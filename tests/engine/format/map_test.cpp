#include "format/map.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "base/varint.hpp"
#include "format/pieces.hpp"
#include "tests/engine/apply/delta_builder.hpp"

namespace skiff::testing {
namespace {

constexpr WindowBounds kWindow{.result_offset = 1000, .result_length = 500, .base_length = 10'000};

const std::vector<Copy> kCopies = {
    {.result_offset = 1000, .base_offset = 1000, .length = 10, .verbatim = true},
    {.result_offset = 1010, .base_offset = 9999, .length = 1, .verbatim = false},
    {.result_offset = 1100, .base_offset = 0, .length = 300, .verbatim = false},
    {.result_offset = 1499, .base_offset = 5, .length = 1, .verbatim = true},
};

struct CopyStreams {
  std::array<Bytes, kCopyStreams> streams = write_copies(kCopies, kWindow.result_offset);

  Result<std::vector<Copy>> read(const WindowBounds& window = kWindow, std::size_t limit = 100) const {
    std::array<ByteView, kCopyStreams> views;
    std::copy(streams.begin(), streams.end(), views.begin());
    return read_copies(views, window, limit);
  }
  [[nodiscard]] std::string rule(const WindowBounds& window = kWindow, std::size_t limit = 100) const {
    const auto copies = read(window, limit);
    return copies ? "" : copies.error().rule;
  }
};

/// A map of one copy, as its three numbers on the wire.
std::string rule_of_copy(std::uint64_t gap, std::uint64_t coded_length, std::uint64_t jump) {
  CopyStreams map;
  map.streams = {varint_bytes(gap), varint_bytes(coded_length), varint_bytes(jump)};
  return map.rule();
}

TEST(Copies, AreReadAsTheyWereWritten) { EXPECT_EQ(CopyStreams().read().value(), kCopies); }

TEST(Copies, MayBeNone) {
  CopyStreams map;
  map.streams = {};
  EXPECT_TRUE(map.read(kWindow, 0).value().empty());
}

TEST(Copies, ExpectTheNextCopyAtTheSameDistance) {
  const std::vector<Copy> shifted = {{.result_offset = 1000, .base_offset = 1200, .length = 10},
                                     {.result_offset = 1050, .base_offset = 1250, .length = 10}};
  const auto streams = write_copies(shifted, kWindow.result_offset);
  EXPECT_EQ(streams[2], (Bytes{0x90, 0x03, 0x00}));  // +200, then as expected
}

TEST(ReadCopies, RefusesStreamsOfDifferentCounts) {
  for (std::size_t stream = 0; stream < kCopyStreams; ++stream) {
    CopyStreams longer;
    longer.streams[stream].push_back(0);
    EXPECT_EQ(longer.rule(), "F20");
    CopyStreams shorter;
    shorter.streams[stream] = {};
    EXPECT_EQ(shorter.rule(), "F20");
  }
}

TEST(ReadCopies, RefusesMoreCopiesThanTheLimit) {
  EXPECT_EQ(CopyStreams().rule(kWindow, kCopies.size()), "");
  EXPECT_EQ(CopyStreams().rule(kWindow, kCopies.size() - 1), "F20");
  EXPECT_EQ(CopyStreams().rule(kWindow, 0), "F20");
}

TEST(ReadCopies, RefusesAnEmptyCopy) {
  EXPECT_EQ(rule_of_copy(0, 0, 0), "F21");
  EXPECT_EQ(rule_of_copy(0, 1, 0), "F21");
  EXPECT_EQ(rule_of_copy(0, 2, 0), "");
}

TEST(ReadCopies, RefusesACopyPastTheBase) {
  EXPECT_EQ(CopyStreams().rule({.result_offset = 1000, .result_length = 500, .base_length = 9'999}), "F22");
  EXPECT_EQ(rule_of_copy(0, 2, zigzag(8999)), "");
  EXPECT_EQ(rule_of_copy(0, 2, zigzag(9000)), "F22");
  EXPECT_EQ(rule_of_copy(0, 2, zigzag(-1000)), "");
  EXPECT_EQ(rule_of_copy(0, 2, zigzag(-1001)), "F22");
  EXPECT_EQ(rule_of_copy(0, 2, std::numeric_limits<std::uint64_t>::max()), "F22");
}

TEST(ReadCopies, RefusesACopyPastItsWindow) {
  EXPECT_EQ(rule_of_copy(0, 1000, 0), "");
  EXPECT_EQ(rule_of_copy(0, 1002, 0), "F23");
  EXPECT_EQ(rule_of_copy(499, 2, 0), "");
  EXPECT_EQ(rule_of_copy(500, 2, 0), "F23");
  EXPECT_EQ(rule_of_copy(std::numeric_limits<std::uint64_t>::max(), 2, 0), "F23");
  EXPECT_EQ(rule_of_copy(1, std::numeric_limits<std::uint64_t>::max(), 0), "F23");
}

TEST(ReadCopies, RefusesBytesThatEndEarly) {
  CopyStreams map;
  map.streams[0].back() = 0x80;
  EXPECT_EQ(map.rule(), "F2");
}

/// What each byte of a range is made from, byte by byte: the oracle of PieceWalk.
std::vector<Piece> naive_pieces(std::uint64_t begin, std::uint64_t end) {
  std::vector<Piece> bytes;
  for (std::uint64_t at = begin; at < end; ++at) {
    Piece piece{.result_offset = at, .length = 1};
    for (const Copy& copy : kCopies) {
      if (at < copy.result_offset || at >= copy.result_end()) continue;
      piece.kind = copy.verbatim ? Piece::Kind::kVerbatim : Piece::Kind::kResidue;
      piece.base_offset = copy.base_offset + (at - copy.result_offset);
    }
    bytes.push_back(piece);
  }
  return bytes;
}

TEST(PieceWalk, CutsEveryRangeAsTheMapSays) {
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    const std::uint64_t begin = 1000 + random() % 500;
    const std::uint64_t end = begin + random() % (1501 - begin);
    std::vector<Piece> bytes;
    PieceWalk walk(kCopies, begin, end);
    while (const auto piece = walk.next()) {
      ASSERT_GT(piece->length, 0u);
      for (std::uint64_t i = 0; i < piece->length; ++i) {
        const bool literal = piece->kind == Piece::Kind::kLiteral;
        bytes.push_back({piece->kind, piece->result_offset + i, literal ? 0 : piece->base_offset + i, 1});
      }
    }
    ASSERT_EQ(bytes, naive_pieces(begin, end)) << begin << " to " << end;
  }
}

TEST(PieceWalk, CountsItsBytes) {
  const PieceTotals totals = count_pieces(PieceWalk(kCopies, 1000, 1500));
  EXPECT_EQ(totals.verbatim, 11u);
  EXPECT_EQ(totals.residue, 301u);
  EXPECT_EQ(totals.literal, 188u);
}

}  // namespace
}  // namespace skiff::testing
