#include <algorithm>
#include <array>
#include <memory>
#include <mutex>

#include "base/parallel.hpp"
#include "diff/mixed_delta.hpp"
#include "diff/open_images.hpp"
#include "diff/stream_delta.hpp"
#include "diff/two_pass_cover.hpp"
#include "unpack/method.hpp"

namespace skiff {
namespace {

Result<void> identify(DeltaInfo& info, const Images& images, const DiffOptions& options,
                      const MakeHasher& make_hasher) {
  const std::array<const Source*, 2> sources{&images.base, &images.result};
  const std::array<ImageId*, 2> ids{&info.base, &info.result};
  const auto produce = [&](std::size_t i) { return hash_source(*sources[i], make_hasher); };
  const auto consume = [&](std::size_t i, Sha256&& sha256) -> Result<void> {
    *ids[i] = {sources[i]->size(), sha256};
    return ProgressReport(options)("hash", static_cast<double>(i + 1) / 2);
  };
  return ordered_parallel_for<Sha256>(sources.size(), options.threads, produce, consume);
}

/// Strides of tables are what codec cm learns best; zstd has no use for a change that came before.
constexpr match::Costs kStreamCosts{.next_mismatch = 500, .repeated_mismatch = 400};
constexpr match::Costs kMixedCosts{.repeated_mismatch = 50};
/// Short seeds find what moved in tables; in code and symbol tables they sometimes mislead.
constexpr match::SeedRules kShortSeeds{.min_length = 6, .min_telling = 5};
/// Results this short are coded with both kinds of seeds, and the shorter delta is kept.
constexpr std::uint64_t kTryBoth = std::uint64_t{64} << 20;

constexpr std::uint64_t kNextToNothing = 16;

using OwnedDraft = std::unique_ptr<Draft>;

Result<OwnedDraft> draft_of(const DraftTask& task, const DeltaInfo& info, const MakeHasher& make_hasher) {
  auto draft = std::make_unique<Draft>(info, make_hasher);
  SKIFF_TRY(info.codec == Codec::kZstd ? code_streams(task, *draft) : code_mixed(task, *draft));
  return draft;
}

/// The options for one of several drafts that are made at once: their share of the threads, and a progress
/// function that is called by one of them at a time.
DiffOptions shared_options(const DiffOptions& options, unsigned drafts, std::mutex& mutex) {
  DiffOptions shared = options;
  shared.threads = std::max(1u, options.threads / drafts);
  if (options.progress) {
    shared.progress = [&options, &mutex](std::string_view stage, double done) {
      const std::lock_guard lock(mutex);
      return options.progress(stage, done);
    };
  }
  return shared;
}

/// Of the drafts of one cover or two, the shorter; of equally short ones the first.
Result<OwnedDraft> best_draft(const Images& images, const DiffOptions& options, const DeltaInfo& info,
                              const MakeHasher& make_hasher) {
  TwoPassCover passes(images, options, info.codec == Codec::kZstd ? kStreamCosts : kMixedCosts);
  SKIFF_TRY(passes.prepare());
  std::vector<match::SeedRules> rules{match::SeedRules{}};
  if (images.result.size() <= kTryBoth) rules.push_back(kShortSeeds);
  SKIFF_ASSIGN(const std::vector<match::Cover> covers, passes.finish(rules));

  const TypedImages typed{images, passes.typing()};
  std::mutex mutex;
  const DiffOptions own = shared_options(options, static_cast<unsigned>(covers.size()), mutex);
  const auto produce = [&](std::size_t i) { return draft_of({typed, covers[i], own}, info, make_hasher); };
  OwnedDraft best;
  const auto consume = [&](std::size_t, OwnedDraft&& draft) -> Result<void> {
    if (!best || draft->writer.delta_length() < best->writer.delta_length()) best = std::move(draft);
    return {};
  };
  SKIFF_TRY(ordered_parallel_for<OwnedDraft>(covers.size(), options.threads, produce, consume));
  return best;
}

/// Whether a closed delta costs about what the changed streams weigh. Entropy coding spreads a change over
/// all that follows it, but lz4 and lzo code bytes as bytes.
bool spreads_changes(const Opening& opening) {
  constexpr std::uint64_t kOfBytes = unpack::feature_of(unpack::StreamCodec::kLz4) |
                                     unpack::feature_of(unpack::StreamCodec::kLz4GoesOn) |
                                     unpack::feature_of(unpack::StreamCodec::kLzo);
  return (opening.features & kOfBytes) == 0;
}

/// Between the opened images if that is shorter. While the opened delta costs less than half of what changed
/// streams weigh, or these weigh next to nothing beside it, the closed one is not tried.
Result<OwnedDraft> open_or_closed_draft(const Images& images, const DiffOptions& options,
                                        const DeltaInfo& info, const MakeHasher& make_hasher) {
  SKIFF_ASSIGN(std::optional<OpenedPair> pair, open_images(images, options));
  if (!pair) return best_draft(images, options, info, make_hasher);
  DeltaInfo opened_info = info;
  opened_info.opening = std::move(pair->opening);
  const bool spreads = spreads_changes(*opened_info.opening);
  SKIFF_ASSIGN(OwnedDraft opened,
               best_draft({pair->base, pair->result, pair->typing ? &*pair->typing : nullptr}, options,
                          opened_info, make_hasher));
  const std::uint64_t length = opened->writer.delta_length();
  if (spreads && (length < pair->changed / 2 || pair->changed < length / kNextToNothing)) return opened;
  SKIFF_ASSIGN(OwnedDraft closed, best_draft(images, options, info, make_hasher));
  return length < closed->writer.delta_length() ? std::move(opened) : std::move(closed);
}

}  // namespace

Result<DiffReport> build_delta(const Source& base, const Source& result, Sink& delta,
                               const DiffOptions& options, const MakeHasher& make_hasher) {
  const Images images{base, result};
  const ProgressReport progress(options);
  DeltaInfo info;
  info.codec = options.codec;
  info.profile = options.profile;
  SKIFF_TRY(progress("hash", 0));
  SKIFF_TRY(identify(info, images, options, make_hasher));
  SKIFF_ASSIGN(const OwnedDraft draft, open_or_closed_draft(images, options, info, make_hasher));
  SKIFF_TRY(draft->writer.finish(delta));
  SKIFF_TRY(progress("write", 1));
  return std::move(draft->report);
}

}  // namespace skiff
