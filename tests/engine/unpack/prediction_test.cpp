// Deflate streams of many encoders, and of none: predicted, corrected and written again, bit by bit.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>

#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/unpack/by_zlib.hpp"
#include "unpack/prediction/block_reader.hpp"
#include "unpack/prediction/block_writer.hpp"
#include "unpack/prediction/predicted_deflate.hpp"
#include "unpack/prediction_finder.hpp"
#include "unpack/scan.hpp"

namespace skiff::unpack {
namespace {

namespace fs = std::filesystem;
using prediction::Block;
using prediction::BlockType;
using prediction::Hash;
using prediction::Search;
using prediction::Token;
using testing::noise;
using testing::operator+;
using testing::part;
using testing::part_of_this_program;
using testing::prose;

const Search kSlowest{4096, 32, 258, 258};

/// Words in an order of chance: what compresses as texts do, with many matches to choose from.
Bytes words(std::size_t length, std::uint32_t seed) {
  const Bytes vocabulary = noise(6'000, 1);
  std::mt19937 random(seed);
  Bytes out;
  while (out.size() < length) {
    const std::size_t word = std::min(random() % 1'000, random() % 1'000);
    out = out.size() > length ? out : std::move(out) + part(vocabulary, 5 * word, 2 + word % 7);
  }
  return out;
}

Bytes zlib_packed(const Bytes& content, int level, int strategy = Z_DEFAULT_STRATEGY, int memory = 8) {
  return by_zlib(content, {.level = level, .memory = memory, .strategy = strategy});
}

Bytes restored(const Method& method, ByteView opened) {
  BytesSink sink;
  EXPECT_TRUE(prediction::restore(method, opened, sink));
  return sink.take();
}

/// The corrections with which the stream came out the same; its content is `content`.
Bytes corrections_of(const Method& method, const Bytes& packed, const Bytes& content) {
  Bytes room(content.size());
  const auto length = prediction::expand(method.codec, packed, room);
  EXPECT_TRUE(length) << length.error().text();
  EXPECT_EQ(room, content);
  const auto corrections = prediction::correct(method, packed, content, {}).value();
  EXPECT_TRUE(corrections);
  Bytes opened = content;
  prediction::append(opened, *corrections);
  EXPECT_EQ(restored(method, opened), packed);
  return *corrections;
}

TEST(Prediction, RestoresWhatZlibPacksAtAnyLevelAndStrategy) {
  const Method method = prediction::method_of(StreamCodec::kPredictedDeflate, kSlowest);
  const Bytes content = words(30'000, 3) + noise(9'000, 4) + Bytes(20'000, 7) + prose(9'000, 5);
  for (const int level : {0, 1, 3, 4, 6, 9}) {
    for (const int strategy : {Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED})
      corrections_of(method, zlib_packed(content, level, strategy), content);
  }
}

TEST(Prediction, IsRightButForABlockCountWhereTheSearchIsTheEncoders) {
  const Bytes content = words(200'000, 3) + prose(100'000, 5);
  const std::vector<std::pair<int, Search>> levels = {
      {9, kSlowest}, {6, {128, 8, 16, 128}}, {4, {16, 4, 4, 16}}, {3, {32, 4, 6, 32, Hash::kShift15, true}}};
  for (const auto& [level, search] : levels) {
    const Method method = prediction::method_of(StreamCodec::kPredictedDeflate, search);
    const Bytes packed = zlib_packed(content, level);
    EXPECT_LT(corrections_of(method, packed, content).size(), packed.size() / 1'000) << level;
  }
}

TEST(Prediction, HasAnotherHashForAnotherMemoryLevel) {
  const Bytes content = words(200'000, 3);
  Search search{128, 8, 16, 128, Hash::kShift16};
  const Bytes packed = zlib_packed(content, 6, Z_DEFAULT_STRATEGY, 9);
  const Bytes right =
      corrections_of(prediction::method_of(StreamCodec::kPredictedDeflate, search), packed, content);
  EXPECT_LT(right.size(), packed.size() / 1'000);
}

/// Blocks that no encoder would write: matches where there may be any, of any length and way to write it.
Bytes arbitrary_stream(std::uint32_t seed) {
  std::mt19937 random(seed);
  BytesSink sink;
  prediction::BlockWriter writer(sink);
  std::size_t at = 0;
  for (int blocks = 6; blocks > 0; --blocks) {
    Block block;
    block.last = blocks == 1;
    block.type = random() % 3 == 0 ? BlockType::kStored : BlockType::kFixed;
    block.padding = static_cast<std::uint8_t>(random());
    block.stored = block.type == BlockType::kStored ? static_cast<std::uint16_t>(random() % 300) : 0;
    at += block.stored;
    for (std::size_t i = 0; block.type == BlockType::kFixed && i < 500; ++i) {
      Token token{0, static_cast<std::uint16_t>(random() % 4)};
      if (at > 0 && random() % 4 == 0)
        token = {static_cast<std::uint16_t>(3 + random() % 257),
                 static_cast<std::uint16_t>(1 + random() % std::min<std::size_t>(at, 32768))};
      at += span_of(token);
      block.tokens.push_back(token);
    }
    EXPECT_TRUE(writer.write(block, noise(block.stored, random())));
  }
  EXPECT_TRUE(writer.finish());
  return sink.take();
}

TEST(Prediction, RestoresStreamsThatNoEncoderMakes) {
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    const Bytes packed = arbitrary_stream(seed);
    Bytes room(1 << 20);
    const auto length = prediction::expand(StreamCodec::kPredictedDeflate, packed, room);
    ASSERT_TRUE(length) << length.error().text();
    room.resize(*length);
    Bytes by_zlib(room.size() + 1);
    z_stream stream{};
    inflateInit2(&stream, -MAX_WBITS);
    stream.next_in = const_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = by_zlib.data();
    stream.avail_out = static_cast<uInt>(by_zlib.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    by_zlib.resize(stream.total_out);
    inflateEnd(&stream);
    EXPECT_EQ(room, by_zlib);
    for (const Hash hash : {Hash::kShift15, Hash::kFourBytes}) {
      Search search = kSlowest;
      search.hash = hash;
      corrections_of(prediction::method_of(StreamCodec::kPredictedDeflate, search), packed, room);
    }
  }
}

TEST(Prediction, RefusesEveryDamagedCorrectionOrWritesAnotherStream) {
  const Bytes content = words(60'000, 2);
  const Bytes packed = zlib_packed(content, 6);
  const Method method = prediction::method_of(StreamCodec::kPredictedDeflate, {4, 4, 4, 8, Hash::kCrc, true});
  Bytes opened = content;
  prediction::append(opened, corrections_of(method, packed, content));
  ASSERT_GT(opened.size(), content.size() + 1'000);
  for (std::size_t at = content.size(); at < opened.size();
       at += 1 + (opened.size() - content.size()) / 100) {
    Bytes damaged = opened;
    damaged[at] ^= 0x15;
    BytesSink sink;
    const auto done = prediction::restore(method, damaged, sink);
    if (done) {
      EXPECT_NE(sink.bytes(), packed);
    } else {
      EXPECT_EQ(done.error().kind == ErrorKind::kMismatch || done.error().kind == ErrorKind::kFormat, true);
    }
  }
}

TEST(Prediction, RefusesEveryTruncatedStream) {
  const Bytes content = words(3'000, 2);
  const Bytes packed = zlib_packed(content, 6);
  Bytes room(content.size());
  for (std::size_t length = 0; length < packed.size(); ++length)
    EXPECT_FALSE(prediction::expand(StreamCodec::kPredictedDeflate, ByteView(packed).first(length), room));
  room.resize(room.size() - 1);
  EXPECT_FALSE(prediction::expand(StreamCodec::kPredictedDeflate, packed, room));
}

/// What the command makes of the content, on its standard output.
Bytes made_by(const std::string& command, const Bytes& content) {
  std::string name = (fs::temp_directory_path() / "prediction-XXXXXX").string();
  const fs::path folder = ::mkdtemp(name.data());
  EXPECT_TRUE(write_file(folder / "in", content));
  EXPECT_EQ(std::system(("cd " + folder.string() + " && " + command + " > out").c_str()), 0);
  Bytes out = read_file(folder / "out", std::uint64_t{1} << 26).value();
  fs::remove_all(folder);
  return out;
}

struct Encoder {
  std::string command;
  std::size_t most_corrections;  ///< in thousandths of the stream
};

class PredictionOf : public ::testing::TestWithParam<Encoder> {};

TEST_P(PredictionOf, AnEncoderThatIsNotZlibPays) {
  const Bytes content = part_of_this_program(100'000, 150'000) + words(50'000, 8);
  const Bytes image = made_by(GetParam().command, content);
  std::size_t found = 0;
  EXPECT_TRUE(find_streams(ViewSource(image), {{0, image.size()}}, [&](FoundStream& stream) -> Result<void> {
    ++found;
    EXPECT_EQ(stream.opened, content);
    const Bytes packed =
        part(image, static_cast<std::size_t>(stream.offset), static_cast<std::size_t>(stream.length));
    PredictionFinder finder;
    const auto method = finder.predict(stream, packed);
    EXPECT_TRUE(method);
    if (!method) return {};
    EXPECT_EQ(restored(*method, stream.opened), packed);
    EXPECT_LT(1'000 * finder.corrections(), GetParam().most_corrections * packed.size())
        << finder.corrections() << " of " << packed.size();
    return {};
  }));
  EXPECT_EQ(found, 1u);
}

INSTANTIATE_TEST_SUITE_P(Encoders, PredictionOf,
                         ::testing::Values(Encoder{"gzip -9nc in", 10}, Encoder{"gzip -1nc in", 10},
                                           Encoder{"libdeflate-gzip -6 -c in", 500},
                                           Encoder{"libdeflate-gzip -12 -c in", 500},
                                           Encoder{"zopfli --i1 -c in", 500},
                                           Encoder{"7z a -tgzip -mx9 -so -bd x in", 500},
                                           Encoder{"node -e 'process.stdout.write(require(\"zlib\").gzipSync("
                                                   "require(\"fs\").readFileSync(\"in\"),{level:9}))'",
                                                   60}));

}  // namespace
}  // namespace skiff::unpack
