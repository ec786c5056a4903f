// Constants of the header that its writer and its reader share.
#pragma once

#include <array>
#include <cstdint>

namespace skiff {

inline constexpr std::array<std::uint8_t, 4> kMagic = {'S', 'K', 'F', 'D'};
inline constexpr std::uint64_t kMinFieldsLength = 74;  ///< two digests and ten varints
inline constexpr char kRootTag[] = "skiff-frames-v1";  ///< hashed with its terminating zero

}  // namespace skiff
