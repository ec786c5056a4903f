#include "codec/window_view.hpp"

namespace skiff {
namespace {

std::uint64_t entries_of(const ImageTyping& typing) {
  std::uint64_t entries = typing.size();
  for (const Space& space : typing) entries += space.addresses.size() + space.types.size();
  return entries;
}

}  // namespace

std::uint64_t entries_of(const WindowMap& map) {
  return map.copies.size() + entries_of(map.typing.base) + entries_of(map.typing.result);
}

}  // namespace skiff
