#include "unpack/recipe.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "base/varint.hpp"
#include "entropy/codec.hpp"

namespace skiff::unpack {
namespace {

constexpr std::uint64_t kStreamMemory = 128;  ///< of a stream, with its stretch
constexpr CodingEffort kEffort{.level = 19};

tl::unexpected<Error> outside(std::size_t stream) {
  return fail(ErrorKind::kFormat,
              "stream " + std::to_string(stream) + " of the recipe lies outside its image", "F31");
}

/// Opened lengths are mostly those of the block before: they go as differences.
void put_streams(Bytes& out, const std::vector<Stream>& streams, bool result) {
  put_varint(out, streams.size());
  for (const Stream& stream : streams) put_varint(out, stream.plain);
  for (const Stream& stream : streams) put_varint(out, stream.packed);
  std::uint64_t before = 0;
  for (const Stream& stream : streams) {
    put_varint(out, zigzag(static_cast<std::int64_t>(stream.opened - before)));
    before = stream.opened;
  }
  for (const Stream& stream : streams) {
    const auto codec = static_cast<std::uint64_t>(stream.codec);
    put_varint(out, result ? stream.method : 2 * codec + (stream.kept ? 1 : 0));
  }
}

}  // namespace

Result<Layout> lay_out(const std::vector<Stream>& streams, std::uint64_t packed_length) {
  Layout layout;
  layout.stretches.reserve(streams.size() + 1);
  std::uint64_t packed_at = 0;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const Stream& stream = streams[i];
    const std::uint64_t left = packed_length - packed_at;
    if (stream.plain > left || stream.packed > left - stream.plain) return outside(i);
    Stretch stretch{.plain_at = layout.length, .plain = stream.plain, .packed_at = packed_at};
    stretch.stream_at = packed_at + stream.plain;
    if (stream.kept) stretch.plain += stream.packed;
    stretch.content_at = stretch.plain_at + stretch.plain;
    if (stretch.plain != 0)
      stretch.content_at =
          (stretch.content_at + kContentAlignment - 1) / kContentAlignment * kContentAlignment;
    stretch.opened = stream.opened;
    stretch.stream = i;
    if (stream.opened > (std::numeric_limits<std::uint64_t>::max() >> 2) - stretch.content_at)
      return outside(i);
    layout.length = stretch.content_at + stream.opened;
    packed_at = stretch.stream_at + stream.packed;
    layout.stretches.push_back(stretch);
  }
  Stretch rest{.plain_at = layout.length, .plain = packed_length - packed_at, .packed_at = packed_at};
  rest.content_at = rest.plain_at + rest.plain;
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
  std::uint64_t packed = 0;
  std::uint64_t opened = 0;
  for (const Stream& stream : recipe.base) {
    packed = std::max(packed, stream.packed);
    opened = std::max(opened, stream.opened);
  }
  std::uint64_t content = 0;
  std::uint64_t packing = 0;
  for (const Stream& stream : recipe.result) {
    content = std::max(content, stream.opened);
    packing = std::max(packing, packing_memory(recipe.methods[stream.method], stream.opened));
  }
  const std::uint64_t streams = recipe.base.size() + recipe.result.size();
  const std::uint64_t dictionary = opened;  // no decoder keeps more than a stream's content
  return packed + std::max(opened, kCacheLength) + dictionary + content + packing + kStreamMemory * streams;
}

std::uint64_t features_of(const Recipe& recipe) {
  std::uint64_t features = 0;
  for (const Stream& stream : recipe.base) features |= feature_of(stream.codec);
  for (const Method& method : recipe.methods) features |= feature_of(method.codec);
  return features;
}

Result<Bytes> write_recipe(const Recipe& recipe) {
  Bytes out;
  put_varint(out, recipe.methods.size());
  for (std::size_t i = 0; i < recipe.methods.size(); ++i) {
    put_varint(out, static_cast<std::uint64_t>(recipe.methods[i].codec));
    for (const std::uint64_t parameter : recipe.methods[i].parameters) put_varint(out, parameter);
    put_varint(out, recipe.versions[i]);
  }
  put_streams(out, recipe.base, false);
  put_streams(out, recipe.result, true);
  if (out.size() > kMaxRecipe)
    return fail(ErrorKind::kLimit, "a recipe of " + std::to_string(out.size()) + " bytes");
  const std::array<ByteView, 1> streams{out};
  return encode_streams(Codec::kZstd, streams, kEffort);
}

}  // namespace skiff::unpack
