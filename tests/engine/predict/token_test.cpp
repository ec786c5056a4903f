#include "predict/token.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/predict/programs.hpp"

namespace skiff::testing {
namespace {

/// An image of one kind, read as a segment reads it: a chunk of the base at a time.
class Cut {
 public:
  Cut(Bytes image, const Space& space) : image_(std::move(image)), typing_{space} {}

  /// The tokens of [begin, end), read in chunks that begin at `begin` and then wherever the last one ended.
  [[nodiscard]] std::vector<Token> tokens(std::uint64_t begin, std::uint64_t end,
                                          std::uint64_t chunk_length = BaseChunk::kCapacity) const {
    const ViewSource source(image_);
    const AddressMap addresses(typing_);
    const Space& space = typing_.front();
    BaseChunk chunk;
    const Tokenizer tokenizer(chunk, addresses, space.addresses.empty() ? nullptr : &space,
                              space.types.front());
    std::vector<Token> list;
    std::uint64_t read_until = begin;
    for (std::uint64_t at = begin; at < end; at += list.back().length) {
      if (at >= read_until) {
        const std::uint64_t length = std::min(end - at, chunk_length);
        EXPECT_TRUE(chunk.read(source, at, length));
        read_until = at + length;
      }
      list.push_back(tokenizer.next(at, end));
    }
    return list;
  }
  [[nodiscard]] const Bytes& image() const { return image_; }

 private:
  Bytes image_;
  ImageTyping typing_;
};

bool same(const Token& a, const Token& b) {
  return a.base_offset == b.base_offset && a.length == b.length && a.data == b.data &&
         a.page_back == b.page_back && a.field.reference == b.field.reference &&
         a.field.scale == b.field.scale && a.field.origin == b.field.origin && a.old == b.old &&
         a.target == b.target && a.address == b.address;
}

::testing::AssertionResult agree(const std::vector<Token>& all, const std::vector<Token>& some) {
  std::size_t i = 0;
  while (i < all.size() && all[i].base_offset != some.front().base_offset) ++i;
  for (const Token& token : some) {
    if (i == all.size() || !same(all[i], token))
      return ::testing::AssertionFailure() << "at " << token.base_offset;
    ++i;
  }
  return ::testing::AssertionSuccess();
}

class EveryKind : public ::testing::TestWithParam<Kind> {
 protected:
  /// A program between stretches of noise, so that references meet everything.
  [[nodiscard]] Cut cut(std::uint32_t seed) const {
    ProgramPlan plan{.kind = GetParam(), .length = 1200, .seed = seed};
    Bytes image = program(plan) + noise(301, seed) + prose(99, seed);
    plan.length = image.size();
    return {std::move(image), program_space(plan)};
  }
};

TEST_P(EveryKind, TokensTileAnyRange) {
  std::mt19937 random(1);
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    const Cut image = cut(seed);
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t begin = random() % image.image().size();
      const std::uint64_t end = begin + 1 + random() % (image.image().size() - begin);
      std::uint64_t at = begin;
      for (const Token& token : image.tokens(begin, end)) {
        ASSERT_EQ(token.base_offset, at);
        ASSERT_GE(token.length, 1u);
        ASSERT_LE(token.length, GetParam() == Kind::kPointer64 ? 8u : 4u);
        std::uint64_t value = 0;
        for (unsigned k = token.length; k-- > 0;) value = value << 8 | image.image()[at + k];
        ASSERT_EQ(token.old, value);
        at += token.length;
      }
      ASSERT_EQ(at, end);
    }
  }
}

TEST_P(EveryKind, TokensStayTheSameWhereverARangeEndsBetweenThem) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    const Cut image = cut(seed);
    const std::vector<Token> all = image.tokens(0, image.image().size());
    for (const Token& last : all) {
      ASSERT_TRUE(agree(all, image.tokens(0, last.base_offset + last.length)))
          << "seed " << seed << ", ended after " << last.base_offset;
    }
  }
}

