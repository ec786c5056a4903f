#include <algorithm>

#include "skiff/signing.hpp"
#include "trust/binned_role.hpp"
#include "trust/change_summary.hpp"
#include "trust/envelope.hpp"
#include "trust/release_names.hpp"
#include "trust/rules.hpp"

namespace skiff {
namespace {

constexpr std::string_view kKind = "skiff-sign-request";
constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kLongestChain = 3;

Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

/// A role whose keys have to sign, and how they are called in messages.
struct Demand {
  std::string name;
  tuf::KeyRing ring;
};

Result<tuf::KeyRing> delegated_ring(ByteView targets_file, const tuf::Root& root, std::string_view role) {
  SKIFF_ASSIGN(const tuf::Targets targets,
               tuf::read_targets(root.roles.find("targets")->second, "targets", targets_file));
  const auto found = std::ranges::find(targets.delegations, role, &tuf::DelegatedRole::name);
  if (found != targets.delegations.end()) return found->keys;
  return fail(ErrorKind::kFormat, "request: targets does not delegate to " + std::string(role));
}

/// The chain's metadata verified from its root down, and whose signatures the next version needs.
Result<std::vector<Demand>> demands_of(const std::string& role, const Json& next, const Json::Array& chain) {
  const auto file = [&](std::size_t i) { return bytes_of(json_text(chain[i])); };
  SKIFF_ASSIGN(const tuf::Root root, tuf::read_first_root(file(0)));
  const std::string version = std::to_string(root.header.version);
  if (role == "root") {
    SKIFF_ASSIGN(const tuf::Root next_root, tuf::parse_root(next));
    return std::vector<Demand>{{"root of version " + version, root.roles.find("root")->second},
                               {"root of version " + std::to_string(next_root.header.version),
                                next_root.roles.find("root")->second}};
  }
  if (role == "targets") {
    const tuf::KeyRing& ring = root.roles.find("targets")->second;
    return std::vector<Demand>{{"targets", ring}};
  }
  const std::string_view delegated = is_role_or_bin(role, kReleasesRole) ? kReleasesRole : role;
  SKIFF_ASSIGN(tuf::KeyRing ring, delegated_ring(file(1), root, delegated));
  return std::vector<Demand>{{role, std::move(ring)}};
}

/// How many files lead to a version of the role, that version included.
std::size_t chain_length(const std::string& role) {
  if (role == "root") return 1;
  return role == "targets" ? 2 : kLongestChain;
}

/// The first version of a bin follows nothing.
bool is_first(const std::string& role, const Json::Array& chain) {
  return role != kReleasesRole && is_role_or_bin(role, kReleasesRole) && chain.size() == kLongestChain - 1;
}

/// What the next version is compared with: the version before, if the keys that sign today have signed that
/// too. After their compromise it says nothing, and everything in the next version counts as new.
Result<Json> trusted_part(const Json& previous, const tuf::KeyRing& ring) {
  SKIFF_ASSIGN(const tuf::Envelope envelope, tuf::Envelope::parse(as_bytes(json_text(previous))));
  return envelope.verify(ring, "") ? envelope.signed_part : Json(Json::Object());
}

/// How many different keys of the ring have signed well.
std::size_t signed_by(const tuf::KeyRing& ring, const tuf::Envelope& envelope) {
  tuf::KeyRing one = ring;
  for (one.threshold = ring.keys.size(); one.threshold > 0; --one.threshold) {
    if (envelope.verify(one, "")) return one.threshold;
  }
  return 0;
}

}  // namespace

Result<SignRequest> SignRequest::make(std::string role, Json next, const std::vector<Bytes>& chain) {
  SignRequest request;
  request.role_ = std::move(role);
  request.next_ = std::move(next);
  for (const Bytes& file : chain) {
    SKIFF_ASSIGN(Json json, parse_json(file));
    request.chain_.push_back(std::move(json));
  }
  const bool first = is_first(request.role_, request.chain_);
  if (!first && request.chain_.size() != chain_length(request.role_)) {
    return fail(ErrorKind::kFormat, "request: a chain of " + std::to_string(chain.size()) + " files");
  }
  SKIFF_ASSIGN(const std::vector<Demand> demands, demands_of(request.role_, request.next_, request.chain_));
  Json trusted = Json::Object();
  std::uint64_t old_version = 0;
  if (!first) {
    SKIFF_ASSIGN(const Json* const before, object_member(request.chain_.back(), "signed"));
    SKIFF_ASSIGN(old_version, unsigned_member(*before, "version"));
    SKIFF_ASSIGN(trusted, trusted_part(request.chain_.back(), demands.front().ring));
  }
  SKIFF_ASSIGN(const std::uint64_t new_version, unsigned_member(request.next_, "version"));
  if (new_version != old_version + 1)
    return fail(ErrorKind::kFormat, "request: versions do not follow each other");
  request.summary_ = change_summary(request.role_, trusted, request.next_);
  return request;
}

Result<SignRequest> SignRequest::parse(ByteView untrusted_text) {
  SKIFF_ASSIGN(const Json json, parse_json(untrusted_text));
  if (string_member(json, "kind") != kKind || unsigned_member(json, "v") != kVersion) {
    return fail(ErrorKind::kFormat, "not a request for signatures of version 1");
  }
  SKIFF_ASSIGN(std::string role, string_member(json, "role"));
  SKIFF_ASSIGN(const Json* const next, object_member(json, "signed"));
  SKIFF_ASSIGN(const Json* const chain, array_member(json, "follows"));
  std::vector<Bytes> files;
  for (const Json& file : *chain->array()) files.push_back(bytes_of(json_text(file)));
  SKIFF_ASSIGN(SignRequest request, make(std::move(role), *next, files));
  SKIFF_ASSIGN(const Json* const stated, array_member(json, "summary"));
  const Json::Array summary(request.summary_.begin(), request.summary_.end());
  if (*stated->array() != summary)
    return fail(ErrorKind::kFormat, "request: its summary is not of what it signs");
  SKIFF_ASSIGN(const Json* const signatures, array_member(json, "signatures"));
  request.signatures_ = *signatures->array();
  return request;
}

std::string SignRequest::text() const {
  return json_text(Json::Object{{"kind", kKind},
                                {"v", kVersion},
                                {"role", role_},
                                {"summary", Json::Array(summary_.begin(), summary_.end())},
                                {"signed", next_},
                                {"follows", chain_},
                                {"signatures", signatures_}}) +
         "\n";
}

std::string SignRequest::previous() const {
  return is_first(role_, chain_) ? std::string() : json_text(chain_.back());
}

Result<void> SignRequest::check(ByteView trusted_root) const {
  SKIFF_ASSIGN(const tuf::Root trusted, tuf::read_first_root(trusted_root));
  const Bytes root_file = bytes_of(json_text(chain_.front()));
  SKIFF_ASSIGN(const tuf::Root root, tuf::read_first_root(root_file));
  SKIFF_ASSIGN(const tuf::Envelope envelope, tuf::Envelope::parse(root_file));
  SKIFF_TRY(
      envelope.verify(trusted.roles.find("root")->second, "the request's root, by the trusted one's keys"));
  if (root.header.version < trusted.header.version) {
    return fail(ErrorKind::kRollback, "the request's root is older than the trusted one");
  }
  return {};  // the rest of the chain was verified from this root down when the request was made or read
}

Result<void> SignRequest::sign(const Signer& key) {
  SKIFF_ASSIGN(const std::vector<Demand> demands, demands_of(role_, next_, chain_));
  SKIFF_ASSIGN(const std::string canonical, canonical_json(next_));
  bool is_known = false;
  for (const Demand& demand : demands) {
    for (const auto& entry_of_ring : demand.ring.keys) {
      const std::string& key_id = entry_of_ring.first;
      const PublicKey& known = entry_of_ring.second;
      if (!(known == key.public_key())) continue;
      is_known = true;
      const auto same = [&](const Json& entry) { return string_member(entry, "keyid") == key_id; };
      std::erase_if(signatures_, same);
      SKIFF_ASSIGN(const Bytes signature, key.sign(as_bytes(canonical)));
      signatures_.push_back(Json::Object{{"keyid", key_id}, {"sig", to_hex(signature)}});
    }
  }
  if (is_known) return {};
  return fail(ErrorKind::kUsage, "the key " + key.public_key().key_id() + " has nothing to sign in " + role_);
}

Result<void> SignRequest::merge(const SignRequest& other) {
  if (role_ != other.role_ || next_ != other.next_) {
    return fail(ErrorKind::kMismatch, "requests for signatures of different things");
  }
  return take(other.signatures_);
}

Result<void> SignRequest::take(const Json::Array& untrusted_signatures) {
  for (const Json& signature : untrusted_signatures) {
    SKIFF_ASSIGN(const std::string key_id, string_member(signature, "keyid"));
    const auto same = [&](const Json& entry) { return string_member(entry, "keyid") == key_id; };
    if (std::ranges::none_of(signatures_, same)) signatures_.push_back(signature);
  }
  return {};
}

Result<std::vector<std::string>> SignRequest::progress() const {
  SKIFF_ASSIGN(const std::vector<Demand> demands, demands_of(role_, next_, chain_));
  const Json file = Json::Object{{"signatures", signatures_}, {"signed", next_}};
  SKIFF_ASSIGN(const tuf::Envelope envelope, tuf::Envelope::parse(as_bytes(json_text(file))));
  std::vector<std::string> lines;
  for (const Demand& demand : demands) {
    lines.push_back(demand.name + ": " + std::to_string(signed_by(demand.ring, envelope)) + " of " +
                    std::to_string(demand.ring.threshold) + " signatures");
  }
  return lines;
}

Result<std::string> SignRequest::finish() const {
  SKIFF_ASSIGN(const std::vector<Demand> demands, demands_of(role_, next_, chain_));
  std::string text = json_text(Json::Object{{"signatures", signatures_}, {"signed", next_}});
  SKIFF_ASSIGN(const tuf::Envelope envelope, tuf::Envelope::parse(as_bytes(text)));
  for (const Demand& demand : demands) SKIFF_TRY(envelope.verify(demand.ring, demand.name));
  return text;
}

Result<std::vector<SignRequest>> parse_sign_requests(ByteView untrusted_text) {
  std::vector<SignRequest> requests;
  while (!untrusted_text.empty()) {
    const auto end = std::ranges::find(untrusted_text, std::uint8_t{'\n'});
    const auto length = static_cast<std::size_t>(end - untrusted_text.begin());
    SKIFF_ASSIGN(requests.emplace_back(), SignRequest::parse(untrusted_text.first(length)));
    untrusted_text = untrusted_text.subspan(std::min(length + 1, untrusted_text.size()));
  }
  if (requests.empty()) return fail(ErrorKind::kFormat, "a file without requests");
  return requests;
}

std::string sign_requests_text(const std::vector<SignRequest>& requests) {
  std::string text;
  for (const SignRequest& request : requests) text += request.text();
  return text;
}

}  // namespace skiff
