// The cover: which stretches of the result image are copied from which stretches of the base image.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "skiff/result.hpp"

namespace skiff::match {

/// `length` bytes of the result at `result` come from the base at `base`. With `equal` they are the same
/// bytes; without, some of them may differ.
struct Copy {
  std::uint64_t result = 0;
  std::uint64_t base = 0;
  std::uint64_t length = 0;
  bool equal = false;
  bool operator==(const Copy&) const = default;
};

/// Copies in the order of the result, none empty, none overlapping another in the result.
using Cover = std::vector<Copy>;

/// Told how far a stage is, in [0, 1]; its error (kCancelled) ends the stage.
using Checkpoint = std::function<Result<void>(double done)>;

}  // namespace skiff::match
