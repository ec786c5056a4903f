// A map segment and a data segment as their streams: what the readers accept is run with no bounds but
// theirs, so that a bound they fail to prove shows as a memory error. Input: the streams, each as a varint
// length and its bytes.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/cursor.hpp"
#include "format/map.hpp"
#include "format/residue.hpp"

namespace {

using namespace skiff;

constexpr WindowBounds kWindow{.result_offset = 100, .result_length = 1000, .base_length = 5000};
constexpr std::uint64_t kBegin =
    433;  ///< the data segment's range: it begins and ends where a copy may be cut
constexpr std::uint64_t kEnd = 1017;
constexpr std::size_t kCopies = 50;

void check(bool holds) {
  if (!holds) std::abort();
}

template <std::size_t N>
std::array<ByteView, N> take_streams(Cursor& input) {
  std::array<ByteView, N> streams;
  for (ByteView& stream : streams) {
    const std::uint64_t length = input.varint().value_or(0);
    stream = *input.bytes(std::min<std::uint64_t>(length, input.remaining()));
  }
  return streams;
}

/// A map that was read is written back as the same streams.
void check_map(std::span<const ByteView, kMapStreams> streams, std::span<const Copy> copies) {
  const auto written = write_map(copies, kWindow.result_offset);
  for (std::size_t i = 0; i < kMapStreams; ++i)
    check(std::equal(written[i].begin(), written[i].end(), streams[i].begin(), streams[i].end()));
}

/// Residue streams that were accepted are written back as the same streams.
void check_residue(std::span<const ByteView, kDataStreams> streams, std::uint64_t length) {
  Bytes residue(length);
  ResidueAdder adder(streams);
  for (std::size_t at = 0; at < residue.size(); at += 97) {
    adder.add_to(MutableBytes(residue).subspan(at, std::min<std::size_t>(97, residue.size() - at)));
  }
  const auto written = write_residue(residue);
  for (std::size_t i = 0; i < kResidueStreams; ++i)
    check(std::equal(written[i].begin(), written[i].end(), streams[i].begin(), streams[i].end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Cursor input({data, size});
  const auto map_streams = take_streams<kMapStreams>(input);
  std::vector<Copy> room(kCopies);
  const auto copies = read_map(map_streams, kWindow, room);
  if (copies) check_map(map_streams, *copies);

  const auto data_streams = take_streams<kDataStreams>(input);
  const PieceWalk walk(copies.value_or(std::span<const Copy>()), kBegin, kEnd);
  PieceTotals totals = count_pieces(walk);
  check(totals.literal + totals.verbatim + totals.residue == kEnd - kBegin);
  // The literals are as many as they are: with their count alone few inputs would get further.
  totals.literal = data_streams[kLiterals].size();
  if (check_data_streams(data_streams, totals)) check_residue(data_streams, totals.residue);
  return 0;
}
