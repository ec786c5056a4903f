#include "tests/agent/power_cut.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "agent/net/stored_metadata.hpp"
#include "tests/agent/small_device.hpp"
#include "tests/engine/trust/model_repository.hpp"

namespace skiff::testing {
namespace {

using agent::Bootable;
using agent::Slot;

constexpr int kMaxBoots = 24;
constexpr std::array kRoles = {"root", "timestamp", "snapshot", "targets"};

std::string role_file(const std::string& role) { return "state/metadata/" + role + ".json"; }

/// A repository whose keys were changed after a device had asked it, and what that device has.
struct Rotation {
  ModelRepository repository;
  std::map<std::string, Bytes> before;  ///< contents of the device's files

  Rotation() {
    before["root"] = repository.root_file();
    before["timestamp"] = repository.files.at("timestamp.json");
    before["snapshot"] = repository.files.at("1.snapshot.json");
    before["targets"] = repository.files.at("1.targets.json");
    const std::vector<std::unique_ptr<Signer>> old_root = std::move(repository.keys("root"));
    for (const char* const role : {"root", "timestamp", "snapshot"}) {
      repository.replace_keys(role);
      repository.trust_keys(role);
    }
    repository.member("root", "keys").erase(old_root[0]->public_key().key_id());
    repository.publish_root({old_root[0].get()});
    repository.publish_root();
    repository.publish({"targets"});
  }
};

Rotation& rotation() {
  static Rotation made;
  return made;
}

std::uint64_t version_in(const Bytes& file) {
  const Result<Json> json = parse_json(file);
  return json ? *unsigned_member(*json->find("signed"), "version") : 0;
}

class Voyage {
 public:
  explicit Voyage(const PowerCut& cut) : cut_(cut), random_(cut.seed), device_(cut.loader) {
    device_.server.on_bytes = [this](ByteRange range) { take(range); };
    device_.storage.observer = [this](const std::string& change) {
      journal_moved_ |= change == "sync state/journal";
      if (counting_) changes_.push_back(change);
    };
    set_scene();
    counting_ = true;
    device_.storage.elide(cut.elided);
    if (cut.change > 0) device_.storage.cut_after(cut.change);
  }

  std::string run() {
    for (int boots = 0; boots < kMaxBoots; ++boots) {
      if (cut_.situation == Situation::kCommit) device_.server.reachable = boots > 0;
      if (cut_.situation == Situation::kLinkLost) device_.server.reachable = true;
      device_.server.withdrawn = !device_.server.reports.empty();
      const Result<agent::Outcome> outcome = device_.boot();
      const bool dead = device_.storage.is_dead();
      if (!outcome && !dead) return "the device is stuck: " + outcome.error().text();
      if (device_.bad_boots > 0) return "a slot was booted that does not hold its image";
      if (!dead && outcome->stop == agent::Outcome::Stop::kIdle && !device_.server.reports.empty()) {
        return judge_end();
      }
      if (std::string broken = reboot(dead); !broken.empty()) return broken;
    }
    return "the update is not over after " + std::to_string(kMaxBoots) + " boots";
  }

  [[nodiscard]] const std::vector<std::string>& changes() const { return changes_; }

 private:
  void set_scene() {
    switch (cut_.situation) {
      case Situation::kFresh:
      case Situation::kLinkLost:
        return;
      case Situation::kResumed:
        device_.storage.cut_after(changes_of(Situation::kFresh, cut_.loader).size() / 3);
        (void)device_.boot();
        device_.storage.power_cycle(Fate::kLost);
        return;
      case Situation::kRollBack:
        device_.checks.outcome = {
            agent::ChecksOutcome::Verdict::kFailed, "check 10-x failed with exit 1", {{"10-x", 1, "no"}}};
        return;
      case Situation::kTriesOut:
        device_.hangs = Slot::kB;
        return;
      case Situation::kCommit:
        (void)device_.boot();
        device_.storage.power_cycle(Fate::kKept);
        return;
      case Situation::kRotation:
        for (const char* const role : kRoles)
          device_.storage.put(role_file(role), rotation().before.at(role));
        device_.server.on_authorise = [this] { return refresh(); };
    }
  }

  Result<void> refresh() {
    rotation().repository.requests.clear();
    agent::StoredMetadata files(device_.storage);
    tuf::ClientOptions options;
    options.metadata_dir = "state/metadata";
    options.now = kNow;
    options.files = &files;
    SKIFF_ASSIGN(tuf::Client client, tuf::Client::open(options, rotation().repository));
    SKIFF_TRY(client.refresh());
    for (const char* const role : kRoles) {
      used_[role] = std::max(used_[role], version_in(device_.storage.content(role_file(role))));
    }
    return {};
  }

  /// Bytes come in: they must not be of a segment that was finished in any life of the device.
  void take(ByteRange range) {
    if (cut_.situation == Situation::kLinkLost && !link_was_lost_ && is_amid_a_range(range)) {
      link_was_lost_ = true;
      device_.server.reachable = false;
    }
    if (std::exchange(journal_moved_, false))
      finished_ = std::max(finished_, device_.journal().segments_done);
    if (finished_ == 0) return;
    const SegmentInfo& last = SmallDevice::segments()[finished_ - 1];
    if (range.offset < last.wire_offset + last.wire_length) refetched_ += range.length;
  }

