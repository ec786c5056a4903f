#include "base/cursor.hpp"
#include "tests/engine/apply/delta_builder.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/golden/files.hpp"
#include "tests/golden/mixed_builder.hpp"
#include "tests/golden/program_images.hpp"
#include "tests/golden/wild_images.hpp"

namespace skiff::testing {
namespace {

GoodFile built(std::string name, const Bytes& base, const Bytes& result, const BuildPlan& plan = {}) {
  return {std::move(name), base, make_delta(base, result, plan)};
}

/// Runs of every length a token can and cannot say.
Bytes runs_of_every_length(Bytes bytes) {
  std::size_t at = 1;
  for (std::size_t run = 1; run < 10; ++run) {
    for (std::size_t i = 0; i < run; ++i) bytes[at + i] = static_cast<std::uint8_t>(bytes[at + i] + 200 + i);
    at += run + (run % 2 == 0 ? 30 + run / 2 : run);
  }
  return bytes;
}

/// One copy of the whole base, with residue: no search decides what the file holds.
GoodFile one_copy(std::string name, const Bytes& base, const Bytes& result) {
  const std::vector<Copy> cover = {{.result_offset = 0, .base_offset = 0, .length = result.size()}};
  return {std::move(name), base, join_delta(code_delta(cut_delta(base, result, cover, {}), 19))};
}

GoodFile mixed(std::string name, const Bytes& base, const Bytes& result, const MixedPlan& plan = {}) {
  const std::vector<Copy> cover = naive_cover(base, result, plan.window);
  return {std::move(name), base, join_delta(code_mixed_delta(base, result, cover, plan))};
}

/// One copy of the whole base, hardly ever wrong: soon most tokens are taken for certain.
GoodFile certain(std::string name, const Bytes& base) {
  const Bytes result = speckled(base, base.size() / 3);
  const std::vector<Copy> cover = {{.result_offset = 0, .base_offset = 0, .length = result.size()}};
  return {std::move(name), base, join_delta(code_mixed_delta(base, result, cover, {}))};
}

GoodFile program(std::string name, Machine machine, std::uint32_t seed, MixedPlan plan = {}) {
  const ProgramPair pair = program_pair(machine, seed);
  plan.typing = pair.typing;
  return {std::move(name), pair.base,
          join_delta(code_mixed_delta(pair.base, pair.result, pair.copies, plan))};
}

/// The same in codec 0: residue over predicted bytes.
GoodFile predicted(std::string name, Machine machine, std::uint32_t seed, BuildPlan plan = {}) {
  const ProgramPair pair = program_pair(machine, seed);
  plan.typing = pair.typing;
  return {std::move(name), pair.base,
          join_delta(code_delta(cut_delta(pair.base, pair.result, pair.copies, plan), 19))};
}

GoodFile predicted_wild(std::string name, std::uint32_t seed, BuildPlan plan = {}) {
  const WildPair pair = wild_pair(seed, MixedPlan{}.sizes);
  plan.typing = pair.typing;
  return {std::move(name), pair.base,
          join_delta(code_delta(cut_delta(pair.base, pair.result, pair.copies, plan), 19))};
}

GoodFile wild(std::string name, std::uint32_t seed, MixedPlan plan = {}) {
  const WildPair pair = wild_pair(seed, plan.sizes);
  plan.typing = pair.typing;
  return {std::move(name), pair.base,
          join_delta(code_mixed_delta(pair.base, pair.result, pair.copies, plan))};
}

std::vector<GoodFile> zstd_files() {
  const Bytes random = noise(600, 1);
  const Bytes text = prose(900, 2);
  const Bytes both = random + text;
  const Bytes changed =
      speckled(part(both, 300, 900), 13) + noise(80, 3) + part(both, 0, 250) + prose(300, 4);
  return {
      built("empty-to-empty", {}, {}),
      built("empty-to-text", {}, text),
      built("empty-to-noise", {}, random),
      built("text-to-empty", text, {}),
      built("identical", random, random),
      built("halves-swapped", random, part(random, 300, 300) + part(random, 0, 300)),
      one_copy("residue", random, speckled(random, 7)),
      one_copy("runs", random, runs_of_every_length(random)),
      one_copy("all-changed", random, noise(600, 5)),
      built("tiny", both, changed, {.profile = Profile::kTiny}),
      built("max", both, changed, {.profile = Profile::kMax, .level = 22}),
      built("windows", both, changed, {.window = 512, .segment = 200}),
      built("bytes", part(both, 590, 30), part(both, 592, 30), {.window = 7, .segment = 1}),
      built("two-frames", {}, noise(66'000, 6)),
      predicted("predicted-a64", Machine::kAArch64, 1),
      predicted("predicted-a64-segments", Machine::kAArch64, 2, {.segment = 150}),
      predicted("predicted-x64", Machine::kX8664, 3),
      predicted("predicted-x64-segments", Machine::kX8664, 4, {.segment = 101}),
      predicted("predicted-thumb", Machine::kThumb, 5, {.segment = 333, .profile = Profile::kTiny}),
      predicted("predicted-thumb-relative", Machine::kThumbRelative, 6),
      predicted("predicted-a32", Machine::kA32, 7, {.segment = 199}),
      predicted("predicted-x86", Machine::kX86, 8, {.segment = 444}),
      predicted_wild("predicted-wild-102", 102, {.segment = 77}),
      predicted_wild("predicted-wild-115", 115),
      predicted_wild("predicted-wild-137", 137, {.segment = 500}),
  };
}

std::vector<GoodFile> mixed_files() {
  const Bytes random = noise(600, 1);
  const Bytes text = prose(900, 2);
  const Bytes both = random + text;
  const Bytes changed =
      speckled(part(both, 300, 900), 13) + noise(40, 3) + part(both, 0, 250) + prose(300, 4);
  // More than a history of 4,096 bytes and than a block of 16,384; what follows repeats the end of it.
  const Bytes long_base = noise(20'000, 5);
  const Bytes long_result = part(long_base, 100, 19'800) + prose(40, 6) + part(long_base, 19'000, 600) +
                            speckled(part(long_base, 18'000, 12), 4) + part(long_base, 19'700, 14);
  return {
      mixed("mixed-empty-to-empty", {}, {}),
      mixed("mixed-empty-to-text", {}, prose(500, 2)),
      mixed("mixed-empty-to-noise", {}, noise(2'100, 8) + prose(1'100, 8)),
      mixed("mixed-text-to-empty", text, {}),
      mixed("mixed-identical", random, random),
      mixed("mixed-changed", both, changed, {.profile = Profile::kMax, .sizes = {18, 20, 18}}),
      mixed("mixed-windows", both, changed, {.window = 512, .segment = 60}),
      mixed("mixed-long-verbatim", long_base, long_result),
      certain("mixed-certain", noise(5'000, 7)),
      program("mixed-a64", Machine::kAArch64, 1),
      program("mixed-a64-segments", Machine::kAArch64, 2, {.segment = 150, .sizes = {12, 14, 10}}),
      program("mixed-x64", Machine::kX8664, 3),
      program("mixed-thumb", Machine::kThumb, 4),
      program("mixed-a32", Machine::kA32, 5),
      program("mixed-a32-relative", Machine::kA32Relative, 6),
      program("mixed-thumb-relative", Machine::kThumbRelative, 7),
      program("mixed-x86", Machine::kX86, 8),
      // Seeds that were chosen because their typing leads references astray in many ways.
      wild("mixed-wild-102", 102, {.segment = 200}),
      wild("mixed-wild-105", 105, {.segment = 200}),
      wild("mixed-wild-115", 115),
      wild("mixed-wild-137", 137),
      wild("mixed-wild-157", 157),
  };
}

}  // namespace

std::vector<GoodFile> good_files() {
  std::vector<GoodFile> files = zstd_files();
  for (GoodFile& file : mixed_files()) files.push_back(std::move(file));
  for (GoodFile& file : opened_good_files()) files.push_back(std::move(file));
  return files;
}

}  // namespace skiff::testing
