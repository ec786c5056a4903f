#include "agent/system/record_pair.hpp"

#include <gtest/gtest.h>

#include "agent/boot/file_boot.hpp"
#include "agent/machine/state_store.hpp"
#include "tests/agent/memory_storage.hpp"

namespace skiff::testing {
namespace {

using agent::RecordPair;

constexpr std::size_t kCopy = 2048;

std::optional<std::string> text_of(MemoryStorage& storage) {
  return RecordPair::open(storage, "record", kCopy)->text();
}

/// A file whose copies hold "first" (generation 1) and "second" (generation 2).
Bytes two_records() {
  MemoryStorage storage;
  auto pair = RecordPair::open(storage, "record", kCopy);
  EXPECT_TRUE(pair->write("first") && pair->write("second"));
  return storage.content("record");
}

TEST(RecordPair, ReadsWhatWasWrittenLast) {
  MemoryStorage storage;
  storage.put("record", two_records());
  auto pair = RecordPair::open(storage, "record", kCopy);
  EXPECT_EQ(pair->text(), "second");
  EXPECT_EQ(pair->generation(), 2U);
}

TEST(RecordPair, AnyTornWriteLeavesTheLastRecordOrTheNewOne) {
  const std::string text(1'800, 'x');
  for (unsigned seed = 0; seed < 64; ++seed) {
    MemoryStorage storage;
    storage.put("record", two_records());
    auto pair = RecordPair::open(storage, "record", kCopy);
    storage.cut_after(1);
    EXPECT_FALSE(pair->write(text));
    storage.power_cycle(Fate::kTorn, seed);
    const std::optional<std::string> left = text_of(storage);
    EXPECT_TRUE(left == "second" || left == text) << seed;
  }
}

TEST(RecordPair, ADamagedByteOfTheNewestCopyGivesTheOlderOne) {
  const Bytes good = two_records();
  const std::size_t length = RecordPair::kHeader + std::string_view("second").size();
  const std::size_t newest =
      as_text(ByteView(good).first(length)).find("second") != std::string::npos ? 0 : kCopy;
  for (std::size_t at = 0; at < length; ++at) {
    MemoryStorage storage;
    Bytes damaged = good;
    damaged[newest + at] ^= 0x10;
    storage.put("record", damaged);
    EXPECT_EQ(text_of(storage), "first") << at;
  }
}

TEST(RecordPair, BothCopiesDamagedIsNoRecord) {
  MemoryStorage storage;
  storage.put("record", Bytes(2 * kCopy, 0xFF));
  EXPECT_EQ(text_of(storage), std::nullopt);
}

TEST(RecordPair, ARecordThatDoesNotFitIsRefusedAndTheOldOneStays) {
  MemoryStorage storage;
  storage.put("record", two_records());
  auto pair = RecordPair::open(storage, "record", kCopy);
  EXPECT_EQ(pair->write(std::string(kCopy, 'x')).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(text_of(storage), "second");
}

TEST(UpdateRecord, IsReadBackAsItWasAndTheLongestFits) {
  agent::UpdateRecord record;
  record.state = agent::State::kContact;
  record.target = agent::Slot::kA;
  record.release = std::string(agent::kLongestName, '"');  // each is escaped: the longest text there is
  record.delta = record.release;
  record.version = record.release;
  record.counter = 7;
  record.result.length = std::uint64_t{1} << 40;
  record.bytes = {1, 2, 3, 4};
  record.report_id = std::string(32, 'a');
  record.reason = std::string(agent::kLongestReason, '\\');
  const std::string text = agent::update_record_text(record);
  EXPECT_LE(text.size(), agent::kJournalCopy - RecordPair::kHeader);
  const Result<agent::UpdateRecord> back = agent::parse_update_record(text);
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(*back, record);
}

TEST(UpdateRecord, OfAnotherVersionIsNotGuessedAt) {
  std::string text = agent::update_record_text({});
  text.replace(text.find("\"v\":1"), 5, "\"v\":2");
  EXPECT_EQ(agent::parse_update_record(text).error().kind, ErrorKind::kUnsupported);
}

TEST(Identity, IsReadBackAsItWas) {
  agent::Identity identity;
  identity.of(agent::Slot::kB) = agent::Installed{{5, {}}, "2.0"};
  identity.active = agent::Slot::kB;
  identity.counter_floor = 9;
  identity.good_time = 1'800'000'000;
  identity.failures = agent::Failures{{}, 2, "id"};
  const Result<agent::Identity> back = agent::parse_identity(agent::identity_text(identity));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(*back, identity);
}

}  // namespace
}  // namespace skiff::testing
