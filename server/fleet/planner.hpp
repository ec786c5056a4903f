// The planner: which update a device is told to fetch. A pure function of what is known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fleet/budget.hpp"
#include "store/catalogue.hpp"
#include "store/jobs.hpp"

namespace skiff::server {

/// What a device says when it checks in (API.md, "Check-in").
struct CheckIn {
  std::string hardware;
  ImageId image;
  std::string version;
  std::uint64_t counter_floor = 0;
  std::string agent;
  std::vector<std::uint64_t> formats;
  std::vector<std::string> codecs;
  RepackerVersions repackers;
  std::uint64_t decoder_memory = 0;
  std::string state;
};

struct PollTimes {
  std::uint32_t idle = 1'800;  ///< seconds to the next check-in
  std::uint32_t wait = 5;      ///< the same, while a delta is being made
};

enum class PlanKind : std::uint8_t { kNothing, kWait, kDelta, kFull };
std::string_view to_string(PlanKind kind);

struct Plan {
  PlanKind kind = PlanKind::kNothing;
  std::string release;                      ///< target name; empty for kNothing
  std::string delta;                        ///< target name, of kDelta and kFull
  std::uint64_t bytes = 0;                  ///< length of that delta
  FullCause full = FullCause::kNone;        ///< why it is a full image, or waits for one
  std::optional<std::uint64_t> full_bytes;  ///< length of the full image in delta form, if there is one
  std::uint32_t poll_after = 0;             ///< seconds
  std::optional<ImagePair> wanted;          ///< a delta that this device waits for
  std::string held;                         ///< of kNothing: the release that is held back, a target name
  std::string reason;                       ///< of kNothing: why a release that is due is held back
  std::string tag;                          ///< of kNothing: what it holds for, see DeviceApi::tag()
};

/// The releases for the device's hardware whose counter is above the device's floor and whose image is not
/// the one it runs: the highest counter first, then by name.
std::vector<const Release*> due_releases(const CheckIn& device, const CatalogueView& catalogue);

/// How the image of a release that is due gets to the device: the smaller of the delta from its image and the
/// full image, of those it can decode. Where it cannot have a delta yet, but one can be made (its image is
/// one of the repository's, and the pair is not `settled`), it waits for that; without a known base it gets,
/// or waits for, the full image.
Plan plan_release(const CheckIn& device, const CatalogueView& catalogue, const Release& release,
                  const SettledPairs& settled, const PollTimes& times);

/// The pair that makes the full image of a release.
ImagePair full_image_pair(const ImageId& image);

/// The newest release for a hardware id: highest counter, then name; null if there is none.
const Release* newest_release(const std::vector<Release>& releases, std::string_view hardware);

/// Whether semantic version `version` is not below `minimum`, by its three numbers (an empty minimum asks for
/// nothing; what is not three numbers is below every minimum).
bool is_at_least(std::string_view version, std::string_view minimum);

}  // namespace skiff::server
