#include "diff/open_images.hpp"

#include <algorithm>
#include <set>

#include "base/xxh.hpp"
#include "diff/progress_report.hpp"
#include "unpack/opened_base.hpp"
#include "unpack/recipe.hpp"
#include "unpack/scan.hpp"
#include "unpack/trial.hpp"

namespace skiff {
namespace {

using unpack::FoundStream;
using unpack::Recipe;
using unpack::Stream;

using Digests = std::set<std::uint64_t>;

Result<Bytes> packed_bytes(const Source& image, const FoundStream& stream) {
  Bytes packed(static_cast<std::size_t>(stream.length));
  SKIFF_TRY(image.read_at(stream.offset, packed));
  return packed;
}

/// A stream of the base as it was found, and what its packed bytes hash to.
struct BaseStream {
  Stream stream;
  std::uint64_t digest = 0;
};

class Opener {
 public:
  Opener(const Images& images, const DiffOptions& options) : images_(images), options_(options) {}

  Result<std::optional<OpenedPair>> open() {
    const ProgressReport progress(options_);
    SKIFF_TRY(progress("open", 0));
    SKIFF_ASSIGN(ScratchImage result, ScratchImage::make());
    SKIFF_TRY(find_base_streams());
    SKIFF_TRY(progress("open", 0.3));
    SKIFF_TRY(open_result(result));
    if (recipe_.result.empty()) return std::optional<OpenedPair>{};
    SKIFF_TRY(progress("open", 0.8));
    SKIFF_ASSIGN(ScratchImage base, ScratchImage::make());
    SKIFF_TRY(open_base(base));
    SKIFF_TRY(progress("open", 1));
    Opening opening{.features = unpack::features_of(recipe_),
                    .base_length = base.size(),
                    .result_length = result.size(),
                    .memory = unpack::unpack_memory(recipe_),
                    .recipe = {}};
    SKIFF_ASSIGN(opening.recipe, unpack::write_recipe(recipe_));
    return std::optional<OpenedPair>(
        OpenedPair{std::move(base), std::move(result), std::move(opening), changed_});
  }

 private:
  [[nodiscard]] bool wanted(const FoundStream& found) const {
    return (options_.repackers & unpack::feature_of(found.codec)) != 0;
  }

  Result<void> find_base_streams() {
    std::uint64_t end = 0;
    return unpack::scan_streams(images_.base, [&](FoundStream& found) -> Result<void> {
      if (!wanted(found)) return {};
      SKIFF_ASSIGN(const Bytes packed, packed_bytes(images_.base, found));
      const Stream stream{.plain = found.offset - end,
                          .packed = found.length,
                          .opened = found.opened.size(),
                          .codec = found.codec};
      base_.push_back({stream, xxh3(packed)});
      in_base_.insert(base_.back().digest);
      end = found.offset + found.length;
      return {};
    });
  }

  /// Opens the streams that the base does not have, if they can be packed again.
  Result<void> open_result(ScratchImage& opened) {
    std::uint64_t end = 0;
    const auto put = [&](FoundStream& found) -> Result<void> {
      SKIFF_ASSIGN(const bool opens, add_result_stream(found, end));
      if (!opens) return {};
      SKIFF_TRY(put_plain(images_.result, {end, found.offset}, opened));
      end = found.offset + found.length;
      return put_content(found.opened, recipe_.result.back().plain != 0, opened);
    };
    SKIFF_TRY(unpack::scan_streams(images_.result, put));
    return put_plain(images_.result, {end, images_.result.size()}, opened);
  }

  /// Adds a stream to the recipe if it is to be opened; `end` is where the one before ends.
  Result<bool> add_result_stream(const FoundStream& found, std::uint64_t end) {
    if (!wanted(found)) return false;
    SKIFF_ASSIGN(const Bytes packed, packed_bytes(images_.result, found));
    const std::uint64_t digest = xxh3(packed);
    if (in_base_.contains(digest)) {
      in_both_.insert(digest);
      return false;
    }
    const auto method = finder_.find(found, packed);
    if (!method) return false;
    recipe_.result.push_back({.plain = found.offset - end,
                              .packed = found.length,
                              .opened = found.opened.size(),
                              .method = number_of(*method),
                              .codec = found.codec});
    changed_ += found.length;
    return true;
  }

  struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };

  static Result<void> put_plain(const Source& image, Range range, ScratchImage& opened) {
    Bytes piece;
    while (range.begin < range.end) {
      piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(range.end - range.begin, kPiece)));
      SKIFF_TRY(image.read_at(range.begin, piece));
      SKIFF_TRY(opened.write(piece));
      range.begin += piece.size();
    }
    return {};
  }

  static Result<void> put_content(ByteView content, bool after_plain, ScratchImage& opened) {
    if (after_plain) {
      const std::uint64_t past = opened.size() % unpack::kContentAlignment;
      if (past != 0)
        SKIFF_TRY(opened.write(Bytes(static_cast<std::size_t>(unpack::kContentAlignment - past), 0)));
    }
    return opened.write(content);
  }

  std::size_t number_of(const unpack::Method& method) {
    const auto known = std::find(recipe_.methods.begin(), recipe_.methods.end(), method);
    if (known != recipe_.methods.end()) return static_cast<std::size_t>(known - recipe_.methods.begin());
    recipe_.methods.push_back(method);
    recipe_.versions.push_back(unpack::library_version(method.codec));
    return recipe_.methods.size() - 1;
  }

  /// The base as a device will see it. Streams that the result has as they are stay beside their content.
  Result<void> open_base(ScratchImage& opened) {
    for (BaseStream& found : base_) {
      found.stream.kept = in_both_.contains(found.digest);
      recipe_.base.push_back(found.stream);
    }
    SKIFF_ASSIGN(const auto source, unpack::OpenedBase::make(images_.base, recipe_.base));
    return put_plain(*source, {0, source->size()}, opened);
  }

  static constexpr std::uint64_t kPiece = std::uint64_t{1} << 20;

  const Images& images_;
  const DiffOptions& options_;
  Recipe recipe_;
  std::vector<BaseStream> base_;
  Digests in_base_;
  Digests in_both_;
  unpack::MethodFinder finder_;
  std::uint64_t changed_ = 0;
};

}  // namespace

Result<std::optional<OpenedPair>> open_images(const Images& images, const DiffOptions& options) {
  if (options.repackers == 0) return std::optional<OpenedPair>{};
  return Opener(images, options).open();
}

}  // namespace skiff
