// The golden files against the applier. The files are committed: what they say must hold for ever.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "skiff/applier.hpp"
#include "skiff/io.hpp"
#include "tests/engine/apply/test_digest.hpp"
#include "tests/source_folder.hpp"

namespace skiff::testing {
namespace {

namespace fs = std::filesystem;
const fs::path kGolden = fs::path(source_folder()) / "tests" / "golden";
constexpr std::uint64_t kMaxFile = 1 << 20;

Bytes file(const fs::path& path) { return read_file(path, kMaxFile).value(); }

std::vector<fs::path> deltas_in(const fs::path& folder) {
  std::vector<fs::path> deltas;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".skd") deltas.push_back(entry.path());
  }
  return deltas;
}

Result<DeltaInfo> decode(ByteView base, ByteView delta) {
  BytesSink sink;
  return apply_delta(ViewSource(base), ViewSource(delta), sink,
                     {.max_memory = std::uint64_t{32} << 20, .repackers = all_repackers()}, make_sha256);
}

TEST(GoldenGood, DecodesToTheResultItNames) {
  const std::vector<fs::path> deltas = deltas_in(kGolden / "good");
  EXPECT_GE(deltas.size(), 31u);
  for (const fs::path& path : deltas) {
    // apply_delta() compares the result with the SHA-256 in the header.
    const auto outcome = decode(file(fs::path(path).replace_extension(".base")), file(path));
    EXPECT_TRUE(outcome) << path << ": " << outcome.error().text();
  }
}

struct Expected {
  std::string name;
  std::string rule;
  std::string kind;
};

std::vector<Expected> expected_errors() {
  std::ifstream table(kGolden / "bad" / "expected.tsv");
  std::vector<Expected> rows;
  for (Expected row; table >> row.name >> row.rule >> row.kind;) rows.push_back(row);
  return rows;
}

TEST(GoldenBad, IsRefusedByItsRule) {
  const Bytes base = file(kGolden / "bad" / "base");
  for (const Expected& row : expected_errors()) {
    const auto outcome = decode(base, file(kGolden / "bad" / row.name));
    ASSERT_FALSE(outcome) << row.name;
    EXPECT_EQ(outcome.error().rule, row.rule) << row.name << ": " << outcome.error().text();
    EXPECT_EQ(to_string(outcome.error().kind), row.kind) << row.name << ": " << outcome.error().text();
    EXPECT_EQ(row.name.substr(0, row.name.find('-')), row.rule);
  }
}

TEST(GoldenBad, HasAnExpectationForEveryFile) {
  std::set<std::string> expected;
  for (const Expected& row : expected_errors()) expected.insert(row.name);
  std::set<std::string> present;
  for (const fs::path& path : deltas_in(kGolden / "bad")) present.insert(path.filename());
  EXPECT_EQ(present, expected);
}

TEST(GoldenBad, BreaksEveryRuleOfTheFormat) {
  std::ifstream format(fs::path(source_folder()) / "engine" / "FORMAT.md");
  std::stringstream text;
  text << format.rdbuf();
  const std::string document = text.str();
  const std::regex rule("\\*\\*(F[0-9]+)\\*\\*");
  std::set<std::string> rules;
  for (std::sregex_iterator at(document.begin(), document.end(), rule), end; at != end; ++at)
    rules.insert((*at)[1]);
  EXPECT_GE(rules.size(), 32u);
  std::set<std::string> broken;
  for (const Expected& row : expected_errors()) broken.insert(row.rule);
  EXPECT_EQ(broken, rules);
}

}  // namespace
}  // namespace skiff::testing
