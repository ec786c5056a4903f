#include "diff/traces.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/cached_reader.hpp"
#include "typing/ext4.hpp"
#include "typing/image_reader.hpp"

namespace skiff {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr std::uint64_t kDay = 24 * 60 * 60;

/// The header of an ELF note of type NT_GNU_BUILD_ID with 20 bytes, and its name.
constexpr std::string_view kBuildId = "\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0"sv;
constexpr std::uint64_t kBuildIdLength = 20;
/// What a signed module ends with (Linux, include/linux/module_signature.h), after the signature's length.
constexpr std::string_view kModuleSignature = "~Module signature appended~\n";

struct Counts {
  std::uint64_t build_ids = 0;
  std::uint64_t signatures = 0;
  std::uint64_t signature_bytes = 0;
};

/// How often `mark` begins in the first `most` bytes of the piece; `at` is called with each place.
template <typename Found>
void each(ByteView piece, std::size_t most, std::string_view mark, const Found& at) {
  const auto* from = reinterpret_cast<const char*>(piece.data());
  const std::string_view text(from, piece.size());
  for (std::size_t i = text.find(mark); i != std::string_view::npos && i < most; i = text.find(mark, i + 1))
    at(i);
}

Result<Counts> count_marks(const Source& opened) {
  Counts counts;
  CachedReader reader(opened, 2 * kPiece);
  typing::ImageReader fields(opened);
  constexpr std::size_t kLongest = 64;
  for (std::uint64_t at = 0; at < opened.size(); at += kPiece) {
    const std::uint64_t left = opened.size() - at;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(left, kPiece + kLongest));
    SKIFF_ASSIGN(const ByteView piece, reader.view(at, length));
    each(piece, kPiece, kBuildId, [&](std::size_t) { ++counts.build_ids; });
    each(piece, kPiece, kModuleSignature, [&](std::size_t i) {
      ++counts.signatures;
      if (at + i < 4) return;
      std::uint64_t bytes = 0;  // big-endian
      for (std::uint64_t byte = at + i - 4; byte < at + i; ++byte)
        bytes = bytes << 8 | fields.number(byte, 1);
      if (bytes < kPiece) counts.signature_bytes += bytes;
    });
  }
  return counts;
}

/// Inodes of an ext4 whose times are those of its making, by its superblock.
std::uint64_t files_of_the_build(const Source& image) {
  constexpr std::uint64_t kMadeAt = 1024 + 0x108;
  const std::uint64_t made = typing::ImageReader(image).u32(kMadeAt);
  const std::vector<std::uint64_t> times = typing::ext4_times(image);
  return static_cast<std::uint64_t>(std::count_if(times.begin(), times.end(), [made](std::uint64_t time) {
    return time + kDay > made && time < made + kDay;
  }));
}

}  // namespace

Result<std::vector<Finding>> find_traces(const Source& image, const Source& opened) {
  SKIFF_ASSIGN(const Counts counts, count_marks(opened));
  std::vector<Finding> findings;
  if (counts.signatures != 0)
    findings.push_back({std::to_string(counts.signatures) + " kernel modules are signed, anew in each build",
                        "sign with a key that stays, and keep modules that did not change; or let dm-verity "
                        "vouch for them and do not sign them",
                        counts.signature_bytes});
  if (counts.build_ids != 0)
    findings.push_back(
        {std::to_string(counts.build_ids) + " programs carry a build id",
         "build reproducibly (SOURCE_DATE_EPOCH, -ffile-prefix-map), so that it changes with the "
         "code only; or link with --build-id=none",
         counts.build_ids * kBuildIdLength});
  constexpr std::uint64_t kTimeFields = 4;
  constexpr std::uint64_t kFew = 16;
  const std::uint64_t fresh = typing::is_ext4(image) ? files_of_the_build(image) : 0;
  if (fresh > kFew)
    findings.push_back(
        {std::to_string(fresh) + " files bear the time of the build",
         "clamp times to SOURCE_DATE_EPOCH, pin the UUID and hash seed of the file system, and "
         "lay files out in one order",
         fresh * kTimeFields});
  return findings;
}

}  // namespace skiff
