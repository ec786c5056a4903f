// A map segment and a data segment as their streams: what the readers accept is run with no bounds but
// theirs, so that a bound they fail to prove shows as a memory error. Input: the streams, each as a varint
// length and its bytes.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/cursor.hpp"
#include "codec/copy_translator.hpp"
#include "codec/stream_map.hpp"
#include "format/residue.hpp"
#include "tests/fuzz/apply_base.hpp"

namespace {

using namespace skiff;

constexpr WindowBounds kWindow{.result_offset = 100, .result_length = 1000, .base_length = 5000};
constexpr std::uint64_t kBegin =
    433;  ///< the data segment's range: it begins and ends where a copy may be cut
constexpr std::uint64_t kEnd = 1017;
constexpr MapBounds kBounds{.window = kWindow, .result_image = 2000, .max_entries = 100};

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
void check_map(std::span<const ByteView, kMapStreams> streams, const WindowMap& map) {
  const auto written = write_map(map, kWindow.result_offset);
  for (std::size_t i = 0; i < kMapStreams; ++i)
    check(std::equal(written[i].begin(), written[i].end(), streams[i].begin(), streams[i].end()));
}

/// Every copy can be translated, and the steps in which that is done make no difference.
void check_copies(const WindowMap& map, PieceWalk walk) {
  static const Bytes bytes = testing::fuzz_base_of(kWindow.base_length);
  const ViewSource base(bytes);
  const WindowView view(map);
  CopyTranslator copies(base, view);
  while (const auto piece = walk.next()) {
    if (piece->kind != Piece::Kind::kResidue) continue;
    Bytes whole(piece->length);
    Bytes steps(piece->length);
    copies.begin(*walk.copy(), *piece);
    check(copies.read(whole).has_value());
    copies.begin(*walk.copy(), *piece);
    for (std::size_t at = 0; at < steps.size(); at += 7)
      check(copies.read(MutableBytes(steps).subspan(at, std::min<std::size_t>(7, steps.size() - at)))
                .has_value());
    check(whole == steps);
  }
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
  const auto map = read_map(map_streams, kBounds);
  if (map) check_map(map_streams, *map);

  const auto data_streams = take_streams<kDataStreams>(input);
  const PieceWalk walk(map ? std::span<const Copy>(map->copies) : std::span<const Copy>(), kBegin, kEnd);
  if (map) check_copies(*map, walk);
  PieceTotals totals = count_pieces(walk);
  check(totals.literal + totals.verbatim + totals.residue == kEnd - kBegin);
  // The literals are as many as they are: with their count alone few inputs would get further.
  totals.literal = data_streams[kLiterals].size();
  if (check_data_streams(data_streams, totals)) check_residue(data_streams, totals.residue);
  return 0;
}
