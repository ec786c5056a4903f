#include <array>

#include "base/varint.hpp"
#include "entropy/codec.hpp"
#include "unpack/recipe.hpp"

// Apart from what reads a recipe: a program that only applies deltas shall not link an encoder.
namespace skiff::unpack {
namespace {

constexpr CodingEffort kEffort{.level = 19};

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
    put_varint(out, result                       ? stream.method
                    : names_method(stream.codec) ? kFirstMethod + stream.method
                                                 : codec);
  }
  for (const Stream& stream : streams) put_varint(out, stream.cuts.size());
  for (const Stream& stream : streams) {
    std::uint64_t cut = 0;
    for (const std::uint64_t next : stream.cuts) {
      put_varint(out, next - cut);
      cut = next;
    }
  }
}

void put_level(Bytes& out, const Level& level) {
  put_varint(out, level.phase);
  put_varint(out, level.methods.size());
  for (std::size_t i = 0; i < level.methods.size(); ++i) {
    put_varint(out, static_cast<std::uint64_t>(level.methods[i].codec));
    for (const std::uint64_t parameter : level.methods[i].parameters) put_varint(out, parameter);
    put_varint(out, level.versions[i]);
  }
  put_streams(out, level.base, false);
  put_streams(out, level.result, true);
}

}  // namespace

Result<Bytes> write_recipe(const Recipe& recipe) {
  Bytes out;
  for (const Level& level : recipe) put_level(out, level);
  if (out.size() > kMaxRecipe)
    return fail(ErrorKind::kLimit, "a recipe of " + std::to_string(out.size()) + " bytes");
  const std::array<ByteView, 1> streams{out};
  return encode_streams(Codec::kZstd, streams, kEffort);
}

}  // namespace skiff::unpack
