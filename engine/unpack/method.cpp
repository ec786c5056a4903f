#include "unpack/method.hpp"

#include <algorithm>
#include <array>

namespace skiff::unpack {
namespace {

constexpr std::uint64_t kMebi = std::uint64_t{1} << 20;
constexpr std::uint64_t kMaxDictionary = std::uint64_t{1} << 30;
constexpr std::uint64_t kMinDictionary = 4096;
constexpr std::uint64_t kLeastTarget = 4096;
constexpr std::uint64_t kMostTarget = kMebi;

bool deflate_allowed(const Method& m) {
  const auto& p = m.parameters;
  return p[0] >= 1 && p[0] <= 9 && (p[1] == 8 || p[1] == 9) && p[2] == 0 && p[3] == 15 && p[4] == 0;
}

bool is_preset(std::uint64_t preset) { return (preset & 15) <= 9 && preset < 32; }
bool is_dictionary(std::uint64_t length) { return length >= kMinDictionary && length <= kMaxDictionary; }

/// x86 (4), PowerPC (5), IA-64 (6), ARM (7), ARM Thumb (8), SPARC (9), ARM64 (10) of the .xz specification;
/// Debian 12's liblzma has them all.
bool xz_allowed(const Method& m) {
  const auto& p = m.parameters;
  const bool filter = p[2] == 0 || (p[2] >= 4 && p[2] <= 10);
  return is_preset(p[0]) && is_dictionary(p[1]) && filter && p[3] <= 15 && p[4] <= 2;
}

bool in_jobs(const Method& m) {
  return m.parameters[2] >= static_cast<std::uint64_t>(ZstdManner::kWholeJobs);
}

bool zstd_allowed(const Method& m) {
  const auto& p = m.parameters;
  return p[0] >= 1 && p[0] <= 22 && p[1] <= 1 && p[2] <= 3 && p[3] == 0 && p[4] == 0;
}

bool prediction_allowed(const Method& m) {
  constexpr std::uint64_t kLongest = 258;
  constexpr std::uint64_t kHashes = 5;
  const auto& p = m.parameters;
  return p[0] >= 1 && p[0] <= 4096 && p[1] <= kLongest && p[2] <= kLongest && p[3] <= kLongest && p[4] < 16 &&
         p[4] % 8 < kHashes;
}

bool lz4_allowed(const Method& m) {
  constexpr std::uint64_t kMaxLevel = 12;
  const auto& p = m.parameters;
  const bool filled =
      p[1] >= kLeastTarget && p[1] <= kMostTarget && p[2] <= 1 && (p[3] == 0 || (p[3] >= 9 && p[3] <= 16));
  return p[0] <= kMaxLevel && (filled || (p[1] == 0 && p[2] == 0 && p[3] == 0)) && p[4] == 0;
}

bool micro_lzma_allowed(const Method& m) {
  const auto& p = m.parameters;
  return is_preset(p[0]) && is_dictionary(p[1]) && p[2] >= kLeastTarget && p[2] <= kMostTarget && p[3] >= 9 &&
         p[3] <= 16 && p[4] <= 16;
}

bool lzo_allowed(const Method& m) {
  constexpr auto k999 = static_cast<std::uint64_t>(LzoAlgorithm::k999);
  const auto& p = m.parameters;
  const bool level = p[0] == k999 ? p[1] >= 1 && p[1] <= 9 : p[1] == 0;
  return p[0] <= k999 && level && p[2] == 0 && p[3] == 0 && p[4] == 0;
}

bool png_allowed(const Method& m) {
  constexpr std::uint64_t kMostData = 0x7fffffff;
  const auto& p = m.parameters;
  return p[0] >= 1 && p[0] <= kMostData &&
         std::all_of(p.begin() + 1, p.end(), [](std::uint64_t v) { return v == 0; });
}

bool knows_length(const Method& m) {
  return m.parameters[2] % 2 == static_cast<std::uint64_t>(ZstdManner::kWhole);
}

/// Tables and window of a level, for content of any length.
std::uint64_t zstd_level_memory(std::uint64_t level) {
  constexpr std::array kOfHighLevels = {200, 400, 800};
  if (level >= kFirstLevelOfOneJob) return kOfHighLevels[level - kFirstLevelOfOneJob] * kMebi;
  constexpr std::uint64_t kLastOfShortChains = 9;
  return (level <= kLastOfShortChains ? 20 : 96) * kMebi;
}

/// The input of jobs that wait, and what they have written.
std::uint64_t zstd_jobs_memory(std::uint64_t level, std::uint64_t opened_length) {
  constexpr std::uint64_t kHeld = 5;
  if (level < kFirstLevelOfOneJob) return kHeld * 32 * kMebi;
  return kHeld * (128 * kMebi + opened_length);
}

std::uint64_t zstd_memory(const Method& m, std::uint64_t opened_length) {
  std::uint64_t memory = zstd_level_memory(m.parameters[0]);
  if (knows_length(m)) memory = std::min(memory, 32 * opened_length + 2 * kMebi);
  if (in_jobs(m)) memory += zstd_jobs_memory(m.parameters[0], opened_length);
  return memory + 2 * opened_length;
}

bool in_blocks(const Method& m) { return m.parameters[4] == static_cast<std::uint64_t>(XzLayout::kBlocks); }

/// Match finder and content.
std::uint64_t lzma_memory(const Method& m, std::uint64_t opened_length) {
  return 12 * m.parameters[1] + 2 * opened_length + 4 * kMebi;
}

/// A block that is read, and those that wait to be written.
std::uint64_t xz_blocks_memory(const Method& m) {
  if (!in_blocks(m)) return 0;
  return 4 * std::max(3 * m.parameters[1], kMebi);
}

}  // namespace

Result<void> check_method(const Method& method) {
  bool allowed = false;
  switch (method.codec) {
    case StreamCodec::kDeflate:
    case StreamCodec::kZlib:
      allowed = deflate_allowed(method);
      break;
    case StreamCodec::kXz:
      allowed = xz_allowed(method);
      break;
    case StreamCodec::kZstd:
      allowed = zstd_allowed(method);
      break;
    case StreamCodec::kPredictedDeflate:
    case StreamCodec::kPredictedZlib:
      allowed = prediction_allowed(method);
      break;
    case StreamCodec::kLz4:
    case StreamCodec::kLz4GoesOn:
      allowed = lz4_allowed(method);
      break;
    case StreamCodec::kLzo:
      allowed = lzo_allowed(method);
      break;
    case StreamCodec::kMicroLzma:
    case StreamCodec::kMicroLzmaGoesOn:
      allowed = micro_lzma_allowed(method);
      break;
    case StreamCodec::kPngPicture:
      allowed = png_allowed(method);
      break;
    default:
      return fail(ErrorKind::kUnsupported, "unknown stream codec", "F30");
  }
  if (!allowed) return fail(ErrorKind::kFormat, "parameters of a stream codec out of bounds", "F30");
  return {};
}

std::uint64_t end_as_it_is(const Method& method) {
  constexpr std::uint64_t kEnd = 16;
  const bool has_end =
      library_of(method.codec) == library_of(StreamCodec::kMicroLzma) && method.parameters[4] != 0;
  return has_end ? kEnd : 0;
}

std::uint64_t packing_memory(const Method& method, std::uint64_t opened_length) {
  switch (method.codec) {
    case StreamCodec::kXz:
      return lzma_memory(method, opened_length) + xz_blocks_memory(method);
    case StreamCodec::kMicroLzma:
    case StreamCodec::kMicroLzmaGoesOn:
      return lzma_memory(method, opened_length);
    case StreamCodec::kZstd:
      return zstd_memory(method, opened_length);
    case StreamCodec::kPredictedDeflate:
    case StreamCodec::kPredictedZlib:
      return 4 * kMebi;
    case StreamCodec::kLz4:
    case StreamCodec::kLz4GoesOn:
      return 2 * opened_length + 2 * kMebi;
    case StreamCodec::kLzo:
      return 2 * opened_length + kMebi;
    default:
      return kMebi;
  }
}

bool runs_threads(const Method& method) {
  return (method.codec == StreamCodec::kXz && in_blocks(method)) ||
         (method.codec == StreamCodec::kZstd && in_jobs(method));
}

std::string_view library_of(StreamCodec codec) {
  switch (codec) {
    case StreamCodec::kXz:
      return "xz";
    case StreamCodec::kZstd:
      return "zstd";
    case StreamCodec::kPredictedDeflate:
    case StreamCodec::kPredictedZlib:
      return "prediction";
    case StreamCodec::kLz4:
    case StreamCodec::kLz4GoesOn:
      return "lz4";
    case StreamCodec::kLzo:
      return "lzo";
    case StreamCodec::kPngPicture:
      return "png";
    case StreamCodec::kMicroLzma:
    case StreamCodec::kMicroLzmaGoesOn:
      return "microlzma";
    default:
      return "deflate";
  }
}

const Repacker* repacker_of(const Repackers& repackers, StreamCodec codec) {
  const auto has = [codec](const Repacker* r) { return (r->features() & feature_of(codec)) != 0; };
  const auto found = std::find_if(repackers.begin(), repackers.end(), has);
  return found == repackers.end() ? nullptr : *found;
}

}  // namespace skiff::unpack
