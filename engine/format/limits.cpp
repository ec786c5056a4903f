#include "format/limits.hpp"

#include <limits>

namespace skiff {
namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

std::uint64_t add_saturating(std::uint64_t a, std::uint64_t b) { return b > kNoLimit - a ? kNoLimit : a + b; }

std::uint64_t multiply_saturating(std::uint64_t a, std::uint64_t b) {
  return a > kNoLimit / b ? kNoLimit : a * b;
}

bool within(std::uint8_t value, std::uint8_t least, std::uint8_t most) {
  return value >= least && value <= most;
}

}  // namespace

std::string_view to_string(Codec codec) {
  switch (codec) {
    case Codec::kZstd:
      return "zstd";
    case Codec::kContextMixing:
      return "cm";
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
  return add_saturating(kDecoderBase,
                        add_saturating(streams, multiply_saturating(limits.window_copies, kMapEntry)));
}

bool allowed(const ModelSizes& sizes) {
  return within(sizes.slot_lines, 8, 20) && within(sizes.history, 12, 24) && within(sizes.learned, 8, 20);
}

std::uint64_t decoder_memory(const DecoderLimits& limits, const ModelSizes& sizes) {
  const std::uint64_t slots = std::uint64_t{68} << sizes.slot_lines;
  const std::uint64_t history =
      (std::uint64_t{1} << sizes.history) + (std::uint64_t{1} << sizes.history >> 2);
  const std::uint64_t learned = std::uint64_t{16} << sizes.learned;
  const std::uint64_t map = multiply_saturating(limits.window_copies, kMapEntry);
  return add_saturating(kMixingBase + slots + history + learned, add_saturating(limits.segment_wire, map));
}

std::uint64_t decoder_memory(const DeltaInfo& info) {
  return info.codec == Codec::kZstd ? decoder_memory(info.limits) : decoder_memory(info.limits, info.models);
}

}  // namespace skiff
