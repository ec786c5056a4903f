#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "skiff/files.hpp"
#include "skiff/io.hpp"

namespace skiff {
namespace {

namespace fs = std::filesystem;

/// A folder of its own for each test, gone afterwards.
class Files : public ::testing::Test {
 protected:
  Files() {
    std::string pattern = (fs::temp_directory_path() / "skiff-files-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Files() override { fs::remove_all(folder_); }

  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }

  fs::path folder_;
};

const Bytes kBytes = {'s', 'k', 'i', 'f', 'f'};

TEST_F(Files, AreReadAsTheyWereWritten) {
  const fs::path path = folder_ / "file";
  ASSERT_TRUE(write_file(path, kBytes));
  EXPECT_EQ(read_file(path, kBytes.size()).value(), kBytes);
  const auto source = open_source(path).value();
  Bytes middle(3);
  EXPECT_EQ(source->size(), kBytes.size());
  ASSERT_TRUE(source->read_at(1, middle));
  EXPECT_EQ(middle, (Bytes{'k', 'i', 'f'}));
}

TEST_F(Files, InMemoryAreReadAtOnceAndNeverPastTheirEnd) {
  const fs::path path = folder_ / "file";
  ASSERT_TRUE(write_file(path, kBytes));
  const auto file = open_source(path).value();
  Bytes rest(10);
  ASSERT_TRUE(file->read_at(1, MutableBytes(rest).first(4)));
  const std::size_t count = file->read_cached(1, rest);
  EXPECT_TRUE(count == 4 || count == 0) << "0: not every file system can tell";
  EXPECT_EQ(rest, (Bytes{'k', 'i', 'f', 'f', 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(file->read_cached(kBytes.size(), rest), 0u);
}

TEST_F(Files, AppearWholeOrNotAtAll) {
  const fs::path path = folder_ / "file";
  {
    const auto sink = create_file(path).value();
    ASSERT_TRUE(sink->write(kBytes));
    EXPECT_FALSE(fs::exists(path));
  }
  EXPECT_EQ(count(), 0u) << "a sink that was not committed leaves nothing";
  const auto sink = create_file(path).value();
  ASSERT_TRUE(sink->write(kBytes));
  ASSERT_TRUE(sink->commit());
  EXPECT_EQ(fs::file_size(path), kBytes.size());
  EXPECT_EQ(count(), 1u);
}

TEST_F(Files, ThatAreNewReplaceNoneAndHaveTheirModeAtOnce) {
  const fs::path path = folder_ / "secret";
  ASSERT_TRUE(write_new_file(path, kBytes, kOwnerOnly));
  EXPECT_EQ(fs::status(path).permissions(), kOwnerOnly);
  const Result<void> again = write_new_file(path, {}, kOwnerOnly);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::kUsage);
  EXPECT_NE(again.error().message.find(path.string()), std::string::npos);
  EXPECT_EQ(read_file(path, kBytes.size()).value(), kBytes);
  EXPECT_EQ(write_new_file(folder_ / "none" / "secret", kBytes, kOwnerOnly).error().kind,
            ErrorKind::kNotFound);
}

TEST_F(Files, KeepTheirNamesInFoldersThatAreThere) {
  EXPECT_TRUE(sync_folder(folder_));
  EXPECT_TRUE(sync_folder(""));
  EXPECT_EQ(sync_folder(folder_ / "none").error().kind, ErrorKind::kNotFound);
}

TEST_F(Files, KeepTheirOldContentUntilTheNewIsWhole) {
  const fs::path path = folder_ / "file";
  ASSERT_TRUE(write_file(path, kBytes));
  {
    const auto sink = create_file(path).value();
    ASSERT_TRUE(sink->write(Bytes{1}));
  }
  EXPECT_EQ(read_file(path, 100).value(), kBytes);
  ASSERT_TRUE(write_file(path, Bytes{1}));
  EXPECT_EQ(read_file(path, 100).value(), Bytes{1});
}

TEST_F(Files, LongerThanAllowedAreRefused) {
  const fs::path path = folder_ / "file";
  ASSERT_TRUE(write_file(path, kBytes));
  EXPECT_EQ(read_file(path, kBytes.size() - 1).error().kind, ErrorKind::kLimit);
}

TEST_F(Files, ThatAreMissingAreNotFound) {
  EXPECT_EQ(read_file(folder_ / "none", 1).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(open_source(folder_ / "none").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(create_file(folder_ / "none" / "file").error().kind, ErrorKind::kNotFound);
}

TEST_F(Files, ThatAreFoldersAreNoSources) { EXPECT_EQ(open_source(folder_).error().kind, ErrorKind::kUsage); }

TEST_F(Files, RefuseReadsPastTheirEnd) {
  const fs::path path = folder_ / "file";
  ASSERT_TRUE(write_file(path, kBytes));
  const auto source = open_source(path).value();
  Bytes two(2);
  EXPECT_EQ(source->read_at(4, two).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(source->read_at(~std::uint64_t{0}, two).error().kind, ErrorKind::kUsage);
  EXPECT_TRUE(source->read_at(kBytes.size(), {}));
}

TEST_F(Files, ThatBecomeShorterAreAnIoError) {
  const fs::path path = folder_ / "file";
  ASSERT_TRUE(write_file(path, kBytes));
  const auto source = open_source(path).value();
  fs::resize_file(path, 2);
  Bytes all(kBytes.size());
  EXPECT_EQ(source->read_at(0, all).error().kind, ErrorKind::kIo);
}

TEST_F(Files, MayBeLongerThan4GiB) {
  const fs::path path = folder_ / "sparse";
  ASSERT_TRUE(write_file(path, {}));
  constexpr std::uint64_t kFiveGiB = std::uint64_t{5} << 30;
  fs::resize_file(path, kFiveGiB);
  const auto source = open_source(path).value();
  Bytes last(1, 9);
  EXPECT_EQ(source->size(), kFiveGiB);
  ASSERT_TRUE(source->read_at(kFiveGiB - 1, last));
  EXPECT_EQ(last, Bytes{0});
}

TEST(ViewSource, RefusesReadsPastItsEnd) {
  const ViewSource source(kBytes);
  Bytes two(2);
  EXPECT_TRUE(source.read_at(3, two));
  EXPECT_EQ(source.read_at(4, two).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(source.read_at(~std::uint64_t{0}, two).error().kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace skiff
