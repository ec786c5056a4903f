// The custom data of releases and deltas as their targets carry it: trust.md, key "skiff", version 1.
#pragma once

#include "skiff/release.hpp"

namespace skiff {

/// What read_release() and read_delta_offer() read back.
Json custom_of(const Release& release);
Json custom_of(const DeltaOffer& offer);
/// The entry of a targets file: length, hashes and custom data.
Json target_entry(const Release& release);
Json target_entry(const DeltaOffer& offer);

}  // namespace skiff
