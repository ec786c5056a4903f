// PowerCut: a whole update in which the power goes, and what a device promises whatever is left of its
// writes.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "tests/agent/boot_loaders.hpp"
#include "tests/agent/memory_storage.hpp"

namespace skiff::testing {

enum class Situation {
  kFresh,     ///< nothing happened before
  kResumed,   ///< the power went once before, in the middle of the download
  kRollBack,  ///< a check fails in the new slot
  kTriesOut,  ///< nothing runs in the new slot
  kCommit,    ///< the new slot runs, and does not reach the server at first
  kRotation,  ///< the keys of root, timestamp and snapshot were changed since the device last asked
  kLinkLost,  ///< the link goes in the middle of a segment, for longer than the agent waits
};
inline constexpr std::array kSituations = {Situation::kFresh,    Situation::kResumed, Situation::kRollBack,
                                           Situation::kTriesOut, Situation::kCommit,  Situation::kRotation,
                                           Situation::kLinkLost};
inline constexpr std::array kFates = {Fate::kLost, Fate::kKept, Fate::kSubset, Fate::kTorn, Fate::kReordered};
std::string to_string(Situation situation);

struct PowerCut {
  Situation situation = Situation::kFresh;
  std::uint64_t change =
      0;  ///< the power goes in this one, counted from where the situation begins; 0: never
  Fate fate = Fate::kLost;
  unsigned seed = 0;
  bool again = false;  ///< the power goes once more, at some change after it came back
  Loader loader = Loader::kFile;
  std::string elided;  ///< a sync that does nothing, as the observer of MemoryStorage has it
};

/// Drives the device to the end of its update, booting it again after each cut. The first of these promises
/// that it breaks; empty where it keeps all: it boots, and only images that are whole; a slot that could be
/// booted is whole after every cut; the update ends as the situation has it and is reported once, with the
/// results of the checks; no segment that was finished is fetched again; versions of metadata that were once
/// used never go back; and all of it is still so when the power goes after the end.
std::string broken_promise(const PowerCut& cut);

/// Every change of storage from where the situation begins to the end of the update, as observers are told.
const std::vector<std::string>& changes_of(Situation situation, Loader loader);

}  // namespace skiff::testing
