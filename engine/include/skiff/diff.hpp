// build_delta: makes the delta that turns one image into another.
#pragma once

#include <cstdint>
#include <functional>

#include "skiff/io.hpp"
#include "skiff/repackers.hpp"

namespace skiff {

struct DiffOptions {
  Codec codec = Codec::kContextMixing;
  Profile profile = Profile::kStandard;
  unsigned threads = 1;                               ///< the same bytes come out whatever the number
  std::uint64_t max_memory = std::uint64_t{4} << 30;  ///< bytes the encoder may use for its indexes
  /// Streams of their codecs may be opened, to be packed again on the device; none: the images are taken as
  /// they are. The device's ApplyOptions must have the same or more, of the same versions.
  Repackers repackers{};
  /// Told the stage ("match", "code", …) and how far it is in [0, 1]; return false to cancel. May be empty.
  std::function<bool(std::string_view stage, double done)> progress{};
};

/// Bytes of the delta by what they say, as `skiff inspect` shows them; their sum is delta_length.
struct DeltaBreakdown {
  std::uint64_t head = 0;      ///< header and frame table
  std::uint64_t map = 0;       ///< where copies come from
  std::uint64_t residue = 0;   ///< what copies do not predict
  std::uint64_t literals = 0;  ///< bytes that no copy covers
  std::uint64_t overhead = 0;  ///< lengths of streams; ends of segments where these are metered
};

struct DiffReport {
  DeltaInfo info;
  DeltaBreakdown bytes;
  std::uint64_t copies = 0;
  std::uint64_t verbatim_bytes = 0;  ///< result bytes in copies without residue
  std::uint64_t copied_bytes = 0;    ///< result bytes in copies that may have residue
  std::uint64_t literal_bytes = 0;
};

/// Diffs `base` and `result` (any length, also zero; read at random, so never needed in memory whole) and
/// writes the delta, in order, to `delta`. Deterministic: same images, options and version give the same
/// bytes. A base of length zero gives the full image in delta form. Errors: kIo, kCancelled, kLimit.
Result<DiffReport> build_delta(const Source& base, const Source& result, Sink& delta,
                               const DiffOptions& options, const MakeHasher& make_hasher);

/// Where the bytes of an existing delta are. Reads and decodes it; needs no base.
Result<DiffReport> inspect_delta(const Source& delta);

}  // namespace skiff
