#include <algorithm>
#include <map>

#include "diff/open_images.hpp"
#include "diff/traces.hpp"
#include "skiff/doctor.hpp"
#include "typing/ext4.hpp"
#include "typing/image_reader.hpp"
#include "unpack/block_system.hpp"

namespace skiff {
namespace {

using unpack::Stream;
using unpack::StreamCodec;

constexpr std::uint32_t kSquashfs = 0x73717368;
constexpr std::uint32_t kErofs = 0xe0f5e1e2;
constexpr std::uint64_t kErofsAt = 1024;
constexpr std::uint64_t kLargeMemory = std::uint64_t{64} << 20;  ///< more than small devices have to spare

std::string_view name_of(StreamCodec codec) {
  switch (codec) {
    case StreamCodec::kDeflate:
    case StreamCodec::kPredictedDeflate:
      return "deflate streams (gzip, zip)";
    case StreamCodec::kZlib:
    case StreamCodec::kPredictedZlib:
      return "zlib streams";
    case StreamCodec::kXz:
      return "xz streams";
    case StreamCodec::kLz4:
    case StreamCodec::kLz4GoesOn:
      return "lz4 blocks";
    case StreamCodec::kLzo:
      return "lzo blocks";
    case StreamCodec::kPngPicture:
      return "PNG pictures in chunks";
    case StreamCodec::kMicroLzma:
    case StreamCodec::kMicroLzmaGoesOn:
      return "lzma blocks";
    default:
      return "zstd frames";
  }
}

/// What makes streams of a codec ones that pack again.
std::string advice_for(StreamCodec codec, const Repackers& repackers) {
  const Repacker* library = unpack::repacker_of(repackers, codec);
  const std::string version = library == nullptr ? "none" : std::to_string(library->version());
  switch (codec) {
    case StreamCodec::kXz:
      return "pack with liblzma's presets and blocks of the usual length, as version " + version + " does";
    case StreamCodec::kZstd:
      return "pack with libzstd of version " + version + ", which devices have, without a dictionary";
    case StreamCodec::kLz4:
    case StreamCodec::kLz4GoesOn:
      return "pack with liblz4 of version " + version +
             ", which devices have, in blocks that need none before them";
    case StreamCodec::kMicroLzma:
    case StreamCodec::kMicroLzmaGoesOn:
      return "pack with liblzma's presets, as version " + version + " does";
    case StreamCodec::kLzo:
      return "pack with liblzo2 of version " + version + ", which devices have";
    default:
      return "pack with zlib or gzip -9n; encoders that weigh many ways cost corrections";
  }
}

std::string system_of(const Source& image) {
  typing::ImageReader reader(image);
  if (reader.u32(0) == kSquashfs) return "squashfs";
  if (reader.u32(kErofsAt) == kErofs) return "erofs";
  return typing::is_ext4(image) ? "ext4" : "image";
}

/// Counts the streams of one level by what becomes of them.
class Census {
 public:
  Census(std::size_t level, const Repackers& repackers) : level_(level), repackers_(repackers) {}

  void count(const FoundLevel& level) {
    std::map<std::uint64_t, const Stream*> opened;
    std::uint64_t end = 0;
    for (const Stream& stream : level.level.result) {
      opened.emplace(end + stream.plain, &stream);
      end += stream.plain + stream.packed;
    }
    end = 0;
    for (const Stream& stream : level.found) {
      const auto kept = opened.find(end + stream.plain);
      add(stream, kept == opened.end() ? nullptr : kept->second);
      end += stream.plain + stream.packed;
    }
  }

  void report(ImageExamination& out) const {
    for (const auto& [name, counted] : groups_) {
      out.streams.push_back(counted.group);
      if (counted.group.closed == 0) continue;
      const std::uint64_t closed = counted.group.count - counted.group.exact - counted.group.predicted;
      out.findings.push_back({std::to_string(closed) + " of " + std::to_string(counted.group.count) + " " +
                                  counted.group.name + " cannot be packed again and stay closed",
                              advice_for(counted.codec, repackers_), counted.group.closed});
    }
  }

 private:
  struct Counted {
    StreamGroup group;
    StreamCodec codec = StreamCodec::kDeflate;
  };

  void add(const Stream& found, const Stream* opened) {
    Counted& counted = groups_[name_of(found.codec)];
    counted.codec = found.codec;
    StreamGroup& group = counted.group;
    group.name = name_of(found.codec);
    group.level = level_;
    ++group.count;
    group.packed += found.packed;
    group.opened += found.opened;
    if (opened == nullptr)
      group.closed += found.packed;
    else
      ++(unpack::is_predicted(opened->codec) ? group.predicted : group.exact);
  }

  std::size_t level_;
  const Repackers& repackers_;
  std::map<std::string_view, Counted> groups_;
};

/// File systems whose blocks no level opens.
void find_closed_system(const Source& image, ImageExamination& out) {
  if ((out.system != "squashfs" && out.system != "erofs") || unpack::read_block_system(image)) return;
  out.findings.push_back({"a " + out.system + " none of whose blocks is opened",
                          "pack it with zstd, xz, gzip or lz4 (mksquashfs), with lz4hc (mkfs.erofs)",
                          image.size()});
}

/// What a device would take if all streams of the image changed.
std::uint64_t memory_for(const std::vector<FoundLevel>& levels) {
  unpack::Recipe recipe;
  for (const FoundLevel& found : levels) {
    recipe.push_back(found.level);
    recipe.back().base = found.level.result;
  }
  return unpack::unpack_memory(recipe);
}

}  // namespace

Result<ImageExamination> examine_image(const Source& image, const DiffOptions& options) {
  SKIFF_ASSIGN(const OpenedImage opened, open_image(image, options));
  ImageExamination out;
  out.length = image.size();
  out.system = system_of(image);
  out.opened_length = opened.image ? opened.image->size() : image.size();
  out.unpack_memory = opened.image ? memory_for(opened.levels) : 0;
  std::size_t number = 0;
  for (const FoundLevel& level : opened.levels) {
    Census census(++number, options.repackers);
    census.count(level);
    census.report(out);
  }
  find_closed_system(image, out);
  if (out.unpack_memory > kLargeMemory)
    out.findings.push_back(
        {"to pack the longest streams again takes " + std::to_string(out.unpack_memory) + " bytes of memory",
         "smaller blocks and dictionaries: a stream is opened whole", 0});
  SKIFF_ASSIGN(const std::vector<Finding> traces,
               find_traces(image, opened.image ? static_cast<const Source&>(*opened.image) : image));
  out.findings.insert(out.findings.end(), traces.begin(), traces.end());
  std::stable_sort(out.findings.begin(), out.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.bytes > b.bytes; });
  return out;
}

}  // namespace skiff
