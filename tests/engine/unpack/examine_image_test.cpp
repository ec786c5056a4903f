// What `skiff doctor` says of images whose faults are known.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "skiff/doctor.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "unpack/stream_codec.hpp"

namespace skiff::testing {
namespace {

using unpack::Method;
using unpack::StreamCodec;

Bytes packed_by(const Method& method, ByteView content) {
  BytesSink sink;
  EXPECT_TRUE(unpack::pack_stream(method, content, sink));
  return sink.take();
}

ImageExamination examined(const Bytes& image) {
  const auto examination = examine_image(ViewSource(image), {.repackers = all_repackers()});
  EXPECT_TRUE(examination);
  return examination.value_or(ImageExamination{});
}

bool finds(const ImageExamination& examination, std::string_view words) {
  return std::any_of(
      examination.findings.begin(), examination.findings.end(),
      [words](const Finding& finding) { return finding.what.find(words) != std::string::npos; });
}

/// What a shell command writes to `image`.
Bytes made_by(const std::string& command) {
  std::string folder = ::testing::TempDir() + "doctor-XXXXXX";
  EXPECT_NE(::mkdtemp(folder.data()), nullptr);
  EXPECT_EQ(std::system(("cd " + folder + " && { " + command + "; } >/dev/null 2>&1").c_str()), 0) << command;
  Bytes image = read_file(folder + "/image", std::uint64_t{1} << 30).value();
  std::filesystem::remove_all(folder);
  return image;
}

TEST(ExamineImage, CountsStreamsByLevelAndFate) {
  const Bytes inner = packed_by({StreamCodec::kZlib, {9, 8, 0, 15, 0}}, prose(50'000, 1));
  const Bytes outer = packed_by({StreamCodec::kXz, {6, 1 << 20, 0, 1, 0}}, prose(10'000, 2) + inner);
  const ImageExamination examination = examined(noise(100, 3) + outer);
  ASSERT_EQ(examination.streams.size(), 2u);
  EXPECT_EQ(examination.streams[0].name, "xz streams");
  EXPECT_EQ(examination.streams[0].packed, outer.size());
  EXPECT_EQ(examination.streams[0].exact, 1u);
  EXPECT_EQ(examination.streams[1].name, "zlib streams");
  EXPECT_EQ(examination.streams[1].level, 2u);
  EXPECT_EQ(examination.streams[1].opened, 50'000u);
  EXPECT_EQ(examination.streams[1].closed, 0u);
  EXPECT_GT(examination.unpack_memory, 12u << 20);
  EXPECT_TRUE(examination.findings.empty());
}

TEST(ExamineImage, SaysWhatStaysClosed) {
  const Bytes image = made_by("seq 20000 > a; xz -k --lzma2=preset=6,nice=77 a; mv a.xz image");
  const ImageExamination examination = examined(image);
  ASSERT_EQ(examination.streams.size(), 1u);
  EXPECT_EQ(examination.streams[0].exact, 0u);
  EXPECT_EQ(examination.streams[0].closed, image.size());
  ASSERT_TRUE(finds(examination, "1 of 1 xz streams cannot be packed again"));
  EXPECT_EQ(examination.findings.front().bytes, image.size());
}

TEST(ExamineImage, KnowsASquashfsThatIsNotOpened) {
  const std::string make = "seq 30000 > a; /usr/bin/mksquashfs a image -quiet -no-progress -comp ";
  EXPECT_TRUE(finds(examined(made_by(make + "lzma")), "none of whose blocks is opened"));
  EXPECT_FALSE(finds(examined(made_by(make + "gzip")), "none of whose blocks is opened"));
  EXPECT_EQ(examined(made_by(make + "gzip")).system, "squashfs");
}

TEST(ExamineImage, FindsWhatABuildLeaves) {
  const std::string mark = "~Module signature appended~\n";
  Bytes signed_module = noise(600, 1) + Bytes{0, 0, 1, 0xf4};
  signed_module.insert(signed_module.end(), mark.begin(), mark.end());
  const Bytes build_id{4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0};
  const Bytes content = prose(9'000, 1) + signed_module + build_id + noise(20, 2) + signed_module;
  const ImageExamination examination =
      examined(packed_by({StreamCodec::kXz, {6, 1 << 20, 0, 1, 0}}, content));
  ASSERT_EQ(examination.findings.size(), 2u);
  EXPECT_TRUE(finds(examination, "2 kernel modules are signed"));
  EXPECT_EQ(examination.findings[0].bytes, 1'000u);
  EXPECT_TRUE(finds(examination, "1 programs carry a build id"));
}

TEST(ExamineImage, SeesFilesThatBearTheTimeOfTheBuild) {
  const std::string make =
      "mkdir r; for i in $(seq 40); do echo $i > r/$i; done; MAKE /sbin/mke2fs -q -F -t ext4 -d r image 4M";
  const auto with = [&make](std::string before) {
    return made_by(std::string(make).replace(make.find("MAKE "), 5, before));
  };
  EXPECT_TRUE(finds(examined(with("")), "40 files bear the time of the build"));
  EXPECT_FALSE(finds(examined(with("touch -d @1000000 r/*; ")), "bear the time"));
}

}  // namespace
}  // namespace skiff::testing
