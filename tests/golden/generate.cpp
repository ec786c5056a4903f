// Writes the golden files into a folder: `golden_generate tests/golden`. Files of a release are never written
// again.
#include <cstdio>
#include <filesystem>

#include "skiff/io.hpp"
#include "tests/golden/files.hpp"

namespace {

namespace fs = std::filesystem;
using skiff::testing::BadFile;
using skiff::testing::GoodFile;

skiff::Result<void> write_good(const fs::path& folder) {
  fs::create_directories(folder);
  for (const GoodFile& file : skiff::testing::good_files()) {
    SKIFF_TRY(skiff::write_file(folder / (file.name + ".base"), file.base));
    SKIFF_TRY(skiff::write_file(folder / (file.name + ".skd"), file.delta));
  }
  return {};
}

skiff::Result<void> write_bad(const fs::path& folder) {
  fs::create_directories(folder);
  SKIFF_TRY(skiff::write_file(folder / "base", skiff::testing::bad_files_base()));
  std::string expected;
  for (const BadFile& file : skiff::testing::bad_files()) {
    const std::string name = file.rule + "-" + file.name + ".skd";
    SKIFF_TRY(skiff::write_file(folder / name, file.delta));
    expected += name + "\t" + file.rule + "\t" + std::string(skiff::to_string(file.kind)) + "\n";
  }
  return skiff::write_file(folder / "expected.tsv", skiff::as_bytes(expected));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: golden_generate FOLDER\n");
    return 2;
  }
  const fs::path folder = argv[1];
  for (const auto& outcome : {write_good(folder / "good"), write_bad(folder / "bad")}) {
    if (outcome) continue;
    std::fprintf(stderr, "%s\n", outcome.error().text().c_str());
    return 1;
  }
  return 0;
}
