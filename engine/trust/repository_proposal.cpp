#include "trust/repository_proposal.hpp"

#include <algorithm>

#include "trust/file_names.hpp"
#include "trust/metadata_fields.hpp"
#include "trust/release_names.hpp"

namespace skiff {
namespace {

Result<Bytes> newest_file(const RepositoryFolder& folder, std::string_view role) {
  SKIFF_ASSIGN(const std::uint64_t version, folder.newest_version(role));
  return folder.read_metadata(tuf::versioned_file_name(role, version));
}

/// As requests give it; empty where there is no version.
Result<std::string> newest_text(const RepositoryFolder& folder, const std::string& role) {
  SKIFF_ASSIGN(const std::uint64_t version, folder.newest_version(role));
  if (version == 0) return std::string();
  SKIFF_ASSIGN(const Bytes newest, newest_file(folder, role));
  SKIFF_ASSIGN(const Json json, parse_json(newest));
  return json_text(json);
}

bool is_delegated(const std::string& role) { return role == kReleasesRole || role == kDeltasRole; }

/// The object that names a role's keys and threshold, in root's `roles` or targets' `delegations`.
Result<Json*> role_entry(Json& part, const std::string& role) {
  Json::Object& object = *part.object();
  if (!is_delegated(role)) {
    Json::Object& roles = *object["roles"].object();
    if (const auto found = roles.find(role); found != roles.end()) return &found->second;
    return fail(ErrorKind::kUsage, "no such role: " + role);
  }
  for (Json& entry : *(*object["delegations"].object())["roles"].array()) {
    if (string_member(entry, "name") == role) return &entry;
  }
  return fail(ErrorKind::kUsage, "targets does not delegate to " + role);
}

Json::Object& keys_in(Json& part, const std::string& role) {
  Json::Object& holder = is_delegated(role) ? *(*part.object())["delegations"].object() : *part.object();
  return *holder["keys"].object();
}

/// Keys that no role uses any more go.
void drop_unused(Json::Object& keys, const Json& part) {
  const std::string text = json_text(part);
  const auto uses = [&](const std::string& id) {
    const std::string quoted = "\"" + id + "\"";
    std::size_t count = 0;
    for (std::size_t at = text.find(quoted); at != std::string::npos; at = text.find(quoted, at + 1)) ++count;
    return count;
  };
  std::erase_if(keys, [&](const auto& entry) { return uses(entry.first) < 2; });  // once it is named as a key
}

Result<void> change_ids(Json::Object& entry, const KeyChange& change) {
  Json::Array& ids = *entry["keyids"].array();
  for (const std::string& id : change.removed) {
    if (std::erase_if(ids, [&](const Json& present) { return present == Json(id); }) == 0) {
      return fail(ErrorKind::kUsage, change.role + " has no key " + id);
    }
  }
  for (const PublicKey& key : change.added) {
    if (std::ranges::find(ids, Json(key.key_id())) != ids.end()) {
      return fail(ErrorKind::kUsage, change.role + " has the key " + key.key_id() + " already");
    }
    ids.push_back(key.key_id());
  }
  if (change.threshold) entry["threshold"] = std::uint64_t{*change.threshold};
  const auto threshold = static_cast<std::uint64_t>(*entry["threshold"].integer());
  if (threshold == 0 || threshold > ids.size()) {
    return fail(ErrorKind::kUsage, change.role + ": " + std::to_string(ids.size()) +
                                       " keys for a threshold of " + std::to_string(threshold));
  }
  return {};
}

Result<Json> next_root_part(const RepositoryFolder& folder, std::int64_t now) {
  SKIFF_ASSIGN(const Bytes text, newest_file(folder, "root"));
  SKIFF_ASSIGN(const tuf::Envelope envelope, tuf::Envelope::parse(text));
  SignedRole root;
  root.signed_part = envelope.signed_part;
  SKIFF_ASSIGN(root.header, tuf::parse_header(root.signed_part, "root"));
  return next_signed_part(root, now + kRootLife);
}

}  // namespace

Result<SignRequest> propose(const RepositoryFolder& folder, RolePart next) {
  SKIFF_ASSIGN(const std::uint64_t version, folder.newest_version(next.role));
  std::vector<Bytes> chain;
  for (const std::string& link : {std::string("root"), std::string("targets"), next.role}) {
    if (link == next.role && version == 0) break;
    SKIFF_ASSIGN(chain.emplace_back(), newest_file(folder, link));
    if (link == next.role) break;
  }
  return SignRequest::make(std::move(next.role), std::move(next.part), chain);
}

Result<std::vector<SignRequest>> propose_all(const RepositoryFolder& folder, std::vector<RolePart> parts) {
  std::vector<SignRequest> requests;
  for (RolePart& part : parts) {
    SKIFF_ASSIGN(requests.emplace_back(), propose(folder, std::move(part)));
  }
  return requests;
}

Result<std::string> finish(const RepositoryFolder& folder, const SignRequest& request) {
  SKIFF_ASSIGN(const std::string newest, newest_text(folder, request.role()));
  if (newest != request.previous()) {
    return fail(ErrorKind::kMismatch, "the repository has moved on: its newest " + request.role() +
                                          " is not what the request follows");
  }
  SKIFF_ASSIGN(SignRequest own, propose(folder, {request.role(), request.next()}));
  SKIFF_TRY(own.merge(request));
  return own.finish();
}

std::string delegator_of(const std::string& role) { return is_delegated(role) ? "targets" : "root"; }

Result<std::vector<RolePart>> next_parts(const RepositoryFolder& folder, const RepositoryState& state,
                                         const std::string& role, std::int64_t now) {
  if (role == kReleasesRole) return state.releases.renewed(folder, state.release_keys, now);
  if (role == "targets") {
    return std::vector<RolePart>{{role, next_signed_part(state.targets, now + kTargetsLife)}};
  }
  if (role != "root") return fail(ErrorKind::kUsage, role + " is not signed offline");
  SKIFF_ASSIGN(Json part, next_root_part(folder, now));
  return std::vector<RolePart>{{role, std::move(part)}};
}

Result<Json> with_keys(Json part, const KeyChange& change) {
  SKIFF_ASSIGN(Json* const entry, role_entry(part, change.role));
  SKIFF_TRY(change_ids(*entry->object(), change));
  Json::Object& keys = keys_in(part, change.role);
  for (const PublicKey& key : change.added) keys[key.key_id()] = key.json();
  drop_unused(keys, part);
  return part;
}

}  // namespace skiff
