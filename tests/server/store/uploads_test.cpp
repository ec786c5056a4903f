// Uploads: cut anywhere, out of order, wrong, too many, on a full disk; and what is left of them.
#include "store/uploads.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

#include "skiff/io.hpp"
#include "skiff/trust.hpp"
#include "tests/server/fleet_files.hpp"

namespace skiff::server::test {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kNow = 1'795'000'000;

const std::string kImage = "an image of some bytes";

UploadOrder order_of(const std::string& image, const std::string& user = "ann") {
  return {"two.img", sha256(as_bytes(image)), image.size(), user};
}

class Uploads : public ::testing::Test {
 protected:
  std::uint64_t begin(const std::string& image = kImage) {
    const auto upload = uploads_.begin(order_of(image), kNow);
    EXPECT_TRUE(upload) << upload.error().text();
    return upload ? upload->offset : 0;
  }
  /// Whether it was taken, and where the upload goes on.
  UploadProgress append(std::uint64_t offset, std::string_view piece) {
    const auto progress = uploads_.append(order_of(kImage).sha256, offset, as_bytes(piece));
    EXPECT_TRUE(progress) << progress.error().text();
    return progress.value_or(UploadProgress{});
  }
  [[nodiscard]] fs::path verified() const { return uploads_.images() / order_of(kImage).sha256.hex(); }

