#include "match/matcher.hpp"

#include <algorithm>

#include "base/parallel.hpp"
#include "match/block_match.hpp"
#include "match/chunks.hpp"
#include "match/neighbours.hpp"
#include "match/residue.hpp"

namespace skiff::match {
namespace {

/// Result bytes whose segments and path are worked out together, on one thread.
constexpr std::uint32_t kStretch = std::uint32_t{16} << 20;
/// Pieces of the base begin and end on multiples of this, so that words and instructions stay in phase.
constexpr std::uint64_t kPieceAlignment = 16;
/// How much of what an exact copy holds stays in the base's residue on each side: copies reach into it.
constexpr std::uint64_t kPieceMargin = 2048;
/// A base this short is matched whole: leaving parts out would save little time and cost matches.
constexpr std::uint64_t kWholeBase = std::uint64_t{64} << 20;

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

/// What one stretch of a chunk's result gave.
struct StretchMatch {
  Path path;
  std::uint64_t segments = 0;
  std::uint64_t seed_bytes = 0;
};

class ChunkMatcher {
 public:
  ChunkMatcher(const MatchOptions& options, const Checkpoint& checkpoint, Match& match)
      : options_(options), checkpoint_(checkpoint), match_(match) {}

  Result<void> run(const Residue& base, const Residue& result) {
    const Texts texts{base.bytes(), result.bytes()};
    SKIFF_ASSIGN(const Neighbours neighbours, neighbours_of(texts));
    SKIFF_TRY(checkpoint_(0.5));
    const Occurrences occurrences(texts.base);
    const auto length = static_cast<std::uint32_t>(texts.result.size());
    const std::size_t stretches = (std::size_t{length} + kStretch - 1) / kStretch;
    const auto produce = [&](std::size_t i) -> Result<StretchMatch> {
      const auto begin = static_cast<std::uint32_t>(i * kStretch);
      const Range32 stretch{begin, begin + std::min(kStretch, length - begin)};
      SegmentSearch search = find_segments(texts, neighbours, occurrences, stretch, options_.rules);
      Path path = cheapest_path(texts, search.segments, stretch, options_.costs);
      return StretchMatch{std::move(path), search.segments.size(), search.work};
    };
    const auto consume = [&](std::size_t i, StretchMatch&& found) -> Result<void> {
      append_steps(match_.cover, base, result, found.path.steps);
      match_.work.segments += found.segments;
      match_.work.seed_bytes += found.seed_bytes;
      match_.work.path_steps += found.path.work;
      return checkpoint_(0.5 + 0.5 * static_cast<double>(i + 1) / static_cast<double>(stretches));
    };
    return ordered_parallel_for<StretchMatch>(stretches, options_.threads, produce, consume);
  }

 private:
  [[nodiscard]] Result<Neighbours> neighbours_of(const Texts& texts) const {
    Bytes text;
    text.reserve(texts.base.size() + texts.result.size());
    text.insert(text.end(), texts.base.begin(), texts.base.end());
    text.insert(text.end(), texts.result.begin(), texts.result.end());
    return find_neighbours(text, texts.base.size(), options_.threads);
  }

  const MatchOptions& options_;
  const Checkpoint& checkpoint_;
  Match& match_;
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

using Rewrite = std::function<Result<void>(Range, MutableBytes)>;

/// The residue of one image as its rewriter shows it.
Result<Residue> read_residue(const Source& image, const Ranges& ranges, const Rewrite& rewrite) {
  SKIFF_ASSIGN(Residue residue, Residue::read(image, ranges));
  if (rewrite) SKIFF_TRY(residue.rewrite(rewrite));
  return residue;
}

Rewrite base_rewrite(const Rewriter* rewriter) {
  if (!rewriter) return {};
  return [rewriter](Range range, MutableBytes bytes) { return rewriter->rewrite_base(range, bytes); };
}
Rewrite result_rewrite(const Rewriter* rewriter) {
  if (!rewriter) return {};
  return [rewriter](Range range, MutableBytes bytes) { return rewriter->rewrite_result(range, bytes); };
}

}  // namespace

Result<Cover> find_blocks(const Source& base, const Source& result, const Checkpoint& checkpoint) {
  SKIFF_ASSIGN(const Cover blocks, match_blocks(base, result, checkpoint));
  return aligned(blocks, result.size());
}

Result<Match> find_residue_cover(const ResidueTask& task, const MatchOptions& options,
                                 const Checkpoint& checkpoint) {
  Match match;
  match.cover = task.blocks;
  const Ranges result_left = uncovered(task.result.size(), result_ranges(task.blocks), 1, 0);
  const Ranges base_left =
      task.base.size() <= kWholeBase
          ? uncovered(task.base.size(), {}, kPieceAlignment, 0)
          : uncovered(task.base.size(), base_ranges(task.blocks), kPieceAlignment, kPieceMargin);
  match.work.residue_bytes = total_length(result_left);
  match.work.block_bytes = task.result.size() - match.work.residue_bytes;
  const std::vector<Chunk> chunks = plan_chunks(base_left, result_left, options.max_memory);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (chunks[i].base.empty() || chunks[i].result.empty()) continue;
    const Checkpoint chunk_done = [&](double done) {
      return checkpoint((static_cast<double>(i) + done) / static_cast<double>(chunks.size()));
    };
    SKIFF_ASSIGN(const Residue base, read_residue(task.base, chunks[i].base, base_rewrite(task.rewriter)));
    SKIFF_ASSIGN(const Residue result,
                 read_residue(task.result, chunks[i].result, result_rewrite(task.rewriter)));
    SKIFF_TRY(ChunkMatcher(options, chunk_done, match).run(base, result));
  }
  std::sort(match.cover.begin(), match.cover.end(),
            [](const Copy& a, const Copy& b) { return a.result < b.result; });
  return match;
}

}  // namespace skiff::match
