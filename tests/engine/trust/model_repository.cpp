#include "tests/engine/trust/model_repository.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "skiff/io.hpp"
#include "trust/date.hpp"
#include "trust/envelope.hpp"
#include "trust/file_names.hpp"

namespace skiff::testing {
namespace {

namespace fs = std::filesystem;

Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

Json::Object empty_part(const std::string& type) {
  return {
      {"_type", type}, {"spec_version", "1.0.34"}, {"version", 1}, {"expires", format_date(kNow + kYear)}};
}

bool is_targets_role(const std::string& role) {
  return role != "root" && role != "snapshot" && role != "timestamp";
}

tuf::Signature sign(const Signer& signer, const std::string& canonical) {
  return {signer.public_key().key_id(), to_hex(*signer.sign(as_bytes(canonical)))};
}

}  // namespace

ModelRepository::ModelRepository() {
  for (const char* const role : {"root", "timestamp", "snapshot", "targets"}) {
    parts_[role] = empty_part(role);
    add_key(role);
  }
  part("root")["consistent_snapshot"] = true;
  part("root")["keys"] = Json::Object();
  part("root")["roles"] = Json::Object();
  part("targets")["targets"] = Json::Object();
  for (const char* const role : {"root", "timestamp", "snapshot", "targets"}) trust_keys(role);
  write("root");
  write("targets");
  list_all();
}

Result<std::optional<Bytes>> ModelRepository::fetch(std::string_view name, std::uint64_t max_length) {
  requests.emplace_back(name);
  const auto file = files.find(std::string(name));
  if (file == files.end()) return std::optional<Bytes>();
  if (file->second.size() > max_length) return fail(ErrorKind::kLimit, "longer than allowed");
  return std::optional<Bytes>(file->second);
}

void ModelRepository::set_expiry(const std::string& role, std::int64_t seconds) {
  part(role)["expires"] = format_date(seconds);
}

void ModelRepository::add_key(const std::string& role) {
  keys_[role].push_back(std::move(*generate_ed25519()));
}

void ModelRepository::replace_keys(const std::string& role) {
  keys_[role].clear();
  add_key(role);
}

Json ModelRepository::key_ids(const std::string& role) {
  Json::Array ids;
  for (const auto& key : keys_[role]) ids.push_back(key->public_key().key_id());
  return ids;
}

void ModelRepository::put_keys(Json::Object& parent, const std::string& role) {
  for (const auto& key : keys_[role]) {
    (*parent["keys"].object())[key->public_key().key_id()] = key->public_key().json();
  }
}

void ModelRepository::trust_keys(const std::string& role, const std::string& delegator,
                                 std::int64_t threshold) {
  if (delegator == "root") {
    put_keys(part("root"), role);
    member("root", "roles")[role] = Json::Object{{"keyids", key_ids(role)}, {"threshold", threshold}};
    return;
  }
  Json::Object& delegations = member(delegator, "delegations");
  put_keys(delegations, role);
  for (Json& delegated : *delegations["roles"].array()) {
    if (*delegated.find("name") != Json(role)) continue;
    (*delegated.object())["keyids"] = key_ids(role);
    (*delegated.object())["threshold"] = threshold;
  }
}

void ModelRepository::add_target(const std::string& role, const std::string& name, std::string_view content,
                                 const Json& custom) {
  Json::Object target = {{"length", std::uint64_t{content.size()}},
                         {"hashes", Json::Object{{"sha256", sha256(as_bytes(content)).hex()}}}};
  if (!custom.is_null()) target["custom"] = custom;
  member(role, "targets")[name] = std::move(target);
}

void ModelRepository::delegate(const std::string& from, const std::string& role,
                               const std::vector<std::string>& paths, bool terminating) {
  if (!parts_.contains(role)) {
    parts_[role] = empty_part("targets");
    part(role)["targets"] = Json::Object();
    add_key(role);
  }
  if (!part(from).contains("delegations")) {
    part(from)["delegations"] = Json::Object{{"keys", Json::Object()}, {"roles", Json::Array()}};
  }
  member(from, "delegations")["roles"].array()->push_back(
      Json::Object{{"name", role},
                   {"keyids", Json::Array()},
                   {"threshold", 1},
                   {"terminating", terminating},
                   {"paths", Json::Array(paths.begin(), paths.end())}});
  trust_keys(role, from);
}

void ModelRepository::write(const std::string& role) {
  const std::string canonical = *canonical_json(parts_.at(role));
  std::vector<tuf::Signature> signatures;
  for (const auto& key : keys_[role]) signatures.push_back(sign(*key, canonical));
  const std::string name = role == "timestamp"
                               ? tuf::file_name(role)
                               : tuf::versioned_file_name(role, static_cast<std::uint64_t>(version(role)));
  files[name] = bytes_of(tuf::envelope_text(parts_.at(role), signatures));
}

void ModelRepository::publish_root(const std::vector<const Signer*>& also) {
  set_version("root", version("root") + 1);
  const std::string canonical = *canonical_json(parts_.at("root"));
  std::vector<tuf::Signature> signatures;
  for (const auto& key : keys_["root"]) signatures.push_back(sign(*key, canonical));
  for (const Signer* const signer : also) signatures.push_back(sign(*signer, canonical));
  files[std::to_string(version("root")) + ".root.json"] =
      bytes_of(tuf::envelope_text(parts_.at("root"), signatures));
}

void ModelRepository::publish(const std::vector<std::string>& changed_roles) {
  for (const std::string& role : changed_roles) {
    set_version(role, version(role) + 1);
    write(role);
  }
  set_version("snapshot", version("snapshot") + 1);
  set_version("timestamp", version("timestamp") + 1);
  list_all();
}

void ModelRepository::list_all() {
  Json::Object meta;
  for (const auto& [role, part_of_role] : parts_) {
    if (!is_targets_role(role)) continue;
    if (!files.contains(tuf::versioned_file_name(role, static_cast<std::uint64_t>(version(role)))))
      write(role);
    meta[role + ".json"] = Json::Object{{"version", version(role)}};
  }
  part("snapshot")["meta"] = std::move(meta);
  write("snapshot");
  part("timestamp")["meta"] = Json::Object{{"snapshot.json", Json::Object{{"version", version("snapshot")}}}};
  write("timestamp");
}

TemporaryFolder::TemporaryFolder() {
  // In memory where possible: what is tested is the order of writes, not the disk's speed.
  const fs::path parent = fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
  std::string name = (parent / "skiff-trust-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Device::Device(const Bytes& root) { EXPECT_EQ(outcome(tuf::Client::init(folder(), root)), "ok"); }

Result<tuf::Client> Device::client(tuf::Fetcher& fetcher, std::int64_t now, tuf::Limits limits) {
  return tuf::Client::open({folder(), now, limits}, fetcher);
}

Result<void> Device::refresh(tuf::Fetcher& fetcher, std::int64_t now) {
  SKIFF_ASSIGN(tuf::Client opened, client(fetcher, now));
  return opened.refresh();
}

std::uint64_t Device::trusted_version(const std::string& role) const {
  const Result<Bytes> text = read_file(folder() / tuf::file_name(role), 1 << 20);
  if (!text) return 0;
  const Result<Json> file = parse_json(*text);
  return file ? *unsigned_member(*file->find("signed"), "version") : 0;
}

}  // namespace skiff::testing
