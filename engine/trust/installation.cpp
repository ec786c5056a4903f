// authorise_installation: the one decision whether a device may install.
#include <algorithm>

#include "skiff/release.hpp"
#include "trust/binned_role.hpp"
#include "trust/release_names.hpp"
#include "trust/semantic_version.hpp"

namespace skiff {
namespace {

/// A target that this role vouches for, or the bins that it divides its own among.
Result<tuf::Target> target_of_role(tuf::Client& client, std::string_view name, std::string_view role) {
  if (!is_target_of(name, role)) {
    return fail(ErrorKind::kMismatch,
                std::string(name) + " is not the name of one of the " + std::string(role));
  }
  SKIFF_ASSIGN(std::optional<tuf::Target> target, client.find(name));
  if (!target) return fail(ErrorKind::kNotFound, "no role vouches for " + std::string(name));
  if (!is_role_or_bin(target->role, role)) {
    return fail(ErrorKind::kSignature, std::string(name) + " is vouched for by the role " + target->role +
                                           ", not by " + std::string(role));
  }
  return std::move(*target);
}

Result<void> check_release(const Release& release, const DeviceFacts& device) {
  if (std::ranges::find(release.hardware, device.hardware) == release.hardware.end()) {
    return fail(ErrorKind::kMismatch, "hardware: " + release.target + " is not for " + device.hardware);
  }
  if (release.release_counter < device.counter_floor) {
    return fail(ErrorKind::kRollback, "release_counter: " + std::to_string(release.release_counter) +
                                          " is below this device's " + std::to_string(device.counter_floor));
  }
  return {};
}

Result<void> check_agent(const std::string& min_agent, const std::string& agent) {
  if (min_agent.empty()) return {};
  SKIFF_ASSIGN(const SemanticVersion needed, SemanticVersion::parse(min_agent));
  SKIFF_ASSIGN(const SemanticVersion present, SemanticVersion::parse(agent));
  if (present >= needed) return {};
  return fail(ErrorKind::kUnsupported,
              "min_agent: needs an agent from " + min_agent + " on, this is " + agent);
}

Result<void> check_delta(const DeltaOffer& delta, const Release& release, const DeviceFacts& device) {
  if (delta.result != release.image) {
    return fail(ErrorKind::kMismatch,
                "result: " + delta.target + " does not end in the image of " + release.target);
  }
  if (!delta.is_full_image() && delta.base != device.running) {
    return fail(ErrorKind::kMismatch, "base: " + delta.target + " does not start from the running image");
  }
  if (delta.format != kFormatVersion) {
    return fail(ErrorKind::kUnsupported, "decoder: delta format " + std::to_string(delta.format));
  }
  if (delta.decoder_memory > device.decoder_memory) {
    return fail(ErrorKind::kLimit, "decoder: needs " + std::to_string(delta.decoder_memory) +
                                       " bytes of memory, the device has " +
                                       std::to_string(device.decoder_memory));
  }
  return check_agent(delta.min_agent, device.agent);
}

}  // namespace

Result<Release> authorise_release(tuf::Client& client, std::string_view release_target,
                                  const DeviceFacts& device) {
  SKIFF_ASSIGN(const tuf::Target target, target_of_role(client, release_target, kReleasesRole));
  SKIFF_ASSIGN(Release release, read_release(target));
  SKIFF_TRY(check_release(release, device));
  return release;
}

Result<Installation> authorise_installation(tuf::Client& client, std::string_view release_target,
                                            std::string_view delta_target, const DeviceFacts& device) {
  Installation installation;
  SKIFF_ASSIGN(installation.release, authorise_release(client, release_target, device));
  SKIFF_ASSIGN(const tuf::Target delta, target_of_role(client, delta_target, kDeltasRole));
  SKIFF_ASSIGN(installation.delta, read_delta_offer(delta));
  SKIFF_TRY(check_delta(installation.delta, installation.release, device));
  return installation;
}

}  // namespace skiff
