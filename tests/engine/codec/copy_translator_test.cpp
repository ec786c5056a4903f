#include "codec/copy_translator.hpp"

#include <gtest/gtest.h>

#include <random>

#include "predict/predictor.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/codec/typed_window.hpp"

namespace skiff::testing {
namespace {

/// A part of a copy token by token: references as the predictor of codec 1 would have them by the map alone.
Bytes naive_part(const TypedWindow& window, const WindowView& view, const Copy& copy, const Piece& part) {
  const ViewSource base(window.base);
  Predictor predictor(view.result_addresses(), view.translator(), 8);
  const Moved moved{copy.base_offset, copy.result_offset, copy.length};
  const std::uint64_t end = part.base_offset + part.length;
  Bytes made;
  for (std::uint64_t at = part.base_offset; at < end;) {
    const TypedPlace place = view.base_types().at(at);
    const std::uint64_t run_end = std::min(end, place.range.offset + place.range.length);
    BaseChunk chunk;
    EXPECT_TRUE(chunk.read(base, at, 1));
    PlacedToken placed{Tokenizer(chunk, view.base_addresses(), place.space, place.range).next(at, run_end),
                       part.result_offset + made.size(), place.space};
    const Prediction prediction = predictor.predict(placed, moved, 0);
    const std::uint64_t value = placed.token.is_reference() ? prediction.by_map : placed.token.old;
    for (unsigned i = 0; i < placed.token.length; ++i)
      made.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    at += placed.token.length;
  }
  return made;
}

class TranslatedCopies : public ::testing::TestWithParam<Kind> {
 protected:
  static Piece part_of(const Copy& copy, std::uint64_t from, std::uint64_t length) {
    return {Piece::Kind::kResidue, copy.result_offset + from, copy.base_offset + from, length};
  }
  /// The part read in steps of random lengths.
  Bytes read(const Copy& copy, const Piece& part, std::mt19937& random, std::uint64_t longest) const {
    const ViewSource base(window_.base);
    CopyTranslator copies(base, view_);
    copies.begin(copy, part);
    Bytes made(part.length);
    for (std::size_t at = 0; at < made.size();) {
      const std::size_t step = std::min<std::size_t>(1 + random() % longest, made.size() - at);
      EXPECT_TRUE(copies.read(MutableBytes(made).subspan(at, step)));
      at += step;
    }
    return made;
  }

  /// Tables of distances hold short ones, which are no references; branches of code do not reach far.
  static std::uint64_t length() {
    return GetParam() == Kind::kRelative32 || GetParam() == Kind::kOffset32 ? 2'000'000 : 40'000;
  }

  const TypedWindow window_ = moved_program(GetParam(), length(), 3);
  const WindowView view_{window_.map};
};

TEST_P(TranslatedCopies, OfAProgramThatOnlyMovedAreTheResult) {
  std::mt19937 random(1);
  std::size_t moved = 0;
  std::size_t missed = 0;
  for (const Copy& copy : window_.map.copies) {
    const Bytes before = part(window_.base, copy.base_offset, copy.length);
    const Bytes made = read(copy, part_of(copy, 0, copy.length), random, 100'000);
    for (std::size_t i = 0; i < made.size(); ++i) {
      moved += before[i] != window_.result[copy.result_offset + i] ? 1 : 0;
      missed += made[i] != window_.result[copy.result_offset + i] ? 1 : 0;
    }
  }
  // What is missed looks like no reference: a short distance in a table, or an opcode inside a field.
  EXPECT_EQ(moved > 1'000, GetParam() != Kind::kRaw);
  EXPECT_LE(missed * 20, moved);
}

TEST_P(TranslatedCopies, AreTheTokensOfTheCopyHoweverTheyAreRead) {
  std::mt19937 random(2);
  for (int round = 0; round < 60; ++round) {
    const Copy& copy = window_.map.copies[random() % window_.map.copies.size()];
    const std::uint64_t from = random() % copy.length;
    const Piece some = part_of(copy, from, 1 + random() % std::min<std::uint64_t>(copy.length - from, 900));
    ASSERT_EQ(read(copy, some, random, 1 + random() % 200), naive_part(window_, view_, copy, some)) << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, TranslatedCopies, ::testing::ValuesIn(kAllKinds),
                         [](const auto& kind) { return std::to_string(static_cast<int>(kind.param)); });

/// Spaces, ranges and kinds anywhere, over bytes that hold references of every kind now and then.
TypedWindow wild_window(std::uint32_t seed) {
  std::mt19937 random(seed);
  TypedWindow window;
  for (const Kind kind : {Kind::kA64, Kind::kX64, Kind::kThumb, Kind::kPointer64, Kind::kRelative32})
    window.base =
        window.base + program({.kind = kind, .length = 400, .seed = seed}) + noise(random() % 7, seed);
  window.result = Bytes(window.base.size());
  Space space{0, window.base.size(), 0x400000, 0x401000, {}, {}};
  for (std::uint64_t at = 0; at < space.end;) {
    const std::uint64_t length = std::min<std::uint64_t>(1 + random() % 300, space.end - at);
    space.types.push_back({at, length, static_cast<Kind>(random() % kKinds), 0x400000});
    space.addresses.push_back({at, length - random() % length, 0x400000 + random() % 0x1000});
    at += length;
  }
  window.map.typing = {{space}, {space}};
  for (std::uint64_t at = 0; at + 300 < window.base.size(); at += 300)
    window.map.copies.push_back({at, random() % (window.base.size() - 300), 250, false});
  return window;
}

TEST(CopyTranslator, CutsTokensAsCodec1DoesWhateverTheTyping) {
  std::mt19937 random(3);
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    const TypedWindow window = wild_window(seed);
    const WindowView view(window.map);
    const ViewSource base(window.base);
    CopyTranslator copies(base, view);
    for (const Copy& copy : window.map.copies) {
      const std::uint64_t from = random() % copy.length;
      const Piece some{Piece::Kind::kResidue, copy.result_offset + from, copy.base_offset + from,
                       copy.length - from};
      Bytes made(some.length);
      copies.begin(copy, some);
      for (std::size_t at = 0; at < made.size(); at += 13)
        ASSERT_TRUE(copies.read(MutableBytes(made).subspan(at, std::min<std::size_t>(13, made.size() - at))));
      ASSERT_EQ(made, naive_part(window, view, copy, some)) << seed;
    }
  }
}

TEST(CopyTranslator, HandsOnTheErrorOfItsBase) {
  const TypedWindow window = moved_program(Kind::kA64, 4'000, 1);
  const WindowView view(window.map);
  const ViewSource base(window.base);
  Countdown countdown(0);
  const FailingSource failing(base, countdown);
  CopyTranslator copies(failing, view);
  const Copy& copy = window.map.copies.front();
  copies.begin(copy, {Piece::Kind::kResidue, copy.result_offset, copy.base_offset, copy.length});
  Bytes made(100);
  EXPECT_EQ(copies.read(made).error().kind, ErrorKind::kIo);
}

}  // namespace
}  // namespace skiff::testing
