#include "diff/open_images.hpp"

#include <algorithm>

#include "base/parallel.hpp"
#include "diff/block_typing.hpp"
#include "diff/open_level.hpp"
#include "diff/opened_typing.hpp"
#include "diff/progress_report.hpp"
#include "typing/ext4.hpp"
#include "unpack/opened_base.hpp"

namespace skiff {
namespace {

using unpack::Range;
using unpack::Stream;
using unpack::Stretch;

/// What lies between ranges in an image.
std::vector<Range> between(const std::vector<Range>& ranges, std::uint64_t length) {
  std::vector<Range> out;
  std::uint64_t end = 0;
  for (const Range& range : ranges) {
    if (range.begin > end) out.push_back({end, range.begin});
    end = range.end;
  }
  if (length > end) out.push_back({end, length});
  return out;
}

/// Where in the opened form what was plain bytes in the packed one is.
std::vector<Range> plain_ranges(const unpack::Layout& layout) {
  std::vector<Range> ranges;
  for (const Stretch& stretch : layout.stretches) {
    if (stretch.plain != 0) ranges.push_back({stretch.plain_at, stretch.plain_at + stretch.plain});
  }
  return ranges;
}

/// Where in the opened form those of `streams` are that stand there packed.
std::vector<Range> closed_ranges(const unpack::Layout& layout, const std::vector<Stream>& streams) {
  std::vector<Range> ranges;
  auto stretch = layout.stretches.begin();
  std::uint64_t end = 0;
  for (const Stream& stream : streams) {
    const std::uint64_t begin = end + stream.plain;
    end = begin + stream.packed;
    while (stretch + 1 != layout.stretches.end() && stretch->packed_at + stretch->plain <= begin) ++stretch;
    if (begin < stretch->packed_at || begin >= stretch->packed_at + stretch->plain) continue;
    const std::uint64_t at = stretch->plain_at + (begin - stretch->packed_at);
    ranges.push_back({at, at + stream.packed});
  }
  return ranges;
}

/// One of the images, as it is and then as level after level makes it.
class Side {
 public:
  explicit Side(const Source& source)
      : image_(&source),
        system_(unpack::read_block_system(source)),
        phase_(system_                   ? system_->phase
               : typing::is_ext4(source) ? kBlockPhase
                                         : 0),
        to_search_{{0, source.size()}} {}

  [[nodiscard]] Form form() const { return {*image_, system_ ? &*system_ : nullptr, to_search_, phase_}; }

  /// From now on streams are looked for outside the blocks of its file system; false if it has none.
  bool leave_system() {
    if (!system_) return false;
    std::vector<Range> blocks;
    for (const unpack::PackedBlock& block : system_->blocks)
      blocks.push_back({block.offset, block.offset + block.length});
    to_search_ = between(blocks, image_->size());
    system_.reset();
    return true;
  }

  /// Goes on to what a level made of the image; `layout` leads there.
  Result<void> advance(OpenedForm&& opened, const unpack::Layout& layout, const Repackers& repackers) {
    if (system_) {
      SKIFF_ASSIGN(const auto whole, unpack::OpenedBase::make(*image_, {opened.streams, {}}, repackers));
      SKIFF_ASSIGN(const auto layout_of_all, unpack::lay_out(opened.streams, image_->size(), 0));
      typing_ = type_blocks(*system_, *whole, layout_of_all, layout);
    } else {
      if (!opened_) typing_ = typing::type_system(*image_);
      if (typing_) typing_ = type_opened(opened.image, *typing_, layout);
    }
    to_search_ =
        between(system_ ? closed_ranges(layout, opened.streams) : plain_ranges(layout), layout.length);
    system_.reset();
    opened_ = std::make_unique<ScratchImage>(std::move(opened.image));
    image_ = opened_.get();
    return {};
  }

