// The matcher: what of the result image is in the base image, at the least cost on the wire.
#pragma once

#include <cstdint>
#include <vector>

#include "match/cover.hpp"
#include "match/parts.hpp"
#include "match/path.hpp"
#include "match/rewriter.hpp"
#include "match/segments.hpp"
#include "skiff/io.hpp"

namespace skiff::match {

struct MatchOptions {
  unsigned threads = 1;                               ///< changes no byte of the cover
  std::uint64_t max_memory = std::uint64_t{4} << 30;  ///< for the indexes and buffers of matching
  std::vector<SeedRules> rules{SeedRules{}};          ///< a cover is found for each
  Costs costs{};
};

/// What the matcher did, for tests that bound its work.
struct MatchWork {
  std::uint64_t block_bytes = 0;    ///< result bytes that the exact-block prepass covered
  std::uint64_t residue_bytes = 0;  ///< result bytes that went through the suffix array
  std::uint64_t segments = 0;
  std::uint64_t seed_bytes = 0;  ///< bytes looked at while segments were found
  std::uint64_t path_steps = 0;  ///< segment positions looked at while paths were chosen
};

struct Match {
  Cover cover;
  MatchWork work;
};

/// The exact blocks of both images, which find_residue_covers() then leaves alone: cut to multiples of 16 in
/// the result, so that words stay in phase in what is left. Errors: kIo, and those of `checkpoint`.
Result<Cover> find_blocks(const Source& base, const Source& result, const Checkpoint& checkpoint);

inline const Part kNoPart;

/// What a residue is matched with.
struct ResidueTask {
  const Source& base;
  const Source& result;
  const Cover& blocks;
  const Rewriter* rewriter = nullptr;  ///< what to see instead of the bytes; null for the bytes
  const Part& part = kNoPart;          ///< what is matched apart from the rest
  const Cover& known = blocks;         ///< of where the result is from: the blocks, or an earlier cover
};

/// For each of the rules: `blocks` and the copies found in what they leave by suffix neighbours, segments and
/// cheapest paths, in order; none of the latter is known to be `equal`. When the indexes of the residue would
/// not fit into `max_memory`, the result's residue is cut into chunks, each matched against as much of the
/// base's residue as fits, nearest in offset. Errors: kIo, kLimit, and those of `checkpoint`.
Result<std::vector<Match>> find_residue_covers(const ResidueTask& task, const MatchOptions& options,
                                               const Checkpoint& checkpoint);

}  // namespace skiff::match
