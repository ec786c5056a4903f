#include <gtest/gtest.h>

#include "skiff/applier.hpp"
#include "skiff/diff.hpp"
#include "tests/engine/apply/test_digest.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/engine/match/match_images.hpp"
#include "tests/engine/predict/programs.hpp"
#include "tests/engine/typing/elf_image.hpp"

namespace skiff::testing {
namespace {

struct Built {
  Bytes delta;
  DiffReport report;
};

::testing::AssertionResult makes_result(const MatchPair& pair, const Bytes& delta) {
  BytesSink sink;
  const ApplyOptions options{.max_memory = std::uint64_t{32} << 20};
  const auto info = apply_delta(ViewSource(pair.base), ViewSource(delta), sink, options, make_sha256);
  if (!info) return ::testing::AssertionFailure() << pair.name << ": " << info.error().text();
  if (sink.bytes() != pair.result) return ::testing::AssertionFailure() << pair.name << ": other bytes";
  return ::testing::AssertionSuccess();
}

/// A program that grew in its middle.
MatchPair program_pair(Kind kind, std::uint64_t length) {
  ProgramPlan plan{.kind = kind, .length = length, .seed = 1};
  MatchPair pair{"program of kind " + std::to_string(static_cast<int>(kind)), program(plan), {}};
  plan.gap_at = length / 16 * 8;
  plan.gap = 4096;
  pair.result = program(plan);
  return pair;
}

/// The same as an ELF file.
MatchPair elf_pair(Kind kind, std::uint16_t machine) {
  MatchPair pair = program_pair(kind, 40'000);
  const auto file = [&](Bytes code) {
    ElfPlan plan = example_program(true, 2, machine);
    plan.sections[0].content = std::move(code);
    plan.sections[0].address = 0x40'0000;
    return elf_image(plan);
  };
  pair.name = "file with a " + pair.name;
  pair.base = file(std::move(pair.base));
  pair.result = file(std::move(pair.result));
  return pair;
}

std::vector<MatchPair> all_pairs() {
  std::vector<MatchPair> pairs = ordinary_pairs();
  for (MatchPair& pair : hostile_pairs(5'000)) pairs.push_back(std::move(pair));
  for (const Kind kind : kAllKinds) pairs.push_back(program_pair(kind, 16'384));
  pairs.push_back(elf_pair(Kind::kA64, 183));
  pairs.push_back(elf_pair(Kind::kX64, 62));
  pairs.push_back(elf_pair(Kind::kThumb, 40));
  pairs.push_back({"empty to empty", {}, {}});
  pairs.push_back({"empty to noise", {}, noise(500, 1)});
  pairs.push_back({"noise to empty", noise(500, 1), {}});
  return pairs;
}

/// Deltas in either codec of images that are typed.
class TypedDelta : public ::testing::TestWithParam<Codec> {
 protected:
  static Built build(const MatchPair& pair, DiffOptions options) {
    options.codec = GetParam();
    BytesSink sink;
    Result<DiffReport> report =
        build_delta(ViewSource(pair.base), ViewSource(pair.result), sink, options, make_sha256);
    EXPECT_TRUE(report) << pair.name << ": " << (report ? "" : report.error().text());
    return {sink.take(), report ? std::move(*report) : DiffReport{}};
  }
};

INSTANTIATE_TEST_SUITE_P(Codecs, TypedDelta, ::testing::Values(Codec::kZstd, Codec::kContextMixing),
                         [](const auto& codec) { return std::string(to_string(codec.param)); });

TEST_P(TypedDelta, RoundTripsEveryClassOfImage) {
  for (const MatchPair& pair : all_pairs()) {
    const Built built = build(pair, {.profile = Profile::kTiny});
    EXPECT_TRUE(makes_result(pair, built.delta));
    EXPECT_EQ(built.report.info.codec, GetParam());
  }
}

TEST_P(TypedDelta, RoundTripsInEveryProfile) {
  for (const Profile profile : {Profile::kStandard, Profile::kMax}) {
    for (const MatchPair& pair : {elf_pair(Kind::kA64, 183), program_pair(Kind::kThumb, 16'384)}) {
      const Built built = build(pair, {.profile = profile});
      EXPECT_TRUE(makes_result(pair, built.delta));
      EXPECT_EQ(built.report.info.profile, profile);
    }
  }
}

TEST_P(TypedDelta, RoundTripsEveryTinyLength) {
  const Bytes alphabet = noise(200, 1);
  for (std::size_t base_length = 0; base_length <= 40; base_length += 1 + base_length / 4) {
    for (std::size_t length = 0; length <= 40; length += 3) {
      const MatchPair pair{"tiny", part(alphabet, 0, base_length), part(alphabet, length / 3, length)};
      ASSERT_TRUE(makes_result(pair, build(pair, {.profile = Profile::kTiny}).delta))
          << base_length << " to " << length;
    }
  }
}

TEST_P(TypedDelta, GivesTheSameBytesWhateverTheNumberOfThreads) {
  std::vector<MatchPair> pairs = {elf_pair(Kind::kX64, 62), program_pair(Kind::kA64, 65'536)};
  pairs.push_back({"several windows", noise(100'000, 1), {}});
  for (std::uint32_t i = 0; i < 2'500; ++i)
    pairs.back().result = pairs.back().result + part(pairs.back().base, i * 7919 % 99'000, 40) + Bytes{0, 1};
  for (const MatchPair& pair : pairs) {
    const Built one = build(pair, {.profile = Profile::kTiny, .threads = 1});
    EXPECT_TRUE(makes_result(pair, one.delta));
    for (const unsigned threads : {2u, 3u})
      EXPECT_TRUE(build(pair, {.profile = Profile::kTiny, .threads = threads}).delta == one.delta)
          << pair.name;
  }
}

TEST_P(TypedDelta, OfAProgramThatMovedIsAFractionOfWhatMoved) {
  for (const MatchPair& pair : {elf_pair(Kind::kA64, 183), elf_pair(Kind::kX64, 62)}) {
    // It carries the 4096 bytes of noise that were inserted; of the rest a quarter changed.
    const std::size_t delta = build(pair, {.profile = Profile::kTiny}).delta.size();
    EXPECT_LT(delta - 4096, pair.base.size() / 40) << pair.name;
  }
}

TEST_P(TypedDelta, ReportsWhatInspectionFinds) {
  for (const MatchPair& pair : {elf_pair(Kind::kA64, 183), program_pair(Kind::kThumb, 16'384),
                                MatchPair{"text", prose(9'000, 1), speckled(prose(9'000, 1), 50)},
                                MatchPair{"empty to noise", {}, noise(500, 1)}}) {
    const Built built = build(pair, {.profile = Profile::kTiny});
    const DiffReport& told = built.report;
    EXPECT_EQ(told.info.delta_length, built.delta.size());
    EXPECT_EQ(told.copied_bytes + told.verbatim_bytes + told.literal_bytes, pair.result.size()) << pair.name;
    const auto found = inspect_delta(ViewSource(built.delta));
    ASSERT_TRUE(found) << found.error().text();
    EXPECT_EQ(found->info.decoder_memory, told.info.decoder_memory);
    EXPECT_EQ(found->info.segments.size(), told.info.segments.size());
    EXPECT_EQ(found->bytes.map, told.bytes.map);
    for (const DeltaBreakdown& bytes : {told.bytes, found->bytes})
      EXPECT_EQ(bytes.head + bytes.map + bytes.residue + bytes.literals + bytes.overhead, built.delta.size());
  }
}

TEST_P(TypedDelta, HandsOnTheErrorOfWhicheverReadOrWriteFails) {
  const MatchPair pair = program_pair(Kind::kA64, 8'192);
  const ViewSource base(pair.base);
  const ViewSource result(pair.result);
  // Typing is advice, so that a read that fails there alone is not an error of the delta: it fails for good.
  std::uint64_t n = 0;
  for (;; n += 1 + n / 8) {
    Countdown countdown(n);
    BytesSink sink;
    const FailingSource failing_base(base, countdown);
    const FailingSource failing_result(result, countdown);
    FailingSink failing_sink(sink, countdown);
    const DiffOptions options{.codec = GetParam(), .profile = Profile::kTiny};
    const auto report = build_delta(failing_base, failing_result, failing_sink, options, make_sha256);
    if (report) break;
    ASSERT_EQ(report.error().kind, ErrorKind::kIo) << n;
  }
  EXPECT_GT(n, 10u);
}

TEST_P(TypedDelta, StopsWheneverItIsTold) {
  const MatchPair pair = program_pair(Kind::kA64, 8'192);
  for (int allowed = 0;; ++allowed) {
    int left = allowed;
    DiffOptions options{.codec = GetParam(), .profile = Profile::kTiny};
    options.progress = [&left](std::string_view, double) { return left-- > 0; };
    BytesSink sink;
    const auto report =
        build_delta(ViewSource(pair.base), ViewSource(pair.result), sink, options, make_sha256);
    if (report) break;
    ASSERT_EQ(report.error().kind, ErrorKind::kCancelled);
  }
}

}  // namespace
}  // namespace skiff::testing
