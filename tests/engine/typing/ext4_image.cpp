#include "tests/engine/typing/ext4_image.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "skiff/io.hpp"

namespace skiff::testing {

std::optional<Bytes> ext4_image(const std::map<std::string, Bytes>& files) {
  namespace fs = std::filesystem;
  if (!fs::exists("/usr/sbin/mke2fs")) return std::nullopt;
  const fs::path folder =
      fs::path(::testing::TempDir()) / ("skiff_ext4_" + std::to_string(std::random_device()()));
  for (const auto& [path, content] : files) {
    fs::create_directories((folder / "root" / path).parent_path());
    EXPECT_TRUE(write_file(folder / "root" / path, content));
  }
  const std::string id = "5b0e5c9e-6d0f-4f0a-9d39-0d6b6b0a7c11";
  const std::string command = "E2FSPROGS_FAKE_TIME=1700000000 /usr/sbin/mke2fs -q -t ext4 -b 4096 -U " + id +
                              " -E hash_seed=" + id + " -d '" + (folder / "root").string() + "' '" +
                              (folder / "image").string() + "' 4M >/dev/null 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0);
  auto image = read_file(folder / "image", 8 << 20);
  fs::remove_all(folder);
  EXPECT_TRUE(image);
  return image ? std::optional(std::move(*image)) : std::nullopt;
}

}  // namespace skiff::testing
