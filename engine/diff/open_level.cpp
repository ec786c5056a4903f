#include "diff/open_level.hpp"

#include <algorithm>
#include <set>

#include "base/parallel.hpp"
#include "base/xxh.hpp"
#include "unpack/opened_base.hpp"
#include "unpack/prediction_finder.hpp"
#include "unpack/trial.hpp"

namespace skiff {
namespace {

using unpack::FoundStream;
using unpack::Stream;
using unpack::StreamCodec;

using Digests = std::set<std::uint64_t>;

/// How the blocks of a file system stand in an opened image: aligned where programs begin, as programs are,
/// and without a gap where one goes on with the file of the one before.
class Placing {
 public:
  explicit Placing(const unpack::BlockSystem* system) : system_(system) {
    if (system == nullptr) return;
    for (const unpack::PackedFile& file : system->files) {
      const unpack::FilePiece& first = file.pieces.front();
      if (first.file_offset == 0 && first.block_offset != 0)
        starts_.emplace_back(first.block, first.block_offset);
    }
    std::sort(starts_.begin(), starts_.end());
    starts_.erase(std::unique(starts_.begin(), starts_.end()), starts_.end());
  }

  /// Says of a stream that lies at `offset` how it follows another one that ends at `end`.
  void place(Stream& stream, std::uint64_t offset, std::uint64_t end) const {
    stream.plain = offset - end;
    if (system_ == nullptr || unpack::going_on(system_->codec) == system_->codec) return;
    const auto block =
        std::lower_bound(system_->blocks.begin(), system_->blocks.end(), offset,
                         [](const unpack::PackedBlock& b, std::uint64_t at) { return b.offset < at; });
    if (block == system_->blocks.end() || block->offset != offset) return;
    const bool goes_on = block->goes_on && stream.plain == 0;
    stream.codec = goes_on ? unpack::going_on(system_->codec) : system_->codec;
    if (block->place % unpack::kContentAlignment == 0) return;
    const std::uint64_t cut = unpack::kContentAlignment - block->place % unpack::kContentAlignment;
    stream.cuts.clear();
    if (!goes_on && cut < stream.opened) stream.cuts.push_back(cut);
  }

  [[nodiscard]] std::vector<std::uint64_t> cuts_of(const FoundStream& found) const {
    constexpr std::array<std::uint8_t, 4> kElf{0x7f, 'E', 'L', 'F'};
    std::vector<std::uint64_t> cuts;
    auto at = std::lower_bound(starts_.begin(), starts_.end(), std::pair(found.offset, std::uint64_t{0}));
    for (; at != starts_.end() && at->first == found.offset; ++at) {
      if (at->second >= found.opened.size() || found.opened.size() - at->second < kElf.size()) break;
      if (std::equal(kElf.begin(), kElf.end(),
                     found.opened.begin() + static_cast<std::ptrdiff_t>(at->second)))
        cuts.push_back(at->second);
    }
    return cuts;
  }

 private:
  const unpack::BlockSystem* system_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> starts_;  ///< offset of the block, offset in it
};

/// An image and how its streams are placed in the opened one.
struct Side {
  explicit Side(const Form& form) : image(form.image), form_(form), placing_(form.system) {}

  Result<void> find(const unpack::OnStream& found) const {
    return form_.system != nullptr ? unpack::find_blocks(image, *form_.system, found)
                                   : unpack::find_streams(image, form_.to_search, found);
  }
  /// The stream that was found, after one that ends at `end`.
  [[nodiscard]] Stream stream(const FoundStream& found, std::uint64_t end) const {
    Stream stream{.packed = found.length,
                  .opened = found.opened.size(),
                  .codec = found.codec,
                  .cuts = placing_.cuts_of(found)};
    placing_.place(stream, found.offset, end);
    return stream;
  }
  /// The same of a stream of which only what is before it has changed.
  void place(Stream& stream, std::uint64_t offset, std::uint64_t end) const {
    placing_.place(stream, offset, end);
  }

