#include "tests/agent/small_device.hpp"

#include <gtest/gtest.h>

#include <random>

#include "skiff/trust.hpp"
#include "tests/agent/local_decoder.hpp"
#include "tests/engine/apply/delta_builder.hpp"

namespace skiff::testing {
namespace {

using agent::Slot;

constexpr std::size_t kImage = 64 * 1024;

Bytes random_image() {
  std::mt19937 random(7);
  Bytes image(kImage);
  for (std::uint8_t& byte : image) byte = static_cast<std::uint8_t>(random());
  return image;
}

/// The same image with some runs of bytes changed and a part of it new.
Bytes changed(Bytes image) {
  std::mt19937 random(8);
  for (std::size_t at = 500; at < image.size(); at += 3'000) image[at] ^= 0x55;
  for (std::size_t at = 20'000; at < 28'000; ++at) image[at] = static_cast<std::uint8_t>(random());
  return image;
}

ImageId id_of(const Bytes& image) { return {image.size(), sha256(image)}; }

/// Made once: an encoder takes longer than a whole update.
struct Material {
  Bytes former_image = Bytes(kImage, 0xEE);
  Bytes old_image = random_image();
  Bytes new_image = changed(old_image);
  Bytes delta;
  DeltaInfo info;
  Installation installation;

  Material() {
    BuildPlan plan;
    plan.window = 16 * 1024;
    plan.segment = 4 * 1024;
    delta = make_delta(old_image, new_image, plan);
    const ViewSource source(delta);
    info = *read_delta_info(source);
    installation.release = {"releases/small-2.img", {"small"}, "2", 2, id_of(new_image), agent::kBuildTime};
    DeltaOffer& offer = installation.delta;
    offer.target = "deltas/small.skd";
    offer.length = delta.size();
    offer.sha256 = sha256(delta);
    offer.base = id_of(old_image);
    offer.result = installation.release.image;
    offer.frames_root = *frames_root(source, make_sha256);
    offer.decoder_memory = info.decoder_memory;
  }
};

/// Boot control that may refuse to arm.
class RefusingBoot final : public agent::BootControl {
 public:
  RefusingBoot(agent::BootControl& boot, const std::optional<Error>& refusal)
      : boot_(boot), refusal_(refusal) {}
  Result<agent::BootStatus> status() override { return boot_.status(); }
  Result<void> mark_bad(Slot slot) override { return boot_.mark_bad(slot); }
  Result<void> arm(Slot slot, std::uint32_t tries) override {
    if (refusal_) return tl::unexpected<Error>(*refusal_);
    return boot_.arm(slot, tries);
  }
  Result<void> commit(Slot slot) override { return boot_.commit(slot); }

 private:
  agent::BootControl& boot_;
  const std::optional<Error>& refusal_;
};

const Material& material() {
  static const Material made;
  return made;
}

}  // namespace

const Bytes& SmallDevice::image(Slot slot) {
  return slot == Slot::kA ? material().old_image : material().new_image;
}

const Bytes& SmallDevice::former_image() { return material().former_image; }

const std::vector<SegmentInfo>& SmallDevice::segments() { return material().info.segments; }

SmallDevice::SmallDevice(Loader loader) : loader_(loader) {
  server.delta = material().delta;
  server.installation = material().installation;
  config.hardware = "small";
  config.slots = {"slot-a", "slot-b"};
  config.state_dir = "state";
  storage.put("slot-a", image(Slot::kA));
  storage.put("slot-b", former_image());
  config.boot = boot_settings(loader);
  EXPECT_TRUE(prepare_loader(loader, config, storage));
  agent::Identity identity;
  identity.of(Slot::kA) = agent::Installed{material().installation.delta.base, "1"};
  identity.of(Slot::kB) = agent::Installed{id_of(former_image()), "0"};
  identity.counter_floor = 1;
  auto store = agent::StateStore::open(storage, config.state_dir);
  EXPECT_TRUE(store && store->save(identity) && store->save(agent::UpdateRecord{}));
}

Bytes SmallDevice::slot_content(Slot slot) const {
  return storage.content(config.slots[static_cast<std::size_t>(slot)]);
}

agent::UpdateRecord SmallDevice::journal() {
  const auto store = agent::StateStore::open(storage, config.state_dir);
  return store ? store->record().value_or(agent::UpdateRecord{}) : agent::UpdateRecord{};
}

std::string SmallDevice::last_outcome() const {
  return server.reports.size() == 1 ? *string_member(server.reports.begin()->second, "outcome") : "";
}

Result<agent::Outcome> SmallDevice::boot() {
  clock.reboot();
  SKIFF_ASSIGN(running_, start_loader(loader_, config, storage));
  if (slot_content(running_) != image(running_)) ++bad_boots;
  if (hangs == running_) return agent::Outcome{agent::Outcome::Stop::kLater, 0};
  return run();
}

Result<agent::Outcome> SmallDevice::run() {
  clock.advance(1);
  SKIFF_ASSIGN(const auto boot_control, agent::open_boot(config, running_, storage));
  agent::MachineOptions options;
  options.hardware = config.hardware;
  options.slots = config.slots;
  options.state_dir = config.state_dir;
  options.running = running_;
  options.trial_deadline = trial_deadline;
  options.install = config.link.install;
  RefusingBoot boot(*boot_control, arming_refused);
  SKIFF_ASSIGN(auto machine, agent::Machine::open({storage, boot, server, checks, clock, LocalDecoder::start,
                                                   repackers, ask_permit},
                                                  options));
  const Result<agent::Outcome> outcome = machine.run();
  last_state = std::string(to_string(machine.record().state));
  return outcome;
}

Result<int> SmallDevice::converge(Fate fate, unsigned seed, int limit) {
  for (int boots = 1; boots <= limit; ++boots) {
    const Result<agent::Outcome> outcome = boot();
    if (!outcome && !storage.is_dead()) return tl::unexpected<Error>(outcome.error());
    if (outcome && outcome->stop == agent::Outcome::Stop::kIdle && !server.reports.empty()) return boots;
    // A clean reboot writes everything back first.
    storage.power_cycle(storage.is_dead() ? fate : Fate::kKept, seed + static_cast<unsigned>(boots));
  }
  return fail(ErrorKind::kLimit, "not over after " + std::to_string(limit) + " boots");
}

}  // namespace skiff::testing