  /// Ends in a segment that is not a map, and not the first of them.
  static bool is_amid_a_range(ByteRange range) {
    const std::vector<SegmentInfo>& segments = SmallDevice::segments();
    const auto first = std::ranges::find(segments, false, &SegmentInfo::is_map);
    const std::uint64_t end = range.offset + range.length;
    return std::any_of(first + 1, segments.end(), [&](const SegmentInfo& segment) {
      return !segment.is_map && segment.wire_offset < end && end < segment.wire_offset + segment.wire_length;
    });
  }

  std::string reboot(bool dead) {
    // A clean reboot writes everything back first.
    device_.storage.power_cycle(dead ? cut_.fate : Fate::kKept, static_cast<unsigned>(random_()));
    if (dead && cut_.again) {
      device_.storage.cut_after(1 + random_() % 40);
      cut_.again = false;
    }
    return judge_storage();
  }

  /// What must hold whenever power comes back.
  std::string judge_storage() {
    const auto boot = agent::known_boot_state(device_.config, device_.storage);
    if (device_.storage.is_dead()) return "";  // the next cut came in the record's first making
    if (!boot || !*boot) return "the boot state cannot be read";
    const bool bootable = (*boot)->primary == Slot::kB || (*boot)->other != Bootable::kBad;
    const Bytes content = device_.slot_content(Slot::kB);
    if (bootable && content != SmallDevice::image(Slot::kB) && content != SmallDevice::former_image()) {
      return "a slot that is not whole could be booted";
    }
    for (const auto& [role, version] : used_) {
      if (version_in(device_.storage.content(role_file(role))) < version) return role + " went back";
    }
    return "";
  }

  std::string judge_end() {
    device_.storage.power_cycle(Fate::kLost);
    if (std::string broken = judge_storage(); !broken.empty()) return broken;
    if (refetched_ > 0) return std::to_string(refetched_) + " bytes of finished segments were fetched again";
    const bool rolled_back = cut_.situation == Situation::kRollBack || cut_.situation == Situation::kTriesOut;
    if (device_.last_outcome() != (rolled_back ? "rolled-back" : "committed")) {
      return "reported as '" + device_.last_outcome() + "'";
    }
    const Json& report = device_.server.reports.begin()->second;
    if (cut_.situation == Situation::kRollBack && (*array_member(report, "checks"))->array()->empty()) {
      return "the report lost the results of the checks";
    }
    return judge_identity(rolled_back);
  }

  std::string judge_identity(bool rolled_back) {
    const auto store = agent::StateStore::open(device_.storage, device_.config.state_dir);
    const auto identity = store ? store->identity() : std::nullopt;
    const auto record = store ? store->record() : std::nullopt;
    if (!identity || !record) return "identity or journal cannot be read";
    if (record->state != agent::State::kIdle) return "the journal is not at rest";
    const auto boot = agent::known_boot_state(device_.config, device_.storage);
    const Slot kept = rolled_back ? Slot::kA : Slot::kB;
    if ((*boot)->primary != kept || device_.running() != kept || identity->active != kept) {
      return "another slot is kept than was reported";
    }
    if (identity->counter_floor != (rolled_back ? 1U : 2U)) return "the counter floor is wrong";
    if (rolled_back && (*boot)->other != Bootable::kBad) return "a slot that failed could be booted";
    if (rolled_back && (!identity->failures || identity->failures->times != 1)) {
      return "the failure was not counted once";
    }
    const std::optional<agent::Installed>& installed = identity->of(Slot::kB);
    if (!rolled_back && (!installed || installed->image != device_.server.installation.release.image)) {
      return "the device does not know what it runs";
    }
    return "";
  }

  PowerCut cut_;
  std::mt19937 random_;
  SmallDevice device_;
  bool counting_ = false;
  bool journal_moved_ = true;
  bool link_was_lost_ = false;
  std::uint64_t finished_ = 0;
  std::uint64_t refetched_ = 0;
  std::map<std::string, std::uint64_t> used_;  ///< highest version of each role that a refresh ended with
  std::vector<std::string> changes_;
};

}  // namespace

std::string to_string(Situation situation) {
  constexpr std::array kNames = {"Fresh",  "Resumed",  "RollBack", "TriesOut",
                                 "Commit", "Rotation", "LinkLost"};
  return kNames[static_cast<std::size_t>(situation)];
}

std::string broken_promise(const PowerCut& cut) { return Voyage(cut).run(); }

const std::vector<std::string>& changes_of(Situation situation, Loader loader) {
  static std::map<std::pair<Situation, Loader>, std::vector<std::string>> known;
  const auto found = known.find({situation, loader});
  if (found != known.end()) return found->second;
  PowerCut undisturbed;
  undisturbed.situation = situation;
  undisturbed.loader = loader;
  Voyage voyage(undisturbed);
  if (const std::string broken = voyage.run(); !broken.empty()) {
    ADD_FAILURE() << to_string(situation) << " with " << to_string(loader) << ": " << broken;
  }
  return known[{situation, loader}] = voyage.changes();
}

}  // namespace skiff::testing
