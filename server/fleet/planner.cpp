#include "fleet/planner.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "skiff/trust.hpp"

namespace skiff::server {
namespace {

constexpr std::array<std::string_view, 4> kKinds = {"nothing", "wait", "delta", "full"};

std::optional<std::array<std::uint32_t, 3>> parse_version(std::string_view text) {
  std::array<std::uint32_t, 3> numbers{};
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0 && (at == end || *at++ != '.')) return std::nullopt;
    const auto [next, error] = std::from_chars(at, end, numbers[i]);
    if (error != std::errc{}) return std::nullopt;
    at = next;
  }
  if (at != end && *at != '-' && *at != '+') return std::nullopt;
  return numbers;
}

bool can_decode(const CheckIn& device, const OfferedDelta& delta) {
  const auto& formats = device.formats;
  const auto& codecs = device.codecs;
  return std::find(formats.begin(), formats.end(), delta.offer.format) != formats.end() &&
         std::find(codecs.begin(), codecs.end(), to_string(delta.codec)) != codecs.end() &&
         covers(device.repackers, delta.repackers) && delta.offer.decoder_memory <= device.decoder_memory &&
         is_at_least(device.agent, delta.offer.min_agent);
}

/// The smallest delta to `result` that satisfies `from`; null if there is none.
template <typename From>
const OfferedDelta* smallest(const CatalogueView& catalogue, const ImageId& result, const From& from) {
  const OfferedDelta* best = nullptr;
  for (const OfferedDelta& delta : catalogue.deltas) {
    if (delta.offer.result != result || !from(delta)) continue;
    if (best == nullptr || delta.offer.length < best->offer.length) best = &delta;
  }
  return best;
}

Plan fetch(Plan plan, PlanKind kind, const OfferedDelta& delta, std::uint32_t poll_after) {
  plan.kind = kind;
  plan.delta = delta.offer.target;
  plan.bytes = delta.offer.length;
  plan.poll_after = poll_after;
  return plan;
}

Plan wait_for(Plan plan, const ImagePair& pair, std::uint32_t poll_after) {
  plan.kind = PlanKind::kWait;
  plan.wanted = pair;
  plan.poll_after = poll_after;
  return plan;
}

/// Why no delta is fetched. `settled` is what became of the job for one; none: there could be no job.
FullCause cause_of(const OfferedDelta* delta, std::optional<JobState> settled, bool delta_fits) {
  if (delta != nullptr) return delta_fits ? FullCause::kNotSmaller : FullCause::kUndecodable;
  if (!settled) return FullCause::kUnknownBase;
  return *settled == JobState::kNotSmaller ? FullCause::kNotSmaller : FullCause::kDeltaFailed;
}

}  // namespace

std::string_view to_string(PlanKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

bool is_at_least(std::string_view version, std::string_view minimum) {
  if (minimum.empty()) return true;
  const auto has = parse_version(version);
  const auto needs = parse_version(minimum);
  return has && needs && *has >= *needs;
}

ImagePair full_image_pair(const ImageId& image) {
  static const Sha256 kDigestOfNothing = sha256({});
  return {{0, kDigestOfNothing}, image};
}

const Release* newest_release(const std::vector<Release>& releases, std::string_view hardware) {
  const Release* newest = nullptr;
  for (const Release& release : releases) {
    if (std::find(release.hardware.begin(), release.hardware.end(), hardware) == release.hardware.end())
      continue;
    if (newest == nullptr || std::pair(newest->release_counter, newest->target) <
                                 std::pair(release.release_counter, release.target)) {
      newest = &release;
    }
  }
  return newest;
}

std::vector<const Release*> due_releases(const CheckIn& device, const CatalogueView& catalogue) {
  std::vector<const Release*> due;
  for (const Release& release : catalogue.releases) {
    const auto& hardware = release.hardware;
    if (std::find(hardware.begin(), hardware.end(), device.hardware) == hardware.end()) continue;
    if (release.release_counter > device.counter_floor && release.image != device.image)
      due.push_back(&release);
  }
  std::sort(due.begin(), due.end(), [](const Release* a, const Release* b) {
    return std::pair(a->release_counter, a->target) > std::pair(b->release_counter, b->target);
  });
  return due;
}

Plan plan_release(const CheckIn& device, const CatalogueView& catalogue, const Release& release,
                  const SettledPairs& settled, const PollTimes& times) {
  const auto from_image = [&](const OfferedDelta& delta) { return delta.offer.base == device.image; };
  const auto from_nothing = [](const OfferedDelta& delta) { return delta.offer.is_full_image(); };
  const OfferedDelta* const any_delta = smallest(catalogue, release.image, from_image);
  const OfferedDelta* const any_full = smallest(catalogue, release.image, from_nothing);
  const bool delta_fits = any_delta != nullptr && can_decode(device, *any_delta);
  const bool full_fits = any_full != nullptr && can_decode(device, *any_full);

  Plan plan;
  plan.release = release.target;
  if (any_full != nullptr) plan.full_bytes = any_full->offer.length;
  if (delta_fits && (!full_fits || any_delta->offer.length < any_full->offer.length)) {
    return fetch(plan, PlanKind::kDelta, *any_delta, times.idle);
  }
  const ImagePair pair{device.image, release.image};
  const bool base_known = catalogue.find_image(device.image.sha256) != nullptr;
  const bool can_be_made = any_delta == nullptr && base_known;
  if (can_be_made && !settled.contains(pair)) return wait_for(plan, pair, times.wait);
  plan.full = cause_of(any_delta, can_be_made ? std::optional(settled.at(pair)) : std::nullopt, delta_fits);
  if (full_fits) return fetch(plan, PlanKind::kFull, *any_full, times.idle);
  const ImagePair full = full_image_pair(release.image);
  if (any_full == nullptr && !settled.contains(full)) return wait_for(plan, full, times.wait);
  // Nothing this device could decode is there or will come: only a new agent or a new release helps.
  plan.kind = PlanKind::kWait;
  plan.poll_after = times.idle;
  return plan;
}

}  // namespace skiff::server
