#include <algorithm>
#include <array>
#include <limits>

#include "base/cursor.hpp"
#include "base/heap_array.hpp"
#include "base/varint.hpp"
#include "entropy/codec.hpp"
#include "unpack/recipe.hpp"

namespace skiff::unpack {
namespace {

constexpr std::uint64_t kMaxMethods = 256;
constexpr std::uint64_t kStreamFields = 5;
constexpr std::uint64_t kMaxLength = std::numeric_limits<std::uint64_t>::max() >> 2;

tl::unexpected<Error> broken(std::string rule, std::string message) {
  return fail(ErrorKind::kFormat, std::move(message), std::move(rule));
}

Result<void> read_methods(Cursor& cursor, Level& level) {
  SKIFF_ASSIGN(const std::uint64_t count, cursor.varint());
  if (count > kMaxMethods) return broken("F29", "a recipe of " + std::to_string(count) + " methods");
  for (std::uint64_t i = 0; i < count; ++i) {
    SKIFF_ASSIGN(const std::uint64_t codec, cursor.varint());
    if (codec > std::numeric_limits<std::uint8_t>::max())
      return broken("F30", "a stream codec out of bounds");
    Method method{static_cast<StreamCodec>(codec), {}};
    for (std::uint64_t& parameter : method.parameters) {
      SKIFF_ASSIGN(parameter, cursor.varint());
    }
    SKIFF_TRY(check_method(method));
    SKIFF_ASSIGN(const std::uint64_t version, cursor.varint());
    level.methods.push_back(method);
    level.versions.push_back(version);
  }
  return {};
}

enum class Side { kBase, kResult };

Result<void> read_kind(std::uint64_t value, Side side, const std::vector<Method>& methods, Stream& stream) {
  if (side == Side::kBase && value < kFirstMethod) {
    if (value < 1) return fail(ErrorKind::kUnsupported, "unknown stream codec 0", "F30");
    stream.codec = static_cast<StreamCodec>(value);
    return {};
  }
  if (side == Side::kBase) value -= kFirstMethod;
  if (value >= methods.size()) return broken("F29", "a stream of a method that the recipe does not have");
  stream.method = static_cast<std::size_t>(value);
  stream.codec = methods[stream.method].codec;
  if (side == Side::kBase && !names_method(stream.codec))
    return broken("F29", "a stream of the base by a method of a codec that needs none");
  return {};
}

Result<void> read_cuts(Cursor& cursor, std::vector<Stream>& streams) {
  std::vector<std::uint64_t> counts(streams.size());
  for (std::uint64_t& count : counts) {
    SKIFF_ASSIGN(count, cursor.varint());
  }
  for (std::size_t i = 0; i < streams.size(); ++i) {
    if (counts[i] > cursor.remaining()) return broken("F2", "ends early: cuts of a recipe");
    std::uint64_t cut = 0;
    for (; counts[i] > 0; --counts[i]) {
      SKIFF_ASSIGN(const std::uint64_t further, cursor.varint());
      if (further == 0 || further >= streams[i].opened - cut)
        return broken("F31", "a cut of a recipe that lies not within its stream, after the one before");
      cut += further;
      streams[i].cuts.push_back(cut);
    }
  }
  return {};
}

Result<std::vector<Stream>> read_streams(Cursor& cursor, Side side, const std::vector<Method>& methods) {
  SKIFF_ASSIGN(const std::uint64_t count, cursor.varint());
  if (count > cursor.remaining() / kStreamFields) return broken("F2", "ends early: streams of a recipe");
  std::vector<Stream> streams(static_cast<std::size_t>(count));
  for (Stream& stream : streams) {
    SKIFF_ASSIGN(stream.plain, cursor.varint());
  }
  for (Stream& stream : streams) {
    SKIFF_ASSIGN(stream.packed, cursor.varint());
  }
  std::uint64_t opened = 0;
  for (Stream& stream : streams) {
    SKIFF_ASSIGN(const std::uint64_t change, cursor.varint());
    opened += static_cast<std::uint64_t>(unzigzag(change));
    stream.opened = opened;
    if (stream.packed == 0 || opened == 0 || opened > kMaxLength)
      return broken("F31", "a stream of a recipe with no length, or past all bounds");
  }
  for (Stream& stream : streams) {
    SKIFF_ASSIGN(const std::uint64_t kind, cursor.varint());
    SKIFF_TRY(read_kind(kind, side, methods, stream));
  }
  SKIFF_TRY(read_cuts(cursor, streams));
  return streams;
}

Result<Level> read_level(Cursor& cursor) {
  Level level;
  SKIFF_ASSIGN(level.phase, cursor.varint());
  if (level.phase > kMaxPhase) return broken("F29", "a level of phase " + std::to_string(level.phase));
  SKIFF_TRY(read_methods(cursor, level));
  SKIFF_ASSIGN(level.base, read_streams(cursor, Side::kBase, level.methods));
  SKIFF_ASSIGN(level.result, read_streams(cursor, Side::kResult, level.methods));
  return level;
}

}  // namespace

Result<Recipe> read_recipe(ByteView coded, std::uint64_t features) {
  Cursor lengths(coded);
  SKIFF_ASSIGN(const std::uint64_t length, lengths.varint());
  if (length > kMaxRecipe) return broken("F28", "a recipe of " + std::to_string(length) + " bytes");
  SKIFF_ASSIGN(HeapArray<std::uint8_t> room, HeapArray<std::uint8_t>::make(length));
  SKIFF_ASSIGN(const auto decoder, make_stream_decoder(Codec::kZstd));
  std::array<ByteView, 1> raw;
  SKIFF_TRY(decoder->decode({coded, 0}, room.span(), raw));
  Cursor cursor(raw[0]);
  const std::size_t most = (features & kSeveralLevels) != 0 ? kMaxLevels : 1;
  Recipe recipe;
  do {
    SKIFF_ASSIGN(Level level, read_level(cursor));
    recipe.push_back(std::move(level));
  } while (recipe.size() < most && !cursor.at_end());
  if (!cursor.at_end()) return broken("F28", "a recipe longer than its fields");
  return recipe;
}

}  // namespace skiff::unpack