TEST_P(EveryKind, TokensStayTheSameWhereverARangeBeginsBetweenThem) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    const Cut image = cut(seed);
    const std::vector<Token> all = image.tokens(0, image.image().size());
    for (const Token& first : all)
      ASSERT_TRUE(agree(all, image.tokens(first.base_offset, image.image().size()))) << seed;
  }
}

TEST_P(EveryKind, TokensStayTheSameHoweverTheBaseIsRead) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    const Cut image = cut(seed);
    const std::vector<Token> all = image.tokens(0, image.image().size());
    for (const std::uint64_t length : {1u, 2u, 3u, 4u, 7u, 16u, 64u, 100u})
      ASSERT_TRUE(agree(all, image.tokens(0, image.image().size(), length))) << length;
  }
}

TEST_P(EveryKind, FindsTheReferencesOfAProgram) {
  if (GetParam() == Kind::kRaw) GTEST_SKIP() << "raw bytes have none";
  const ProgramPlan plan{.kind = GetParam(), .length = 8000, .seed = 3, .address = 0x40'0000};
  const Space space = program_space(plan);
  const Cut image(program(plan), space);
  std::size_t references = 0;
  for (const Token& token : image.tokens(0, plan.length)) {
    if (!token.is_reference()) continue;
    ++references;
    ASSERT_EQ(token.address, plan.address + token.base_offset);
    ASSERT_GE(token.target, space.low);
    ASSERT_LT(token.target, space.high);
    ASSERT_EQ(with_target(token.field, token.old, token.target, token.address), token.old);
  }
  // Nearly one in eight bytes; distances in tables count only from 64 KiB on.
  if (GetParam() != Kind::kRelative32 && GetParam() != Kind::kOffset32) {
    EXPECT_GT(references, 900u);
  }
}

TEST_P(EveryKind, HasNoReferencesWithoutASpace) {
  const ProgramPlan plan{.kind = GetParam(), .length = 800, .seed = 3};
  Space space = program_space(plan);
  space.addresses.clear();
  for (const Token& token : Cut(program(plan), space).tokens(0, plan.length))
    EXPECT_FALSE(token.is_reference());
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryKind, ::testing::ValuesIn(kAllKinds),
                         [](const auto& kind) { return std::to_string(static_cast<int>(kind.param)); });

TEST(Tokenizer, TakesFarDistancesInTablesForReferences) {
  for (const Kind kind : {Kind::kRelative32, Kind::kOffset32}) {
    const ProgramPlan plan{.kind = kind, .length = 400'000, .seed = 5};
    std::size_t references = 0;
    for (const Token& token : Cut(program(plan), program_space(plan)).tokens(0, plan.length))
      references += token.is_reference() ? 1 : 0;
    EXPECT_GT(references, 25'000u);
  }
}

TEST(Tokenizer, CompletesAPageWithWhatIsAddedToIt) {
  // adrp x3, 2 pages on; nop; add x3, x3, #0x45c; ldr x1, [x3, #8]
  const std::uint32_t words[] = {0xd0000003, 0xd503201f, 0x91117063, 0xf9400461};
  Bytes code;
  for (const std::uint32_t word : words)
    for (unsigned i = 0; i < 4; ++i) code.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
  ProgramPlan plan{.kind = Kind::kA64, .length = code.size(), .address = 0x10000};
  Space space = program_space(plan);
  space.high = 0x20000;
  const auto tokens = Cut(code, space).tokens(0, code.size());
  ASSERT_EQ(tokens.size(), 4u);
  EXPECT_EQ(tokens[0].field.reference, Reference::kA64Page);
  EXPECT_EQ(tokens[0].target, 0x1245cu);
  EXPECT_FALSE(tokens[1].is_reference());
  EXPECT_EQ(tokens[2].field.reference, Reference::kA64PageAdd);
  EXPECT_EQ(tokens[2].target, 0x1245cu);
  EXPECT_EQ(tokens[2].page_back, 2u);
  EXPECT_EQ(tokens[3].field.reference, Reference::kA64PageLoad);
  EXPECT_EQ(tokens[3].target, 0x12008u);
  EXPECT_EQ(tokens[3].field.scale, 3u);
}

}  // namespace
}  // namespace skiff::testing
