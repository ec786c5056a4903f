#include <algorithm>
#include <string>

#include "unpack/recipe.hpp"

namespace skiff {

RepackerVersions versions_of(const Repackers& repackers) {
  RepackerVersions versions;
  for (const Repacker* repacker : repackers) versions.emplace(repacker->name(), repacker->version());
  return versions;
}

Result<RepackerVersions> needed_repackers(const DeltaInfo& info) {
  RepackerVersions needed;
  if (!info.opening) return needed;
  SKIFF_ASSIGN(const unpack::Recipe recipe,
               unpack::read_recipe(info.opening->recipe, info.opening->features));
  for (const unpack::Level& level : recipe) {
    for (const unpack::Stream& stream : level.base) needed.emplace(unpack::library_of(stream.codec), 0);
    for (std::size_t i = 0; i < level.methods.size(); ++i) {
      std::uint64_t& version = needed[std::string(unpack::library_of(level.methods[i].codec))];
      version = std::max(version, level.versions[i]);
    }
  }
  return needed;
}

bool covers(const RepackerVersions& has, const RepackerVersions& needs) {
  return std::all_of(needs.begin(), needs.end(), [&has](const auto& need) {
    const auto own = has.find(need.first);
    return own != has.end() && (need.second == 0 || need.second == own->second);
  });
}

}  // namespace skiff