  const Source& image;

 private:
  const Form& form_;
  Placing placing_;
};

Result<Bytes> packed_bytes(const Source& image, const FoundStream& stream) {
  Bytes packed(static_cast<std::size_t>(stream.length));
  SKIFF_TRY(image.read_at(stream.offset, packed));
  return packed;
}

/// A stream of the base as it was found, where it lies, and what its packed bytes hash to.
struct BaseStream {
  Stream stream;
  std::uint64_t offset = 0;
  std::uint64_t digest = 0;
};

class Opener {
 public:
  Opener(const Form& base, const Form& result, const DiffOptions& options)
      : base_side_(base), result_side_(result), options_(options) {
    level_.phase = std::min(base.phase, result.phase);
  }

  Result<OpenedLevel> open(const std::function<Result<void>(double)>& progress) {
    SKIFF_TRY(progress(0));
    SKIFF_ASSIGN(ScratchImage base, ScratchImage::make());
    SKIFF_ASSIGN(ScratchImage result, ScratchImage::make());
    SKIFF_TRY(find_base_streams());
    SKIFF_TRY(progress(0.3));
    SKIFF_TRY(open_result(result));
    SKIFF_TRY(progress(0.8));
    if (!level_.result.empty()) SKIFF_TRY(open_base(base));
    SKIFF_TRY(progress(1));
    std::vector<Stream> all_of_base;
    for (const BaseStream& found : base_) all_of_base.push_back(found.stream);
    return OpenedLevel{.level = std::move(level_),
                       .base = {std::move(base), std::move(all_of_base)},
                       .result = {std::move(result), std::move(all_of_result_)},
                       .changed = changed_};
  }

 private:
  [[nodiscard]] bool wanted(const FoundStream& found) const {
    return unpack::repacker_of(options_.repackers, found.codec) != nullptr;
  }

  Result<void> find_base_streams() {
    std::uint64_t end = 0;
    const auto add = [&](FoundStream& found) -> Result<void> {
      if (!wanted(found)) return {};
      SKIFF_ASSIGN(const Bytes packed, packed_bytes(base_side_.image, found));
      base_.push_back({base_side_.stream(found, end), found.offset, xxh3(packed)});
      in_base_.insert(base_.back().digest);
      end = found.offset + found.length;
      return {};
    };
    return base_side_.find(add);
  }

  /// Opens the streams that the base does not have, if they can be packed again.
  Result<void> open_result(ScratchImage& opened) {
    std::vector<FoundStream> batch;
    std::uint64_t bytes = 0;
    const auto flush = [&]() -> Result<void> {
      SKIFF_TRY(open_batch(batch, opened));
      batch.clear();
      bytes = 0;
      return {};
    };
    const auto put = [&](FoundStream& found) -> Result<void> {
      if (!wanted(found)) return {};
      bytes += found.opened.size();
      batch.push_back(std::move(found));
      return batch.size() < kBatch && bytes < kBatchBytes ? Result<void>{} : flush();
    };
    SKIFF_TRY(result_side_.find(put));
    SKIFF_TRY(flush());
    return put_plain({end_of_opened_, result_side_.image.size()}, opened);
  }

  /// What is found of a stream by itself, so that several threads may look at several.
  struct Trial {
    Bytes packed;
    std::uint64_t digest = 0;
    std::optional<unpack::Method> method;
  };

