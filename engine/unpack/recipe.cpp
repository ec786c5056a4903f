#include "unpack/recipe.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace skiff::unpack {
namespace {

constexpr std::uint64_t kStreamMemory = 160;  ///< of a stream, with its stretch
constexpr std::uint64_t kCutMemory = 80;      ///< of a cut, with the stretch after it

constexpr std::uint64_t kMaxOpened = std::numeric_limits<std::uint64_t>::max() >> 2;

std::uint64_t aligned(std::uint64_t offset) {
  return (offset + kContentAlignment - 1) / kContentAlignment * kContentAlignment;
}

tl::unexpected<Error> outside(std::size_t stream) {
  return fail(ErrorKind::kFormat,
              "stream " + std::to_string(stream) + " of the recipe lies outside its image", "F31");
}

/// Adds a stretch for each piece of a stream's content, the first with its plain bytes; false if that is
/// longer than any image.
bool add_pieces(Layout& layout, Stretch stretch, const Stream& stream) {
  for (std::size_t piece = 0; piece <= stream.cuts.size(); ++piece) {
    const std::uint64_t end = piece == stream.cuts.size() ? stream.opened : stream.cuts[piece];
    const std::uint64_t begin = stretch.plain_at + stretch.plain;
    stretch.content_at = piece == 0 && goes_on(stream.codec) ? begin : aligned(begin);
    stretch.opened = end - stretch.from;
    stretch.end = stretch.content_at + stretch.opened;
    if (stretch.content_at > kMaxOpened || stretch.opened > kMaxOpened - stretch.content_at) return false;
    layout.stretches.push_back(stretch);
    layout.length = stretch.end;
    stretch.plain_at = layout.length;
    stretch.plain = 0;
    stretch.from = end;
  }
  return true;
}

std::uint64_t level_memory(const Level& level) {
  std::uint64_t packed = 0;
  std::uint64_t opened = 0;
  for (const Stream& stream : level.base) {
    packed = std::max(packed, stream.packed);
    opened = std::max(opened, stream.opened);
  }
  std::uint64_t content = 0;
  std::uint64_t packing = 0;
  std::uint64_t cuts = 0;
  for (const auto* streams : {&level.base, &level.result}) {
    for (const Stream& stream : *streams) cuts += stream.cuts.size();
  }
  for (const Stream& stream : level.result) {
    content = std::max(content, stream.opened);
    packing = std::max(packing, packing_memory(level.methods[stream.method], stream.opened));
  }
  const std::uint64_t streams = level.base.size() + level.result.size();
  const std::uint64_t dictionary = opened;  // no decoder keeps more than a stream's content
  return packed + std::max(opened, kCacheLength) + dictionary + content + packing + kStreamMemory * streams +
         kCutMemory * cuts;
}

/// Makes room before the plain bytes of the next stretch, so that they are in phase.
void pad(Layout& layout, const Stretch& next, std::uint64_t phase) {
  if (next.plain == 0 || layout.stretches.empty()) return;
  layout.length = in_phase(layout.length, next.packed_at, phase);
  layout.stretches.back().end = layout.length;
}

}  // namespace

Result<Layout> lay_out(const std::vector<Stream>& streams, std::uint64_t packed_length, std::uint64_t phase) {
  Layout layout;
  const auto add_cuts = [](std::size_t sum, const Stream& stream) { return sum + stream.cuts.size(); };
  layout.stretches.reserve(std::accumulate(streams.begin(), streams.end(), streams.size() + 1, add_cuts));
  std::uint64_t packed_at = 0;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const Stream& stream = streams[i];
    const std::uint64_t left = packed_length - packed_at;
    if (stream.plain > left || stream.packed > left - stream.plain) return outside(i);
    Stretch stretch{.plain = stream.plain, .packed_at = packed_at};
    pad(layout, stretch, phase);
    stretch.plain_at = layout.length;
    stretch.stream_at = packed_at + stream.plain;
    stretch.stream = i;
    packed_at = stretch.stream_at + stream.packed;
    if (!add_pieces(layout, stretch, stream)) return outside(i);
  }
  Stretch rest{.plain = packed_length - packed_at, .packed_at = packed_at};
  pad(layout, rest, phase);
  rest.plain_at = layout.length;
  rest.content_at = rest.plain_at + rest.plain;
  rest.end = rest.content_at;
  rest.stream_at = packed_length;
  rest.stream = streams.size();
  layout.stretches.push_back(rest);
  layout.length = rest.content_at;
  return layout;
}

const Stretch& stretch_at(const Layout& layout, std::uint64_t offset) {
  const auto after = std::upper_bound(layout.stretches.begin(), layout.stretches.end(), offset,
                                      [](std::uint64_t at, const Stretch& s) { return at < s.plain_at; });
  return *(after - 1);
}

std::uint64_t unpack_memory(const Recipe& recipe) {
  std::uint64_t memory = 0;
  for (const Level& level : recipe) memory += level_memory(level);
  return memory;
}

std::uint64_t features_of(const Recipe& recipe) {
  std::uint64_t features = recipe.size() > 1 ? kSeveralLevels : 0;
  for (const Level& level : recipe) {
    for (const Stream& stream : level.base) features |= feature_of(stream.codec);
    for (const Method& method : level.methods) features |= feature_of(method.codec);
  }
  return features;
}

}  // namespace skiff::unpack
