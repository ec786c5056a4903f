#include "base/background_sink.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace skiff::testing {
namespace {

constexpr std::size_t kBuffer = BackgroundSink::kBuffer;

Bytes counted(std::size_t length) {
  Bytes bytes(length);
  for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::uint8_t>(i * 131 >> 7);
  return bytes;
}

/// Takes bytes by another thread than the one that made it, and so many at most.
class FarSink final : public Sink {
 public:
  explicit FarSink(std::size_t room = SIZE_MAX) : room_(room) {}
  Result<void> write(ByteView bytes) override {
    EXPECT_NE(std::this_thread::get_id(), maker_);
    EXPECT_FALSE(failed) << "a sink that failed is of no use";
    failed = bytes.size() > room_ - taken.size();
    if (failed) return fail(ErrorKind::kIo, "no room");
    taken.insert(taken.end(), bytes.begin(), bytes.end());
    return {};
  }
  Bytes taken;
  bool failed = false;

 private:
  std::thread::id maker_ = std::this_thread::get_id();
  std::size_t room_;
};

TEST(BackgroundSink, WritesAllInOrder) {
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, kBuffer, kBuffer + 1, 5 * kBuffer + 777}) {
    for (const std::size_t piece : {std::size_t{1'000}, kBuffer, 3 * kBuffer}) {
      const Bytes bytes = counted(length);
      FarSink to;
      BackgroundSink sink(to);
      for (ByteView left = bytes; !left.empty(); left = left.subspan(std::min(piece, left.size())))
        ASSERT_TRUE(sink.write(left.first(std::min(piece, left.size()))));
      ASSERT_TRUE(sink.finish());
      EXPECT_EQ(to.taken, bytes) << length << " by " << piece;
    }
  }
}

TEST(BackgroundSink, TakesBytesWhileThoseBeforeAreWritten) {
  class WaitingSink final : public Sink {
   public:
    Result<void> write(ByteView) override {
      go_on.get_future().wait();
      return {};
    }
    std::promise<void> go_on;
  };
  WaitingSink to;
  BackgroundSink sink(to);
  const Bytes bytes = counted(2 * kBuffer - 1);
  EXPECT_TRUE(sink.write(bytes)) << "and does not wait for the first half";
  to.go_on.set_value();
}

TEST(BackgroundSink, TellsOfAnErrorAtALaterWriteOrTheEnd) {
  const Bytes bytes = counted(kBuffer);
  FarSink to(kBuffer);
  BackgroundSink sink(to);
  Result<void> written;
  for (int i = 0; i < 4 && written; ++i) written = sink.write(bytes);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "no room");
  EXPECT_EQ(sink.finish().error().message, "no room");
  EXPECT_EQ(to.taken, bytes);

  FarSink full(0);
  BackgroundSink last(full);
  EXPECT_TRUE(last.write(ByteView(bytes).first(1)));
  EXPECT_EQ(last.finish().error().kind, ErrorKind::kIo);
}

TEST(BackgroundSink, WithoutAnEndNothingWaits) {
  FarSink to;
  {
    BackgroundSink sink(to);
    ASSERT_TRUE(sink.write(counted(kBuffer + 5)));
  }
  EXPECT_LE(to.taken.size(), kBuffer);
}

}  // namespace
}  // namespace skiff::testing