  Result<void> open_batch(std::vector<FoundStream>& batch, ScratchImage& opened) {
    const unpack::MethodFinder known = finder_;
    const auto produce = [&](std::size_t i) -> Result<Trial> {
      Trial trial;
      SKIFF_ASSIGN(trial.packed, packed_bytes(result_side_.image, batch[i]));
      trial.digest = xxh3(trial.packed);
      if (!in_base_.contains(trial.digest)) trial.method = known.find_known(batch[i], trial.packed);
      return trial;
    };
    const auto consume = [&](std::size_t i, Trial&& trial) -> Result<void> {
      FoundStream& found = batch[i];
      all_of_result_.push_back(result_side_.stream(found, end_of_any_));
      end_of_any_ = found.offset + found.length;
      if (!opens(found, trial)) return {};
      found.opened = unpack::with_end(*trial.method, std::move(found.opened), trial.packed);
      SKIFF_TRY(put_plain({end_of_opened_, found.offset}, opened));
      level_.result.push_back(result_side_.stream(found, end_of_opened_));
      level_.result.back().method = number_of({level_.result.back().codec, trial.method->parameters});
      changed_ += found.length;
      end_of_opened_ = found.offset + found.length;
      return put_content(found.opened, level_.result.back(), opened);
    };
    return ordered_parallel_for<Trial>(batch.size(), options_.threads, produce, consume);
  }

  /// Whether a stream is to be opened; then its trial has a method.
  bool opens(FoundStream& found, Trial& trial) {
    if (in_base_.contains(trial.digest)) {
      in_both_.insert(trial.digest);
      return false;
    }
    if (trial.method)
      finder_.learn(*trial.method);
    else
      trial.method = finder_.find(found, trial.packed);
    if (!trial.method && predicts_) trial.method = predictions_.predict(found, trial.packed);
    return trial.method.has_value();
  }

  struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };

  /// Plain bytes of the result, in phase.
  Result<void> put_plain(const Range& range, ScratchImage& opened) const {
    if (range.begin == range.end) return {};
    const std::uint64_t at =
        level_.result.empty() ? opened.size() : unpack::in_phase(opened.size(), range.begin, level_.phase);
    SKIFF_TRY(opened.write(Bytes(static_cast<std::size_t>(at - opened.size()), 0)));
    return copy(result_side_.image, range, opened);
  }

