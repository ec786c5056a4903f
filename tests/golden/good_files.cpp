#include "base/cursor.hpp"
#include "tests/engine/apply/delta_builder.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/golden/files.hpp"

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

}  // namespace

std::vector<GoodFile> good_files() {
  const Bytes random = noise(600, 1);
  const Bytes text = prose(900, 2);
  const Bytes mixed = random + text;
  const Bytes changed =
      speckled(part(mixed, 300, 900), 13) + noise(80, 3) + part(mixed, 0, 250) + prose(300, 4);
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
      built("tiny", mixed, changed, {.profile = Profile::kTiny}),
      built("max", mixed, changed, {.profile = Profile::kMax, .level = 22}),
      built("windows", mixed, changed, {.window = 512, .segment = 200}),
      built("bytes", part(mixed, 590, 30), part(mixed, 592, 30), {.window = 7, .segment = 1}),
      built("two-frames", {}, noise(66'000, 6)),
  };
}

}  // namespace skiff::testing
