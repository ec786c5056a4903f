#include "format/limits.hpp"

#include <limits>

namespace skiff {
namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

std::uint64_t add_saturating(std::uint64_t a, std::uint64_t b) { return b > kNoLimit - a ? kNoLimit : a + b; }

}  // namespace

std::string_view to_string(Codec codec) {
  switch (codec) {
    case Codec::kZstd:
      return "zstd";
    case Codec::kContextMixing:
      return "context-mixing";
  }
  return "unknown";
}

std::string_view to_string(Profile profile) {
  switch (profile) {
    case Profile::kTiny:
      return "tiny";
    case Profile::kStandard:
      return "standard";
    case Profile::kMax:
      return "max";
  }
  return "unknown";
}

std::uint64_t memory_limit(Profile profile) {
  switch (profile) {
    case Profile::kTiny:
      return std::uint64_t{1} << 20;
    case Profile::kStandard:
      return std::uint64_t{8} << 20;
    case Profile::kMax:
      return std::uint64_t{32} << 20;
  }
  return 0;
}

std::uint64_t decoder_memory(const DecoderLimits& limits) {
  const std::uint64_t streams = add_saturating(limits.segment_wire, limits.segment_raw);
  const std::uint64_t map =
      limits.window_copies > kNoLimit / kCopySize ? kNoLimit : kCopySize * limits.window_copies;
  return add_saturating(kDecoderBase, add_saturating(streams, map));
}

}  // namespace skiff
