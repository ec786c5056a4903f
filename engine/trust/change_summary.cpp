#include "trust/change_summary.hpp"

#include <algorithm>
#include <set>

#include "skiff/release.hpp"
#include "trust/metadata.hpp"

namespace skiff {
namespace {

using Lines = std::vector<std::string>;

/// Text from metadata without quotes, but still with its control characters escaped.
std::string plain(const std::string& text) {
  const std::string quoted = json_text(Json(text));
  return quoted.substr(1, quoted.size() - 2);
}

void difference(const std::string& path, const Json* before, const Json* after, Lines& lines);

void object_difference(const std::string& path, const Json::Object& before, const Json::Object& after,
                       Lines& lines) {
  std::set<std::string> names;
  for (const auto& [name, value] : before) names.insert(name);
  for (const auto& [name, value] : after) names.insert(name);
  for (const std::string& name : names) {
    const auto old_member = before.find(name);
    const auto new_member = after.find(name);
    difference(path.empty() ? plain(name) : path + "." + plain(name),
               old_member == before.end() ? nullptr : &old_member->second,
               new_member == after.end() ? nullptr : &new_member->second, lines);
  }
}

void difference(const std::string& path, const Json* before, const Json* after, Lines& lines) {
  if (before != nullptr && after != nullptr) {
    if (*before == *after) return;
    if (before->object() != nullptr && after->object() != nullptr) {
      object_difference(path, *before->object(), *after->object(), lines);
      return;
    }
    const Json::Array* const old_list = before->array();
    const Json::Array* const new_list = after->array();
    if (old_list != nullptr && new_list != nullptr && old_list->size() == new_list->size()) {
      for (std::size_t i = 0; i < old_list->size(); ++i) {
        difference(path + "[" + std::to_string(i) + "]", &(*old_list)[i], &(*new_list)[i], lines);
      }
      return;
    }
    lines.push_back("change " + path + ": " + json_text(*before) + " -> " + json_text(*after));
    return;
  }
  lines.push_back(before == nullptr ? "new    " + path + ": " + json_text(*after)
                                    : "gone   " + path + ": " + json_text(*before));
}

std::string release_line(std::string_view verb, const Release& release) {
  std::string hardware;
  for (const std::string& id : release.hardware) hardware += (hardware.empty() ? "" : ",") + plain(id);
  return std::string(verb) + " " + plain(release.target) + " for " + hardware + ": version " +
         plain(release.version) + ", counter " + std::to_string(release.release_counter) + ", " +
         std::to_string(release.image.length) + " bytes, sha256 " + release.image.sha256.hex();
}

void release_lines(std::string_view verb, const tuf::Targets& without, const tuf::Targets& with,
                   Lines& lines) {
  for (const auto& [name, target] : with.targets) {
    if (without.targets.contains(name)) continue;
    if (const Result<Release> release = read_release(target)) lines.push_back(release_line(verb, *release));
  }
}

const Json::Object* keys_of(const Json& part) {
  const Json* const delegations = part.find("delegations");
  const Json* const keys = (delegations != nullptr ? *delegations : part).find("keys");
  return keys == nullptr ? nullptr : keys->object();
}

void key_lines(std::string_view verb, const Json& without, const Json& with, Lines& lines) {
  const Json::Object* const known = keys_of(without);
  const Json::Object* const found = keys_of(with);
  if (found == nullptr) return;
  for (const auto& [id, json] : *found) {
    if (known != nullptr && known->contains(id)) continue;
    const Result<PublicKey> key = PublicKey::parse(json);
    lines.push_back(std::string(verb) + " key " +
                    (key ? key->key_id() + " (" + std::string(to_string(key->type())) + ")"
                         : plain(id) + " (of an unknown kind)"));
  }
}

}  // namespace

std::vector<std::string> change_summary(const std::string& role, const Json& before, const Json& after) {
  Lines lines;
  const Result<std::uint64_t> version = unsigned_member(after, "version");
  const Result<std::string> expires = string_member(after, "expires");
  lines.push_back(plain(role) + " version " + (version ? std::to_string(*version) : "?") + ", good until " +
                  (expires ? plain(*expires) : "?"));
  const Result<tuf::Targets> old_targets = tuf::parse_targets(before);
  const Result<tuf::Targets> new_targets = tuf::parse_targets(after);
  if (old_targets && new_targets) {
    release_lines("adds", *old_targets, *new_targets, lines);
    release_lines("removes", *new_targets, *old_targets, lines);
  }
  key_lines("adds", before, after, lines);
  key_lines("removes", after, before, lines);
  difference("", &before, &after, lines);
  return lines;
}

}  // namespace skiff
