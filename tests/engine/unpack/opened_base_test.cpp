// Streams of a base that are opened ahead: by whom, which, and what is told of those that cannot be.
#include "unpack/opened_base.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/engine/apply/test_images.hpp"
#include "unpack/stream_codec.hpp"

namespace skiff::testing {
namespace {

using unpack::Method;
using unpack::StreamCodec;

constexpr std::uint64_t kRoom = std::uint64_t{64} << 20;
const Method kZlib{StreamCodec::kZlib, {6, 8, 0, 15, 0}};

/// Counts what is opened, in all and by the thread that made it.
class CountingRepacker final : public Repacker {
 public:
  explicit CountingRepacker(const Repacker& real) : real_(real) {}
  [[nodiscard]] std::string_view name() const override { return real_.name(); }
  [[nodiscard]] std::uint64_t features() const override { return real_.features(); }
  [[nodiscard]] std::uint64_t version() const override { return real_.version(); }
  Result<void> open(const Method& method, ByteView packed, MutableBytes opened) const override {
    Result<void> done = real_.open(method, packed, opened);
    if (std::this_thread::get_id() == maker_) ++by_maker_;
    ++opened_;
    return done;
  }
  Result<void> pack(const Method& method, ByteView opened, Sink& packed) const override {
    return real_.pack(method, opened, packed);
  }

  [[nodiscard]] int opened() const { return opened_; }
  [[nodiscard]] int by_maker() const { return by_maker_; }
  /// Whether so many are opened within some seconds.
  [[nodiscard]] bool comes_to(int count) const {
    for (int i = 0; i < 5'000 && opened_ < count; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return opened_ == count;
  }

 private:
  const Repacker& real_;
  std::thread::id maker_ = std::this_thread::get_id();
  mutable std::atomic<int> opened_ = 0;
  mutable std::atomic<int> by_maker_ = 0;
};

/// Streams one behind the other, and their opened form.
class OpenedAhead : public ::testing::Test {
 protected:
  void make(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      const Bytes content = prose(kLength, i);
      BytesSink sink;
      ASSERT_TRUE(unpack::pack_stream(kZlib, content, sink));
      list_.streams.push_back({0, sink.bytes().size(), kLength, 0, kZlib.codec});
      starts_.push_back(image_.size());
      image_ = image_ + sink.bytes();
      opened_ = opened_ + content;
    }
    source_ = std::make_unique<ViewSource>(image_);
    repackers_ = {&counting_};
    base_ = unpack::OpenedBase::make(*source_, list_, repackers_, &pool_).value();
    ASSERT_EQ(base_->size(), opened_.size());
  }
  Result<void> read(std::uint64_t offset, std::uint64_t length) {
    Bytes out(length);
    SKIFF_TRY(base_->read_at(offset, out));
    EXPECT_TRUE(std::equal(out.begin(), out.end(), opened_.begin() + static_cast<std::ptrdiff_t>(offset)));
    return {};
  }

  static constexpr std::uint64_t kLength = 32'000;  ///< a multiple of 16: no padding between
  Bytes image_;
  Bytes opened_;
  std::vector<std::uint64_t> starts_;
  unpack::StreamList list_;
  CountingRepacker counting_{deflate_repacker()};
  Repackers repackers_;
  std::unique_ptr<ViewSource> source_;
  unpack::StreamPool pool_{2, kRoom};
  std::unique_ptr<unpack::OpenedBase> base_;
};

TEST_F(OpenedAhead, WhatIsReadSoonIsOpenedByAnotherThread) {
  make(6);
  EXPECT_TRUE(base_->will_read(kLength - 1, kLength + 2));
  EXPECT_TRUE(counting_.comes_to(3)) << counting_.opened();
  ASSERT_TRUE(read(0, 3 * kLength));
  EXPECT_EQ(counting_.opened(), 3) << "none is opened twice";
  EXPECT_EQ(counting_.by_maker(), 0);
  EXPECT_TRUE(base_->will_read(0, 3 * kLength));
  ASSERT_TRUE(read(0, 6 * kLength));
  EXPECT_EQ(counting_.opened(), 6) << "those in the cache are there";
}

TEST_F(OpenedAhead, OnlyAFewAreKept) {
  make(17);
  EXPECT_FALSE(base_->will_read(0, 17 * kLength));
  EXPECT_TRUE(counting_.comes_to(8)) << counting_.opened();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(counting_.opened(), 8);
  EXPECT_FALSE(base_->will_read(8 * kLength, 1)) << "as long as none of them is read";
  ASSERT_TRUE(read(0, 1));
  EXPECT_TRUE(base_->will_read(8 * kLength, 1));
  ASSERT_TRUE(read(0, 17 * kLength));
  EXPECT_EQ(counting_.opened(), 17);
}

TEST_F(OpenedAhead, WhatCannotBeOpenedIsToldOfWhereItIsRead) {
  make(3);
  image_[starts_[1] + 100] ^= 1;
  EXPECT_TRUE(base_->will_read(0, 3 * kLength));
  EXPECT_TRUE(counting_.comes_to(3));
  EXPECT_TRUE(read(0, kLength));
  EXPECT_TRUE(read(2 * kLength, kLength));
  for (int i = 0; i < 2; ++i) {
    const Result<void> wrong = read(kLength - 1, 2);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().kind, ErrorKind::kMismatch);
    EXPECT_EQ(wrong.error().message.find("base image at byte " + std::to_string(starts_[1]) + ":"), 0u)
        << wrong.error().text();
  }
}

TEST_F(OpenedAhead, ARangeThatIsNotThereIsNoHint) {
  make(2);
  EXPECT_TRUE(base_->will_read(2 * kLength, 1));
  EXPECT_TRUE(base_->will_read(kLength, kLength + 1));
  EXPECT_TRUE(base_->will_read(UINT64_MAX, UINT64_MAX));
  EXPECT_TRUE(base_->will_read(0, 0));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(counting_.opened(), 0);
}

TEST_F(OpenedAhead, WithoutRoomAllIsOpenedWhenItIsRead) {
  make(3);
  unpack::StreamPool none(2, kLength);
  base_ = unpack::OpenedBase::make(*source_, list_, repackers_, &none).value();
  EXPECT_TRUE(base_->will_read(0, 3 * kLength)) << "there is no use in telling it again";
  ASSERT_TRUE(read(0, 3 * kLength));
  EXPECT_EQ(counting_.by_maker(), 3);
}

}  // namespace
}  // namespace skiff::testing