  [[nodiscard]] const std::optional<ImageTyping>& typing() const { return typing_; }
  [[nodiscard]] std::uint64_t length() const { return image_->size(); }
  ScratchImage take() { return std::move(*opened_); }

 private:
  static constexpr std::uint64_t kBlockPhase = 12;  ///< files of an ext4 begin at blocks of 4 KiB

  const Source* image_;
  std::optional<unpack::BlockSystem> system_;
  std::uint64_t phase_;
  std::vector<Range> to_search_;  ///< what is new since the level before
  std::unique_ptr<ScratchImage> opened_;
  std::optional<ImageTyping> typing_;
};

class Opener {
 public:
  Opener(const Images& images, const DiffOptions& options)
      : base_(images.base), result_(images.result), options_(options) {}

  Result<std::optional<OpenedPair>> open() {
    SKIFF_TRY(open_all());
    if (recipe_.empty()) return std::optional<OpenedPair>{};
    OpenedPair pair{base_.take(), result_.take(), {}, changed_, {}};
    pair.opening = {.features = unpack::features_of(recipe_),
                    .base_length = pair.base.size(),
                    .result_length = pair.result.size(),
                    .memory = unpack::unpack_memory(recipe_),
                    .recipe = {}};
    SKIFF_ASSIGN(pair.opening.recipe, unpack::write_recipe(recipe_));
    if (base_.typing() && result_.typing()) pair.typing = Typing{*base_.typing(), *result_.typing()};
    return std::optional<OpenedPair>(std::move(pair));
  }

  Result<OpenedImage> open_result() {
    SKIFF_TRY(open_all());
    OpenedImage out{std::move(found_), {}};
    if (!recipe_.empty()) out.image = result_.take();
    return out;
  }

 private:
  Result<void> open_all() {
    while (recipe_.size() < unpack::kMaxLevels) {
      SKIFF_ASSIGN(const bool more, open_next());
      if (more) continue;
      const bool base_was_system = base_.leave_system();
      const bool result_was_system = result_.leave_system();
      if (!base_was_system && !result_was_system) break;
    }
    return {};
  }

  /// Opens streams of what there is; false if there are none worth it.
  Result<bool> open_next() {
    const ProgressReport progress(options_);
    // How many levels there will be is not known: each takes half of what is left.
    const double left = 1.0 / static_cast<double>(std::uint64_t{1} << recipe_.size());
    const auto report = [&](double done) { return progress("open", 1 - left + left * done / 2); };
    SKIFF_ASSIGN(auto level, open_level(base_.form(), result_.form(), options_, report));
    found_.push_back({level.level, level.result.streams});
    if (level.level.result.empty()) return false;
    if (recipe_.empty()) changed_ = level.changed;
    recipe_.push_back(std::move(level.level));
    const unpack::Level& made = recipe_.back();
    SKIFF_ASSIGN(const auto to_base, unpack::lay_out(made.base, base_.length(), made.phase));
    SKIFF_ASSIGN(const auto to_result, unpack::lay_out(made.result, result_.length(), made.phase));
    Result<void> base;
    Result<void> result;
    run_both(
        options_.threads, [&] { base = base_.advance(std::move(level.base), to_base, options_.repackers); },
        [&] { result = result_.advance(std::move(level.result), to_result, options_.repackers); });
    SKIFF_TRY(base);
    SKIFF_TRY(result);
    return true;
  }

  Side base_;
  Side result_;
  const DiffOptions& options_;
  unpack::Recipe recipe_;
  std::vector<FoundLevel> found_;
  std::uint64_t changed_ = 0;
};

}  // namespace

Result<OpenedImage> open_image(const Source& image, const DiffOptions& options) {
  const ViewSource none{ByteView()};
  return Opener({none, image}, options).open_result();
}

Result<std::optional<OpenedPair>> open_images(const Images& images, const DiffOptions& options) {
  if (options.repackers.empty()) return std::optional<OpenedPair>{};
  return Opener(images, options).open();
}

}  // namespace skiff