  TemporaryFolder folder_;
  UploadStore uploads_{folder_.path()};
};

ErrorKind kind_of(const auto& result) { return result.error().kind; }

TEST_F(Uploads, GoOnAfterACutAnywhere) {
  for (std::size_t cut = 0; cut <= kImage.size(); ++cut) {
    const TemporaryFolder folder;
    {
      UploadStore before(folder.path());
      ASSERT_EQ(before.begin(order_of(kImage), kNow)->offset, 0U);
      ASSERT_TRUE(before.append(order_of(kImage).sha256, 0, as_bytes(kImage.substr(0, cut)))->is_done);
    }
    UploadStore after(folder.path());
    const auto resumed = after.begin(order_of(kImage), kNow);
    ASSERT_TRUE(resumed);
    ASSERT_EQ(resumed->offset, cut);
    EXPECT_EQ(after.finish(order_of(kImage).sha256)->is_done, cut == kImage.size());
    ASSERT_TRUE(after.append(order_of(kImage).sha256, cut, as_bytes(kImage.substr(cut)))->is_done ||
                cut == kImage.size());
    ASSERT_TRUE(after.finish(order_of(kImage).sha256)->is_done);
    EXPECT_EQ(as_text(*read_file(after.images() / order_of(kImage).sha256.hex(), 100)), kImage);
  }
}

TEST_F(Uploads, GrowOnlyAtTheirEnd) {
  begin();
  EXPECT_TRUE(append(0, "an image").is_done);
  for (const std::uint64_t offset : {0U, 7U, 9U, 1'000U}) {
    const UploadProgress progress = append(offset, "x");
    EXPECT_FALSE(progress.is_done) << offset;
    EXPECT_EQ(progress.offset, 8U);
  }
  EXPECT_EQ(begin(), 8U);
  const Sha256 digest = order_of(kImage).sha256;
  EXPECT_EQ(kind_of(uploads_.append(digest, 8, as_bytes(kImage))), ErrorKind::kUsage);
  EXPECT_EQ(kind_of(uploads_.append(sha256({}), 0, as_bytes("x"))), ErrorKind::kNotFound);
  EXPECT_EQ(begin(), 8U);
}

TEST_F(Uploads, OfOtherBytesAreDropped) {
  begin();
  append(0, std::string(kImage.size(), 'x'));
  const auto finished = uploads_.finish(order_of(kImage).sha256);
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().kind, ErrorKind::kMismatch);
  EXPECT_NE(finished.error().message.find("dropped"), std::string::npos);
  EXPECT_TRUE(uploads_.list()->empty());
  EXPECT_EQ(begin(), 0U);
  EXPECT_TRUE(append(0, kImage).is_done);
  EXPECT_TRUE(uploads_.finish(order_of(kImage).sha256)->is_done);
}

TEST_F(Uploads, OfOneImageByTwoAtOnceGiveThatImage) {
  const std::string image(100'000, 'i');
  const Sha256 digest = order_of(image).sha256;
  std::atomic<int> done = 0;
  const auto upload = [&] {
    UploadStore store(folder_.path());
    std::uint64_t offset = store.begin(order_of(image), kNow)->offset;
    while (offset < image.size()) {
      const auto progress = store.append(digest, offset, as_bytes(image.substr(offset, 777)));
      if (!progress) return;
      offset = progress->offset;
    }
    if (store.finish(digest).value_or(UploadProgress{}).is_done) ++done;
  };
  std::thread other(upload);
  upload();
  other.join();
  EXPECT_EQ(done, 2);
  EXPECT_EQ(as_text(*read_file(uploads_.images() / digest.hex(), 1 << 20)), image);
}

TEST_F(Uploads, AreRefusedBeyondWhatTheyMayTake) {
  UploadStore small(folder_.path(), {.total = 100, .per_user = 60, .keep = std::chrono::seconds(10)});
  ASSERT_TRUE(small.begin(order_of(std::string(50, 'a')), kNow));
  EXPECT_TRUE(small.begin(order_of(std::string(50, 'a')), kNow)) << "the same is no other";
  const auto own = small.begin(order_of(std::string(11, 'b')), kNow);
  EXPECT_EQ(kind_of(own), ErrorKind::kLimit);
  EXPECT_NE(own.error().message.find("ann"), std::string::npos);
  ASSERT_TRUE(small.begin(order_of(std::string(50, 'c'), "bob"), kNow));
  EXPECT_EQ(kind_of(small.begin(order_of("d", "cyd"), kNow)), ErrorKind::kLimit);
  EXPECT_EQ(*small.expire(kNow + 9), 0U);
  EXPECT_EQ(*small.expire(kNow + 10), 2U);
  EXPECT_TRUE(small.begin(order_of("d", "cyd"), kNow));
}

TEST_F(Uploads, WantAsMuchRoomAsTheyAnnounce) {
  UploadStore store(folder_.path(), {.total = ~std::uint64_t{0}, .per_user = ~std::uint64_t{0}});
  UploadOrder huge = order_of(kImage);
  huge.length = std::uint64_t{1} << 60;
  EXPECT_EQ(kind_of(store.begin(huge, kNow)), ErrorKind::kLimit);
  huge.length = 0;
  EXPECT_EQ(kind_of(store.begin(huge, kNow)), ErrorKind::kUsage);
  begin();
  huge.length = 7;
  EXPECT_EQ(kind_of(store.begin(huge, kNow)), ErrorKind::kMismatch);
}

TEST_F(Uploads, AreForgottenWhenTheyWereNotBegunForAWeek) {
  begin();
  append(0, "an");
  constexpr std::int64_t kWeek = 7 * 86'400;
  EXPECT_EQ(*uploads_.expire(kNow + kWeek - 1), 0U);
  ASSERT_TRUE(uploads_.begin(order_of(kImage), kNow + kWeek - 1));
  EXPECT_EQ(*uploads_.expire(kNow + kWeek), 0U);
  EXPECT_EQ(*uploads_.expire(kNow + 2 * kWeek), 1U);
  EXPECT_EQ(begin(), 0U);
  append(0, kImage);
  ASSERT_TRUE(uploads_.finish(order_of(kImage).sha256));
  EXPECT_TRUE(uploads_.list()->front().is_verified);
  fs::remove(verified());  // a release listed it: it was moved
  EXPECT_TRUE(uploads_.list()->empty());
  EXPECT_EQ(*uploads_.expire(kNow), 0U);
  EXPECT_EQ(kind_of(uploads_.finish(order_of(kImage).sha256)), ErrorKind::kNotFound);
  EXPECT_EQ(begin(), 0U);
}

TEST_F(Uploads, OfWhatTheRepositoryHasAreVerifiedAtOnce) {
  const fs::path place =
      folder_.path() / "targets" / "releases" / (order_of(kImage).sha256.hex() + ".two.img");
  fs::create_directories(place.parent_path());
  ASSERT_TRUE(write_file(place, as_bytes(kImage)));
  const auto upload = uploads_.begin(order_of(kImage), kNow);
  ASSERT_TRUE(upload);
  EXPECT_TRUE(upload->is_verified);
  EXPECT_EQ(upload->offset, kImage.size());
  EXPECT_TRUE(uploads_.list()->empty());
}

TEST_F(Uploads, AreNamedAsReleasesAre) {
  for (const char* name : {"", ".x", "-x", "a/b", "../a", "a b"}) {
    UploadOrder order = order_of(kImage);
    order.name = name;
    EXPECT_EQ(kind_of(uploads_.begin(order, kNow)), ErrorKind::kUsage) << name;
  }
}

/// A disk that is full after so many bytes of one file, as this process sees it.
class NoFileOver {
 public:
  explicit NoFileOver(rlim_t length) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    previous_ = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {length, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~NoFileOver() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, previous_);
  }
  NoFileOver(const NoFileOver&) = delete;
  NoFileOver& operator=(const NoFileOver&) = delete;

 private:
  rlimit before_ = {};
  void (*previous_)(int) = SIG_DFL;
};

TEST_F(Uploads, KeepWhatTheyHadWhenTheDiskIsFull) {
  begin();
  EXPECT_TRUE(append(0, kImage.substr(0, 10)).is_done);
  for (rlim_t room = 10; room < kImage.size(); ++room) {
    const NoFileOver limit(room);
    const auto full = uploads_.append(order_of(kImage).sha256, 10, as_bytes(kImage.substr(10)));
    ASSERT_FALSE(full) << room;
    EXPECT_EQ(full.error().kind, ErrorKind::kLimit) << full.error().text();
  }
  EXPECT_EQ(begin(), 10U);
  EXPECT_TRUE(append(10, kImage.substr(10)).is_done);
  EXPECT_TRUE(uploads_.finish(order_of(kImage).sha256)->is_done);
}

}  // namespace
}  // namespace skiff::server::test
