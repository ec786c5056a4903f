#include "skiff/explain.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/apply/test_digest.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/match/match_images.hpp"
#include "tests/engine/predict/programs.hpp"
#include "tests/engine/typing/elf_image.hpp"
#include "tests/engine/typing/ext4_image.hpp"

namespace skiff::testing {
namespace {

struct Explained {
  DiffReport built;
  Bytes delta;
  DeltaExplanation explanation;
};

template <typename List>
std::uint64_t sum(const List& list) {
  std::uint64_t bytes = 0;
  for (const auto& row : list) bytes += row.bytes;
  return bytes;
}

/// Of the row with that name; 0 if there is none.
template <typename List>
std::uint64_t bytes_of(const List& list, std::string_view name) {
  const auto row = std::find_if(list.begin(), list.end(), [name](const auto& r) { return r.name == name; });
  return row == list.end() ? 0 : row->bytes;
}

std::uint64_t found(const DeltaExplanation& explanation, std::string_view what) {
  for (const Finding& finding : explanation.findings)
    if (finding.what.substr(0, what.size()) == what) return finding.bytes;
  return 0;
}

/// An x86-64 program with a function inserted in its middle and sections of these contents.
Bytes elf_with(std::uint64_t gap, std::vector<std::pair<std::string, Bytes>> sections,
               std::uint16_t type = 2) {
  ProgramPlan code{.kind = Kind::kX64, .length = 40'000, .seed = 1};
  code.gap_at = 20'000;
  code.gap = gap;
  ElfPlan plan = example_program(true, type, 62);
  plan.sections[0].content = program(code);
  plan.sections[0].address = 0x40'0000;
  for (auto& [name, content] : sections) plan.sections.push_back({name, 1, 0, 0, std::move(content)});
  return elf_image(plan);
}

class ExplainDelta : public ::testing::TestWithParam<Codec> {
 protected:
  static Explained explained(const Bytes& base, const Bytes& result) {
    Explained out;
    BytesSink sink;
    auto built = build_delta(ViewSource(base), ViewSource(result), sink,
                             {.codec = GetParam(), .profile = Profile::kTiny}, make_sha256);
    EXPECT_TRUE(built);
    out.delta = sink.take();
    auto explanation = explain_delta(ViewSource(base), ViewSource(out.delta));
    EXPECT_TRUE(explanation) << (explanation ? "" : explanation.error().text());
    if (!built || !explanation) return out;
    out.built = std::move(*built);
    out.explanation = std::move(*explanation);
    return out;
  }
};

INSTANTIATE_TEST_SUITE_P(Codecs, ExplainDelta, ::testing::Values(Codec::kZstd, Codec::kContextMixing),
                         [](const auto& codec) { return std::string(to_string(codec.param)); });

std::vector<MatchPair> pairs_to_explain() {
  std::vector<MatchPair> pairs = ordinary_pairs();
  pairs.push_back({"program", elf_with(0, {}), elf_with(4096, {})});
  pairs.push_back({"text", prose(9'000, 1), speckled(prose(9'000, 1), 50)});
  pairs.push_back({"empty to noise", {}, noise(5'000, 1)});
  pairs.push_back({"noise to empty", noise(500, 1), {}});
  MatchPair windows{"several windows", noise(100'000, 1), {}};
  for (std::uint32_t i = 0; i < 2'500; ++i)
    windows.result = windows.result + part(windows.base, i * 7919 % 99'000, 40) + Bytes{0, 1};
  pairs.push_back(std::move(windows));
  return pairs;
}

TEST_P(ExplainDelta, EverySumIsTheDelta) {
  for (const MatchPair& pair : pairs_to_explain()) {
    const Explained made = explained(pair.base, pair.result);
    const DeltaExplanation& why = made.explanation;
    const DeltaBreakdown& bytes = why.report.bytes;
    EXPECT_EQ(sum(why.parts), made.delta.size()) << pair.name;
    EXPECT_EQ(bytes.head + bytes.map + bytes.residue + bytes.literals + bytes.overhead, made.delta.size());
    EXPECT_EQ(sum(why.kinds), bytes.residue) << pair.name;
    EXPECT_EQ(sum(why.places) + why.elsewhere, bytes.residue + bytes.literals) << pair.name;
  }
}

TEST_P(ExplainDelta, MeasuresWhatTheEncoderSaid) {
  for (const MatchPair& pair : pairs_to_explain()) {
    const Explained made = explained(pair.base, pair.result);
    const DiffReport& report = made.explanation.report;
    EXPECT_EQ(report.copies, made.built.copies) << pair.name;
    EXPECT_EQ(report.literal_bytes, made.built.literal_bytes);
    EXPECT_EQ(report.verbatim_bytes, made.built.verbatim_bytes);
    EXPECT_EQ(report.copied_bytes, made.built.copied_bytes);
    EXPECT_EQ(report.bytes.map, made.built.bytes.map);
    // The encoder counts whole bytes at each gap.
    const double slack = static_cast<double>(made.built.copies + 8);
    EXPECT_NEAR(static_cast<double>(report.bytes.literals), static_cast<double>(made.built.bytes.literals),
                slack)
        << pair.name;
  }
}

TEST_P(ExplainDelta, NamesTheSectionThatGrew) {
  const Explained made = explained(elf_with(0, {}), elf_with(8192, {}));
  const DeltaExplanation& why = made.explanation;
  ASSERT_FALSE(why.places.empty());
  EXPECT_EQ(why.places[0].name, ".text");
  EXPECT_GT(why.places[0].literals, 8000u);
  if (GetParam() == Codec::kContextMixing) {
    EXPECT_GT(bytes_of(why.parts, "noise"), 7000u);
  }
}

TEST_P(ExplainDelta, PrintsNamesThatAreNoText) {
  const auto file = [](std::uint32_t seed) { return elf_with(0, {{"\x1b[2Jna\xffme", noise(500, seed)}}); };
  const DeltaExplanation why = explained(file(1), file(2)).explanation;
  EXPECT_GT(bytes_of(why.places, "\\x1b[2Jna\\xffme"), 400u);
}

TEST_P(ExplainDelta, FindsCompressedContent) {
  const Bytes gzip{0x1f, 0x8b, 0x08};
  const Explained made = explained(gzip + noise(20'000, 1), gzip + noise(20'000, 2));
  EXPECT_GT(found(made.explanation, "compressed content"), 19'000u);
  EXPECT_EQ(found(explained(noise(20'000, 1), noise(20'000, 2)).explanation, "compressed content"), 0u);
}

TEST_P(ExplainDelta, FindsSignaturesOfModules) {
  const std::string mark = "~Module signature appended~\n";
  const Bytes trailer = Bytes{0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0} + Bytes(mark.begin(), mark.end());
  const Bytes module = elf_with(0, {}, 1);
  const DeltaExplanation why =
      explained(module + noise(512, 101) + trailer, module + noise(512, 102) + trailer).explanation;
  EXPECT_NEAR(static_cast<double>(found(why, "signatures of kernel modules")), 512, 32);
}

TEST_P(ExplainDelta, FindsBuildIdsAndSymbols) {
  const auto file = [](std::uint32_t seed, std::uint16_t type) {
    return elf_with(0,
                    {{".note.gnu.build-id", noise(36, seed)},
                     {".symtab", noise(1000, seed + 10)},
                     {".debug_info", noise(500, seed + 20)}},
                    type);
  };
  const DeltaExplanation program = explained(file(101, 2), file(102, 2)).explanation;
  EXPECT_NEAR(static_cast<double>(found(program, "build ids")), 36, 12);
  EXPECT_NEAR(static_cast<double>(found(program, "symbols and debug")), 1500, 100);
  // Modules cannot do without their symbols.
  const DeltaExplanation module = explained(file(101, 1), file(102, 1)).explanation;
  EXPECT_NEAR(static_cast<double>(found(module, "symbols and debug")), 500, 50);
}

TEST_P(ExplainDelta, FindsPartsInAnotherOrder) {
  const Bytes base = noise(100'000, 1);
  Bytes result;
  for (std::uint32_t i = 0; i < 100; ++i) result = result + part(base, i * 37 % 100 * 1000, 1000);
  const DeltaExplanation why = explained(base, result).explanation;
  EXPECT_EQ(found(why, "map of parts in another order"), why.report.bytes.map);
  EXPECT_EQ(found(explained(base, speckled(base, 1000)).explanation, "map of parts in another order"), 0u);
}

TEST_P(ExplainDelta, NamesTheFilesOfAFileSystem) {
  const Bytes kept = elf_with(0, {});
  const auto before = ext4_image({{"bin/kept", kept}, {"etc/changed", noise(9'000, 1)}});
  const auto after =
      ext4_image({{"bin/kept", kept}, {"etc/changed", noise(9'000, 2)}, {"etc/new", noise(70, 3)}});
  if (!before || !after) GTEST_SKIP() << "no e2fsprogs here";
  const DeltaExplanation why = explained(*before, *after).explanation;
  ASSERT_FALSE(why.places.empty());
  EXPECT_EQ(why.places[0].name, "/etc/changed");
  EXPECT_NEAR(static_cast<double>(why.places[0].bytes), 9'000, 200);
  EXPECT_NEAR(static_cast<double>(bytes_of(why.places, "/etc/new")), 70, 40);
  EXPECT_LT(bytes_of(why.places, "/bin/kept"), 10u);
  EXPECT_GT(why.elsewhere, 0u);
}

TEST_P(ExplainDelta, RefusesAnotherBase) {
  const MatchPair pair{"", prose(9'000, 1), speckled(prose(9'000, 1), 50)};
  const Explained made = explained(pair.base, pair.result);
  const Bytes longer = pair.base + Bytes{0};
  const Bytes other = speckled(pair.base, 100);
  for (const Bytes& base : {longer, other}) {
    const auto why = explain_delta(ViewSource(base), ViewSource(made.delta));
    ASSERT_FALSE(why);
    EXPECT_EQ(why.error().kind, ErrorKind::kMismatch);
  }
}

TEST_P(ExplainDelta, OfABrokenDeltaIsAnErrorOrAnExplanation) {
  const Bytes base = elf_with(0, {});
  const Explained made = explained(base, elf_with(200, {}));
  for (std::size_t at = 0; at < made.delta.size(); ++at) {
    Bytes broken = made.delta;
    broken[at] ^= static_cast<std::uint8_t>(1u << at % 8);
    const auto why = explain_delta(ViewSource(base), ViewSource(broken));
    if (why) {
      EXPECT_EQ(sum(why->parts), broken.size());
    }
  }
}

TEST_P(ExplainDelta, HandsOnTheErrorOfAReadThatFails) {
  const Bytes base = elf_with(0, {});
  const Explained made = explained(base, elf_with(200, {}));
  const ViewSource base_source(base);
  const ViewSource delta_source(made.delta);
  for (std::uint64_t n = 0;; ++n) {
    Countdown countdown(n);
    const auto why =
        explain_delta(FailingSource(base_source, countdown), FailingSource(delta_source, countdown));
    if (!countdown.failed()) break;
    ASSERT_FALSE(why) << n;
    EXPECT_EQ(why.error().kind, ErrorKind::kIo) << n;
  }
}

}  // namespace
}  // namespace skiff::testing
