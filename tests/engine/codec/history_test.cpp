#include "codec/history.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/engine/apply/test_images.hpp"

namespace skiff::testing {
namespace {

constexpr unsigned kBits = 16;
constexpr std::size_t kKept = std::size_t{1} << kBits;

/// Everything that was added, with zeros before it.
class WholeHistory {
 public:
  void add(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  [[nodiscard]] std::uint8_t back(std::size_t distance) const {
    return distance <= bytes_.size() ? bytes_[bytes_.size() - distance] : 0;
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  Bytes bytes_;
};

TEST(History, RemembersTheLastBytesHoweverTheyCame) {
  std::mt19937 random(1);
  History history(kBits);
  WholeHistory whole;
  for (int round = 0; round < 400; ++round) {
    const Bytes bytes = noise(random() % (round % 50 == 0 ? 3 * kKept : 60), random());
    if (random() % 2 == 0) {
      history.append(bytes);
    } else {
      for (const std::uint8_t byte : bytes) history.push(byte);
    }
    whole.add(bytes);
    ASSERT_EQ(history.size(), whole.size());
    for (int i = 0; i < 50; ++i) {
      const std::size_t distance = 4 + random() % (kKept - 4);
      ASSERT_EQ(history.back(distance), whole.back(distance)) << distance;
      std::uint32_t word = 0;
      for (std::size_t k = 0; k < 4; ++k) word |= std::uint32_t{whole.back(distance - k)} << (8 * k);
      ASSERT_EQ(history.word_back(distance), word) << distance;
    }
    std::uint32_t last = 0;
    for (std::size_t k = 4; k-- > 0;) last = last << 8 | whole.back(k + 1);
    ASSERT_EQ(history.last4(), last);
  }
}

TEST(History, ReadsAsZerosBeforeItsBegin) {
  History history(kBits);
  EXPECT_EQ(history.last4(), 0u);
  EXPECT_EQ(history.back(kKept - 1), 0);
  history.push(5);
  EXPECT_EQ(history.last4(), 5u);
  EXPECT_EQ(history.word_back(4), 0x05000000u);
}

TEST(History, ExpectsWhatCameAfterTheSameBytesBefore) {
  History history(kBits);
  const Bytes unique = noise(500, 3);
  for (const std::uint8_t byte : unique) history.push(byte);
  EXPECT_EQ(history.expected().length, 0u);
  for (std::size_t i = 0; i < unique.size(); ++i) {
    if (i >= 6) {
      EXPECT_EQ(history.expected().byte, unique[i]) << i;
      EXPECT_EQ(history.expected().length, std::min<std::size_t>(i, 32)) << i;
    }
    history.push(unique[i]);
  }
}

TEST(History, ExpectsAWholeWordToo) {
  History history(12);
  const Bytes bytes = noise(40, 3);
  for (int turn = 0; turn < 2; ++turn)
    for (std::size_t i = 0; i < (turn == 0 ? 40u : 20u); ++i) history.push(bytes[i]);
  const History::ExpectedWord expected = history.expected_word();
  EXPECT_GE(expected.length, 5u);
  const std::uint32_t word = bytes[20] | std::uint32_t{bytes[21]} << 8 | std::uint32_t{bytes[22]} << 16 |
                             std::uint32_t{bytes[23]} << 24;
  EXPECT_EQ(expected.word, word);
}

TEST(History, NeverExpectsOnAContradiction) {
  History history(kBits);
  const Bytes unique = noise(100, 3);
  for (const std::uint8_t byte : unique + part(unique, 0, 50)) history.push(byte);
  ASSERT_GT(history.expected().length, 0u);
  history.push(static_cast<std::uint8_t>(unique[50] + 1));
  EXPECT_EQ(history.expected().length, 0u);
}

TEST(History, FindsWhatWasAppendedAtFourthsOfIt) {
  History history(kBits);
  const Bytes copied = noise(400, 4);
  history.append(copied);
  std::size_t expected = 0;
  for (std::size_t i = 0; i < copied.size(); ++i) {
    const History::Expected next = history.expected();
    if (next.length > 0) {
      ++expected;
      ASSERT_EQ(next.byte, copied[i]);
    }
    history.push(copied[i]);
  }
  EXPECT_GE(expected, copied.size() - 12);
}

TEST(History, DoesNotFollowARepetitionAcrossAppendedBytes) {
  History history(kBits);
  const Bytes unique = noise(100, 3);
  for (const std::uint8_t byte : unique + part(unique, 0, 50)) history.push(byte);
  history.append({});
  EXPECT_EQ(history.expected().length, 0u);
}

TEST(History, ForgetsWhatFellOutOfTheRing) {
  History history(kBits);
  const Bytes unique = noise(100, 3);
  for (const std::uint8_t byte : unique) history.push(byte);
  for (const std::uint8_t byte : noise(kKept, 8)) history.push(byte);
  for (const std::uint8_t byte : part(unique, 0, 50)) history.push(byte);
  EXPECT_EQ(history.expected().length, 0u);
}

TEST(History, KnowsSixBytesThatItRemembers) {
  History history(12);
  const Bytes bytes = noise(64, 1);
  EXPECT_FALSE(history.knows(bytes.data() + 2));
  history.append(bytes);
  EXPECT_TRUE(history.knows(bytes.data() + 2)) << "what ends at a fourth byte";
  EXPECT_FALSE(history.knows(bytes.data() + 3));
  EXPECT_FALSE(history.knows(noise(6, 2).data()));
}

TEST(History, BeginsAgainWhenReset) {
  History fresh(kBits);
  History used(kBits);
  used.append(noise(3 * kKept, 5));
  used.reset();
  EXPECT_EQ(used.size(), 0u);
  for (const std::uint8_t byte : prose(3000, 6)) {
    fresh.push(byte);
    used.push(byte);
    ASSERT_EQ(fresh.expected().byte, used.expected().byte);
    ASSERT_EQ(fresh.expected().length, used.expected().length);
    ASSERT_EQ(fresh.back(kKept), used.back(kKept));
  }
}

}  // namespace
}  // namespace skiff::testing
