#include "trust/release_names.hpp"

#include <algorithm>

namespace skiff {
namespace {

constexpr std::size_t kMaxNameLength = 128;
constexpr std::size_t kHashDigits = 16;

bool is_plain_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

}  // namespace

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameLength && name[0] != '.' && name[0] != '-' &&
         std::ranges::all_of(name, is_plain_character);
}

bool is_target_of(std::string_view target, std::string_view role) {
  return target.size() > role.size() && target.starts_with(role) && target[role.size()] == '/' &&
         is_plain_name(target.substr(role.size() + 1));
}

std::string delta_target(const ImageId& base, const ImageId& result) {
  return std::string(kDeltasRole) + "/" + base.sha256.hex().substr(0, kHashDigits) + "-" +
         result.sha256.hex().substr(0, kHashDigits) + ".skd";
}

}  // namespace skiff
