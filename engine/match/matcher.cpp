#include "match/matcher.hpp"

#include <algorithm>
#include <functional>
#include <optional>

#include "base/parallel.hpp"
#include "match/block_match.hpp"
#include "match/chunks.hpp"
#include "match/residue.hpp"

namespace skiff::match {
namespace {

/// Result bytes whose segments and path are worked out together, on one thread.
constexpr std::uint32_t kStretch = std::uint32_t{4} << 20;
/// Pieces of the base begin and end on multiples of this, so that words and instructions stay in phase.
constexpr std::uint64_t kPieceAlignment = 16;
/// How much of what an exact copy holds stays in the base's residue on each side: copies reach into it.
constexpr std::uint64_t kPieceMargin = 2048;
/// A base this short is matched whole, so that what stays in its place can be found a second time; in longer
/// ones what the exact copies left is enough.
constexpr std::uint64_t kWholeBase = std::uint64_t{16} << 20;

Ranges base_ranges(const Cover& cover) {
  Ranges out;
  for (const Copy& copy : cover) out.push_back({copy.base, copy.base + copy.length});
  return out;
}

Ranges result_ranges(const Cover& cover) {
  Ranges out;
  for (const Copy& copy : cover) out.push_back({copy.result, copy.result + copy.length});
  return out;
}

/// Takes a path over two residues back to the images, cutting copies where a residue's pieces meet.
void append_steps(Cover& cover, const Residue& base, const Residue& result, const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    for (std::uint32_t at = step.begin; at < step.end;) {
      const auto base_at = static_cast<std::uint32_t>(at + step.diagonal);
      const Residue::Piece& from = base.piece_of(base_at);
      const Residue::Piece& to = result.piece_of(at);
      const std::uint64_t length =
          std::min({std::uint64_t{step.end - at}, from.image.length() - (base_at - from.at),
                    to.image.length() - (at - to.at)});
      cover.push_back({to.image.begin + (at - to.at), from.image.begin + (base_at - from.at), length, false});
      at += static_cast<std::uint32_t>(length);
    }
  }
}

/// What one stretch of a chunk's result gave by one of the rules.
struct StretchMatch {
  Path path;
  std::uint64_t segments = 0;
  std::uint64_t seed_bytes = 0;
};

/// Residues of one chunk and what is known of them.
class ChunkMatcher {
 public:
  ChunkMatcher(const Residue& base, const Residue& result, const MatchOptions& options)
      : base_(base), result_(result), texts_{base.bytes(), result.bytes()}, options_(options) {}

  /// Adds to each of `matches`, one for each rule, what that rule finds.
  Result<void> run(std::vector<Match>& matches, const Part& part, const Cover& known,
                   const Checkpoint& checkpoint) const {
    Neighbours neighbours;
    std::optional<Occurrences> occurrences;
    run_both(
        options_.threads,
        [&] { neighbours = find_neighbours_apart(base_, result_, part, known, options_.threads); },
        [&] { occurrences.emplace(texts_.base); });
    SKIFF_TRY(checkpoint(0.5));
    const auto length = static_cast<std::uint32_t>(texts_.result.size());
    const std::size_t rules = options_.rules.size();
    const std::size_t parts = (std::size_t{length} + kStretch - 1) / kStretch * rules;
    const auto produce = [&](std::size_t i) -> Result<StretchMatch> {
      const auto begin = static_cast<std::uint32_t>(i / rules * kStretch);
      const Range32 stretch{begin, begin + std::min(kStretch, length - begin)};
      SegmentSearch search =
          find_segments(texts_, neighbours, *occurrences, stretch, options_.rules[i % rules]);
      Path path = cheapest_path(texts_, search.segments, stretch, options_.costs);
      return StretchMatch{std::move(path), search.segments.size(), search.work};
    };
    const auto consume = [&](std::size_t i, StretchMatch&& found) -> Result<void> {
      add(matches[i % rules], found);
      return checkpoint(0.5 + 0.5 * static_cast<double>(i + 1) / static_cast<double>(parts));
    };
    return ordered_parallel_for<StretchMatch>(parts, options_.threads, produce, consume);
  }