  static Result<void> copy(const Source& image, Range range, ScratchImage& opened) {
    Bytes piece;
    while (range.begin < range.end) {
      piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(range.end - range.begin, kPiece)));
      SKIFF_TRY(image.read_at(range.begin, piece));
      SKIFF_TRY(opened.write(piece));
      range.begin += piece.size();
    }
    return {};
  }

  static Result<void> put_content(ByteView content, const Stream& stream, ScratchImage& opened) {
    std::uint64_t from = 0;
    for (std::size_t piece = 0; piece <= stream.cuts.size(); ++piece) {
      const std::uint64_t to = piece == stream.cuts.size() ? content.size() : stream.cuts[piece];
      const std::uint64_t past = opened.size() % unpack::kContentAlignment;
      const bool goes_on = piece == 0 && unpack::goes_on(stream.codec);
      if (past != 0 && !goes_on)
        SKIFF_TRY(opened.write(Bytes(static_cast<std::size_t>(unpack::kContentAlignment - past), 0)));
      SKIFF_TRY(
          opened.write(content.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from))));
      from = to;
    }
    return {};
  }

  std::size_t number_of(const unpack::Method& method) {
    const auto known = std::find(level_.methods.begin(), level_.methods.end(), method);
    if (known != level_.methods.end()) return static_cast<std::size_t>(known - level_.methods.begin());
    return add(method, unpack::repacker_of(options_.repackers, method.codec)->version());
  }
  std::size_t add(const unpack::Method& method, std::uint64_t version) {
    level_.methods.push_back(method);
    level_.versions.push_back(version);
    return level_.methods.size() - 1;
  }

  /// A method of the codec, whichever: what a stream opens to does not depend on its parameters.
  std::size_t number_of_any(StreamCodec codec) {
    const auto known = std::find_if(level_.methods.begin(), level_.methods.end(),
                                    [codec](const unpack::Method& method) { return method.codec == codec; });
    if (known == level_.methods.end()) return add({codec, {}}, unpack::kAnyVersion);
    return static_cast<std::size_t>(known - level_.methods.begin());
  }

  /// The base as a device will see it. Streams that the result has as they are stay packed there, too: what
  /// they hold is of no use, and the less there is to look through, the better.
  Result<void> open_base(ScratchImage& opened) {
    std::uint64_t end = 0;
    const auto prediction = most_used_prediction();
    for (const BaseStream& found : base_) {
      if (in_both_.contains(found.digest)) continue;
      level_.base.push_back(found.stream);
      base_side_.place(level_.base.back(), found.offset, end);
      end = found.offset + found.stream.packed;
      if (unpack::names_method(found.stream.codec))
        level_.base.back().method = number_of_any(level_.base.back().codec);
      if (prediction) SKIFF_TRY(predict_base(found, *prediction, level_.base.back()));
    }
    SKIFF_ASSIGN(const auto source,
                 unpack::OpenedBase::make(base_side_.image, {level_.base, level_.methods, level_.phase},
                                          options_.repackers));
    return copy(*source, {0, source->size()}, opened);
  }

  /// The method of most predicted streams of the result, if their corrections are so many that those of the
  /// base are worth deriving: what they have in common need not be sent then.
  [[nodiscard]] std::optional<unpack::Method> most_used_prediction() const {
    if (predictions_.corrections() < changed_ / kFewCorrections) return std::nullopt;
    std::vector<std::size_t> uses(level_.methods.size());
    for (const Stream& stream : level_.result) {
      if (unpack::is_predicted(stream.codec)) ++uses[stream.method];
    }
    const auto most = std::max_element(uses.begin(), uses.end());
    return *most == 0 ? std::nullopt
                      : std::optional(level_.methods[static_cast<std::size_t>(most - uses.begin())]);
  }

  Result<void> predict_base(const BaseStream& found, unpack::Method method, Stream& stream) {
    if (stream.codec != StreamCodec::kDeflate && stream.codec != StreamCodec::kZlib) return {};
    FoundStream again{.codec = stream.codec, .offset = found.offset, .length = 0, .opened = {}};
    unpack::Budget budget{stream.opened};
    if (!unpack::decode_found(base_side_.image, again, budget)) return {};
    SKIFF_ASSIGN(const Bytes packed, packed_bytes(base_side_.image, again));
    if (!unpack::predict_as(method, again, packed)) return {};
    method.codec = again.codec;
    stream.codec = again.codec;
    stream.opened = again.opened.size();
    stream.method = number_of(method);
    return {};
  }

  static constexpr std::uint64_t kPiece = std::uint64_t{1} << 20;
  static constexpr std::uint64_t kFewCorrections = 64;                   ///< of so many bytes, one
  static constexpr std::size_t kBatch = 64;                              ///< streams tried at once
  static constexpr std::uint64_t kBatchBytes = std::uint64_t{32} << 20;  ///< and what they hold

  const Side base_side_;
  const Side result_side_;
  const DiffOptions& options_;
  unpack::Level level_;
  std::vector<BaseStream> base_;
  std::vector<Stream> all_of_result_;  ///< those that stay packed, too
  Digests in_base_;
  Digests in_both_;
  unpack::MethodFinder finder_;
  unpack::PredictionFinder predictions_;
  const bool predicts_ = unpack::repacker_of(options_.repackers, StreamCodec::kPredictedDeflate) != nullptr;
  std::uint64_t end_of_opened_ = 0;  ///< of the result's streams so far: the last that is opened
  std::uint64_t end_of_any_ = 0;     ///< and the last
  std::uint64_t changed_ = 0;
};

}  // namespace

Result<OpenedLevel> open_level(const Form& base, const Form& result, const DiffOptions& options,
                               const std::function<Result<void>(double)>& progress) {
  return Opener(base, result, options).open(progress);
}

}  // namespace skiff
