#include <zlib.h>

#include <functional>
#include <memory>
#include <utility>

#include "base/varint.hpp"
#include "entropy/codec.hpp"
#include "tests/engine/apply/delta_builder.hpp"
#include "tests/engine/apply/test_digest.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/golden/files.hpp"
#include "unpack/opened_base.hpp"
#include "unpack/prediction/predicted_deflate.hpp"
#include "unpack/recipe.hpp"
#include "unpack/stream_codec.hpp"

namespace skiff::testing {
namespace {

using unpack::Level;
using unpack::Recipe;
using unpack::StreamCodec;

std::uint64_t opened_length(const Recipe& recipe, std::uint64_t base_length) {
  for (const Level& level : recipe)
    base_length = unpack::lay_out(level.base, base_length, level.phase).value().length;
  return base_length;
}

Opening opening_of(const Recipe& recipe, std::uint64_t base_length, std::uint64_t result_length) {
  return {.features = unpack::features_of(recipe),
          .base_length = opened_length(recipe, base_length),
          .result_length = result_length,
          .memory = unpack::unpack_memory(recipe),
          .recipe = unpack::write_recipe(recipe).value()};
}

/// A base's form with all levels open.
Bytes opened_form(ByteView base, const Recipe& recipe) {
  std::vector<std::unique_ptr<Source>> forms;
  forms.push_back(std::make_unique<ViewSource>(base));
  for (const Level& level : recipe) {
    const unpack::StreamList list{level.base, level.methods, level.phase};
    forms.push_back(unpack::OpenedBase::make(*forms.back(), list, all_repackers()).value());
  }
  Bytes opened(static_cast<std::size_t>(forms.back()->size()));
  (void)forms.back()->read_at(0, opened);
  return opened;
}

/// A result that is made from a base's opened form, and not packed.
GoodFile opened_file(std::string name, const Bytes& base, const Recipe& recipe, const Bytes& result) {
  const Bytes opened = opened_form(base, recipe);
  CodedDelta coded = code_delta(cut_delta(opened, result, naive_cover(opened, result, 1 << 20), {}), 19);
  coded.info.base = {base.size(), sha256(base)};
  coded.info.opening = opening_of(recipe, base.size(), result.size());
  return {std::move(name), base, join_delta(coded)};
}

/// A base with two streams, one of which has cuts. Nothing of the result is
/// packed: that would tie the file to versions of libraries.
GoodFile opened_base() {
  const Bytes texts[] = {prose(900, 1), prose(400, 2)};
  const unpack::Method method{StreamCodec::kZlib, {9, 8, 0, 15, 0}};
  Bytes base = noise(21, 3);
  Level level;
  std::uint64_t plain = base.size();
  for (const Bytes& text : texts) {
    BytesSink packed;
    (void)unpack::pack_stream(method, text, packed);
    level.base.push_back(
        {.plain = plain,
         .packed = packed.bytes().size(),
         .opened = text.size(),
         .codec = StreamCodec::kZlib,
         .cuts = plain == 0 ? std::vector<std::uint64_t>{7, 333} : std::vector<std::uint64_t>{}});
    base = base + packed.bytes();
    plain = 0;
  }
  base = base + noise(30, 4);
  const Bytes opened = opened_form(base, {level});
  const Bytes result = speckled(part(opened, 40, 800), 90) + noise(9, 5) + part(opened, 5, opened.size() - 5);
  return opened_file("opened-base", base, {level}, result);
}

/// The same with the second stream in the first: two levels, of which the first one's stream has a cut.
GoodFile nested_base() {
  const unpack::Method method{StreamCodec::kZlib, {9, 8, 0, 15, 0}};
  const auto packed = [&](const Bytes& content) {
    BytesSink sink;
    (void)unpack::pack_stream(method, content, sink);
    return sink.take();
  };
  const Bytes inner = packed(prose(400, 2));
  const Bytes content = prose(300, 1) + inner + prose(50, 6);
  const Bytes outer = packed(content);
  const Bytes base = noise(21, 3) + outer + noise(30, 4);
  Level first;
  first.phase = 5;
  first.base = {{.plain = 21,
                 .packed = outer.size(),
                 .opened = content.size(),
                 .codec = StreamCodec::kZlib,
                 .cuts = {100}}};
  Level second;  // 21 bytes and 11 zeros, 100 bytes and 12 zeros, 200 bytes
  second.base = {
      {.plain = 32 + 112 + 200, .packed = inner.size(), .opened = 400, .codec = StreamCodec::kZlib}};
  const Bytes opened = opened_form(base, {first, second});
  const Bytes result = speckled(part(opened, 40, 800), 90) + noise(9, 5);
  return opened_file("opened-nested", base, {first, second}, result);
}

/// Three parts of a file, as erofs has them: zeros before each block, no gap between their contents.
GoodFile lz4_base() {
  const Bytes text = prose(90'000, 1);
  Bytes base = noise(4096, 3);
  Level level;
  level.methods = {{StreamCodec::kLz4, {}}, {StreamCodec::kLz4GoesOn, {}}};
  level.versions = {unpack::kAnyVersion, unpack::kAnyVersion};
  std::size_t at = 0;
  for (const std::size_t length : {5'001, 4'003, 3'777}) {
    BytesSink packed;
    (void)unpack::pack_stream({StreamCodec::kLz4, {9, 0, 0, 0, 0}}, part(text, at, length), packed);
    const bool first = at == 0;
    level.base.push_back({.plain = first ? base.size() : 0,
                          .packed = 4096,
                          .opened = length,
                          .method = first ? 0u : 1u,
                          .codec = first ? StreamCodec::kLz4 : StreamCodec::kLz4GoesOn,
                          .cuts = {}});
    base = base + Bytes(4096 - packed.bytes().size(), 0) + packed.bytes();
    at += length;
  }
  const Bytes opened = opened_form(base, {level});
  const Bytes result = speckled(part(opened, 4'096, 9'000), 90) + noise(9, 5);
  return opened_file("opened-lz4", base, {level}, result);
}

/// A PNG picture in four chunks.
GoodFile png_base() {
  const Bytes text = prose(1'000, 1);
  const unpack::Method method{StreamCodec::kPngPicture, {300, 0, 0, 0, 0}};
  BytesSink chunks;
  (void)unpack::pack_stream(method, text, chunks);
  const Bytes base = noise(37, 3) + chunks.bytes() + noise(12, 4);
  Level level;
  level.methods = {method};
  level.versions = {unpack::kAnyVersion};
  level.base = {{.plain = 37,
                 .packed = chunks.bytes().size(),
                 .opened = text.size(),
                 .codec = StreamCodec::kPngPicture,
                 .cuts = {}}};
  const Bytes opened = opened_form(base, {level});
  const Bytes result = speckled(part(opened, 40, 900), 90) + noise(9, 5);
  return opened_file("opened-png", base, {level}, result);
}

/// A stream that zlib makes, opened by what another search predicts of it.
struct PredictedStream {
  int level;
  int memory;
  int strategy;
  int window_bits;
  unpack::Method method;
};

Bytes zlib_packed(const PredictedStream& by, const Bytes& content) {
  z_stream stream{};
  deflateInit2(&stream, by.level, Z_DEFLATED, by.window_bits, by.memory, by.strategy);
  Bytes packed(deflateBound(&stream, content.size()));
  stream.next_in = const_cast<Bytef*>(content.data());
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// Each hash, each type of block, deflate and zlib.
std::vector<PredictedStream> predicted_streams() {
  using Search = unpack::prediction::Search;
  using unpack::prediction::Hash;
  using unpack::prediction::method_of;
  constexpr StreamCodec kPredicted = StreamCodec::kPredictedDeflate;
  return {
      {9, 8, Z_DEFAULT_STRATEGY, -15, method_of(kPredicted, Search{8, 4, 8, 16, Hash::kShift15, false})},
      {6, 9, Z_DEFAULT_STRATEGY, 15,
       method_of(StreamCodec::kPredictedZlib, Search{128, 8, 16, 128, Hash::kShift16, false})},
      {1, 8, Z_FIXED, -15, method_of(kPredicted, Search{4, 4, 4, 8, Hash::kCrc, true})},
      {3, 8, Z_HUFFMAN_ONLY, -15, method_of(kPredicted, Search{32, 4, 6, 32, Hash::kMultiply, true})},
      {6, 1, Z_DEFAULT_STRATEGY, -15, method_of(kPredicted, Search{64, 8, 9, 64, Hash::kFourBytes, false})}};
}

Bytes predicted_opening(const unpack::Method& method, ByteView packed, const Bytes& content) {
  Bytes opened = content;
  const auto corrections = unpack::prediction::correct(method, packed, content, {}).value();
  unpack::prediction::append(opened, *corrections);
  return opened;
}

/// Deflate streams that open to their content and corrections, with a block of noise that is stored.
GoodFile predicted_base() {
  Bytes base = noise(21, 3);
  Bytes result;
  Level level;
  std::uint32_t seed = 1;
  for (const PredictedStream& stream : predicted_streams()) {
    const Bytes content = prose(2'500, seed) + noise(700, seed) + prose(1'500, seed + 1);
    const Bytes packed = zlib_packed(stream, content);
    const Bytes opened = predicted_opening(stream.method, packed, content);
    level.base.push_back({.plain = seed == 1 ? base.size() : 5,
                          .packed = packed.size(),
                          .opened = opened.size(),
                          .method = level.methods.size(),
                          .codec = stream.method.codec,
                          .cuts = {}});
    level.methods.push_back(stream.method);
    level.versions.push_back(unpack::kAnyVersion);
    base = base + (seed == 1 ? Bytes{} : noise(5, seed)) + packed;
    result = result + part(opened, 100 * seed, opened.size() - 100 * seed) + noise(9, seed);
    ++seed;
  }
  return opened_file("opened-predicted", base, {level}, result);
}

/// A delta whose head says the opening; its segments are never come to.
Bytes with_opening(const Opening& opening) {
  const Bytes base = bad_files_base();
  const Bytes result = part(base, 0, static_cast<std::size_t>(opening.result_length));
  CodedDelta coded = code_delta(cut_delta(base, result, naive_cover(base, result, 1 << 20), {}), 19);
  coded.info.opening = opening;
  return join_delta(coded);
}

constexpr std::uint64_t kLength = 200;

/// One stream of the base; of what is wrong with it, only the change.
Bytes with_recipe(const std::function<void(Level&)>& change) {
  Recipe recipe(1);
  recipe[0].base = {{.plain = 10, .packed = 50, .opened = 100, .codec = StreamCodec::kXz}};
  Opening opening = opening_of(recipe, bad_files_base().size(), kLength);
  change(recipe[0]);
  opening.features = unpack::features_of(recipe);
  opening.memory = unpack::unpack_memory(recipe);
  opening.recipe = unpack::write_recipe(recipe).value();
  return with_opening(opening);
}

Bytes with_declared(const std::function<void(Opening&)>& change) {
  Recipe recipe(1);
  recipe[0].base = {{.plain = 10, .packed = 50, .opened = 100, .codec = StreamCodec::kXz}};
  Opening opening = opening_of(recipe, bad_files_base().size(), kLength);
  change(opening);
  return with_opening(opening);
}

/// The recipe's bytes before coding.
Bytes with_raw_recipe(const Bytes& raw) {
  return with_declared([&](Opening& opening) {
    const std::array<ByteView, 1> streams{raw};
    opening.recipe = encode_streams(Codec::kZstd, streams).value();
  });
}

Bytes with_method(StreamCodec codec, std::array<std::uint64_t, unpack::kParameters> parameters) {
  return with_recipe([&](Level& level) {
    level.methods = {{codec, parameters}};
    level.versions = {1};
  });
}

/// Its base stream is to be predicted, by the method.
Bytes with_method_of_base(const unpack::Method& method) {
  const Bytes raw_method = varint_bytes(static_cast<std::uint64_t>(method.codec));
  Bytes raw = Bytes{0, 1} + raw_method;
  for (const std::uint64_t parameter : method.parameters) put_varint(raw, parameter);
  put_varint(raw, 0);                                               // version
  return with_raw_recipe(raw + Bytes{1, 10, 50, 200, 1, 5, 0, 0});  // 10 plain, 50 packed, 100 opened
}

}  // namespace

std::vector<GoodFile> opened_good_files() {
  return {opened_base(), nested_base(), lz4_base(), png_base(), predicted_base()};
}

std::vector<BadFile> opened_bad_files() {
  constexpr ErrorKind kFormat = ErrorKind::kFormat;
  constexpr ErrorKind kUnsupported = ErrorKind::kUnsupported;
  const Bytes too_many = Bytes{0} + varint_bytes(257);
  return {
      {"F28", "memory", kFormat, with_declared([](Opening& opening) { ++opening.memory; })},
      {"F28", "features", kFormat, with_declared([](Opening& opening) { opening.features |= 2; })},
      {"F28", "a-byte-more", kFormat, with_raw_recipe({0, 0, 0, 0, 0})},
      {"F28", "five-levels", kFormat, with_declared([](Opening& opening) {
         opening.features |= unpack::kSeveralLevels;
         opening.recipe = unpack::write_recipe(Recipe(5)).value();
       })},
      {"F28", "one-of-several-levels", kFormat,
       with_declared([](Opening& opening) { opening.features |= unpack::kSeveralLevels; })},
      {"F29", "phase", kFormat, with_raw_recipe({17, 0, 0, 0})},
      {"F29", "too-many-methods", kFormat, with_raw_recipe(too_many)},
      {"F29", "no-such-method", kFormat, with_raw_recipe({0, 0, 0, 1, 0, 50, 200, 1, 0})},
      {"F29", "base-by-no-prediction", kFormat, with_method_of_base({StreamCodec::kZlib, {9, 8, 0, 15, 0}})},
      {"F30", "hash", kFormat, with_method(StreamCodec::kPredictedDeflate, {4096, 32, 258, 258, 5})},
      {"F30", "chunks-of-nothing", kFormat, with_method(StreamCodec::kPngPicture, {0, 0, 0, 0, 0})},
      {"F30", "padded-without-most", kFormat, with_method(StreamCodec::kLz4, {9, 0, 1, 0, 0})},
      {"F30", "level", kFormat, with_method(StreamCodec::kZlib, {10, 8, 0, 15, 0})},
      {"F30", "codec", kUnsupported, with_raw_recipe({0, 1, 7, 0, 0, 0, 0, 0, 0, 0, 0})},
      {"F31", "past-the-image", kFormat, with_recipe([](Level& level) { level.base[0].packed = 291; })},
      {"F31", "empty-stream", kFormat, with_recipe([](Level& level) { level.base[0].packed = 0; })},
      {"F31", "cut-at-the-end", kFormat, with_recipe([](Level& level) {
         level.base[0].cuts = {30, 100};
       })},
      {"F31", "base-length", kFormat, with_declared([](Opening& opening) { ++opening.base_length; })},
      {"F32", "version", kUnsupported, with_method(StreamCodec::kZlib, {9, 8, 0, 15, 0})},
  };
}

}  // namespace skiff::testing
