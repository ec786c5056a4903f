// Packed texts: what was packed comes back, and nothing else is taken.
#include "skiff/packed.hpp"

#include <gtest/gtest.h>
#include <zstd.h>

#include <string>

namespace skiff {
namespace {

Bytes text_of(std::size_t length) {
  const std::string line = R"("deltas-3f1.json":{"version":12},)";
  Bytes text;
  while (text.size() < length) text.push_back(static_cast<std::uint8_t>(line[text.size() % line.size()]));
  return text;
}

TEST(PackedText, ComesBack) {
  for (const std::size_t length : {0, 1, 100, 40'000}) {
    const Bytes text = text_of(length);
    const auto packed = pack_text(text);
    ASSERT_TRUE(packed) << length;
    EXPECT_EQ(unpack_text(*packed, length), text) << length;
  }
}

TEST(PackedText, LongerThanAllowedIsALimit) {
  const auto unpacked = unpack_text(*pack_text(text_of(1000)), 999);
  ASSERT_FALSE(unpacked);
  EXPECT_EQ(unpacked.error().kind, ErrorKind::kLimit);
}

TEST(PackedText, IsOneWholeFrame) {
  const Bytes packed = *pack_text(text_of(1000));
  for (std::size_t length = 0; length < packed.size(); ++length) {
    EXPECT_FALSE(unpack_text(ByteView(packed).first(length), 1000)) << length;
  }
  Bytes twice = packed;
  twice.insert(twice.end(), packed.begin(), packed.end());
  EXPECT_FALSE(unpack_text(twice, 10'000));
}

TEST(PackedText, WithoutItsLengthIsRefused) {
  const Bytes text = text_of(1000);
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  Bytes packed(ZSTD_compressBound(text.size()));
  packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  const auto unpacked = unpack_text(packed, 1000);
  ASSERT_FALSE(unpacked);
  EXPECT_EQ(unpacked.error().kind, ErrorKind::kFormat);
}

TEST(PackedText, WithAByteChangedIsRefusedOrAsLongAsItSays) {
  const Bytes packed = *pack_text(text_of(1000));
  for (std::size_t at = 0; at < packed.size(); ++at) {
    Bytes changed = packed;
    changed[at] ^= 0x55;
    const auto unpacked = unpack_text(changed, 4000);
    EXPECT_LE(unpacked ? unpacked->size() : 0, 4000U);
  }
}

}  // namespace
}  // namespace skiff
