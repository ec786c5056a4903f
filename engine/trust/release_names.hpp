// Names that releases, deltas, images and hardware have in the repository and on devices.
#pragma once

#include <string>

#include "skiff/delta_info.hpp"

namespace skiff {

inline constexpr std::string_view kReleasesRole = "releases";
inline constexpr std::string_view kDeltasRole = "deltas";

/// 1 to 128 letters, digits, '.', '_' and '-', the first of them no '.' or '-': a file name that needs no
/// quoting.
bool is_plain_name(std::string_view name);
/// Whether `target` is "<role>/<plain name>".
bool is_target_of(std::string_view target, std::string_view role);
/// "deltas/<base sha256, 16 digits>-<result sha256, 16 digits>.skd"
std::string delta_target(const ImageId& base, const ImageId& result);

}  // namespace skiff