 private:
  void add(Match& match, const StretchMatch& found) const {
    append_steps(match.cover, base_, result_, found.path.steps);
    match.work.segments += found.segments;
    match.work.seed_bytes += found.seed_bytes;
    match.work.path_steps += found.path.work;
  }

  const Residue& base_;
  const Residue& result_;
  Texts texts_;
  const MatchOptions& options_;
};

/// Copies cut to whole multiples of kPieceAlignment in a result of `size` bytes.
Cover aligned(const Cover& cover, std::uint64_t size) {
  Cover out;
  for (Copy copy : cover) {
    const std::uint64_t begin = (copy.result + kPieceAlignment - 1) / kPieceAlignment * kPieceAlignment;
    const std::uint64_t bare_end = copy.result + copy.length;
    const std::uint64_t end = bare_end == size ? size : bare_end / kPieceAlignment * kPieceAlignment;
    if (begin >= end) continue;
    copy.base += begin - copy.result;
    out.push_back({begin, copy.base, end - begin, copy.equal});
  }
  return out;
}

/// Both residues of a chunk as the task's rewriter shows them.
struct ChunkTexts {
  Residue base;
  Residue result;
};

Result<Residue> read_residue(const Source& image, const Ranges& ranges,
                             const std::function<Result<void>(Range, MutableBytes)>& rewrite) {
  SKIFF_ASSIGN(Residue residue, Residue::read(image, ranges));
  SKIFF_TRY(residue.rewrite(rewrite));
  return residue;
}

Result<ChunkTexts> read_texts(const ResidueTask& task, const Chunk& chunk, unsigned threads) {
  const auto rewrite_base = [&](Range range, MutableBytes bytes) -> Result<void> {
    return task.rewriter ? task.rewriter->rewrite_base(range, bytes) : Result<void>{};
  };
  const auto rewrite_result = [&](Range range, MutableBytes bytes) -> Result<void> {
    return task.rewriter ? task.rewriter->rewrite_result(range, bytes) : Result<void>{};
  };
  Result<Residue> base;
  Result<Residue> result;
  run_both(
      threads, [&] { base = read_residue(task.base, chunk.base, rewrite_base); },
      [&] { result = read_residue(task.result, chunk.result, rewrite_result); });
  if (!base) return tl::unexpected<Error>(std::move(base).error());
  if (!result) return tl::unexpected<Error>(std::move(result).error());
  return ChunkTexts{std::move(*base), std::move(*result)};
}

}  // namespace

Result<Cover> find_blocks(const Source& base, const Source& result, const Checkpoint& checkpoint) {
  SKIFF_ASSIGN(const Cover blocks, match_blocks(base, result, checkpoint));
  return aligned(blocks, result.size());
}

Result<std::vector<Match>> find_residue_covers(const ResidueTask& task, const MatchOptions& options,
                                               const Checkpoint& checkpoint) {
  const Ranges result_left = uncovered(task.result.size(), result_ranges(task.blocks), 1, 0);
  const Ranges base_left =
      task.base.size() <= kWholeBase
          ? uncovered(task.base.size(), {}, kPieceAlignment, 0)
          : uncovered(task.base.size(), base_ranges(task.blocks), kPieceAlignment, kPieceMargin);
  const std::uint64_t left = total_length(result_left);
  std::vector<Match> matches(
      options.rules.size(), {task.blocks, {.block_bytes = task.result.size() - left, .residue_bytes = left}});
  const std::vector<Chunk> chunks = plan_chunks(base_left, result_left, options.max_memory);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (chunks[i].base.empty() || chunks[i].result.empty()) continue;
    const Checkpoint chunk_done = [&](double done) {
      return checkpoint((static_cast<double>(i) + done) / static_cast<double>(chunks.size()));
    };
    SKIFF_ASSIGN(const ChunkTexts texts, read_texts(task, chunks[i], options.threads));
    SKIFF_TRY(
        ChunkMatcher(texts.base, texts.result, options).run(matches, task.part, task.known, chunk_done));
  }
  for (Match& match : matches) {
    std::sort(match.cover.begin(), match.cover.end(),
              [](const Copy& a, const Copy& b) { return a.result < b.result; });
  }
  return matches;
}

}  // namespace skiff::match
