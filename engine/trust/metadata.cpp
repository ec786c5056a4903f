#include "trust/metadata.hpp"

#include <algorithm>

#include "trust/metadata_fields.hpp"

namespace skiff::tuf {
namespace {

constexpr unsigned kMaxBinBits = 32;

Result<std::vector<std::string>> parse_strings(const Json& array, std::string_view what) {
  std::vector<std::string> strings;
  if (array.array() == nullptr) return fail(ErrorKind::kFormat, std::string(what) + ": not an array");
  for (const Json& element : *array.array()) {
    if (element.string() == nullptr) return fail(ErrorKind::kFormat, std::string(what) + ": not a string");
    strings.push_back(*element.string());
  }
  return strings;
}

Result<void> check_role_name(const std::string& name) {
  if (name.empty()) return fail(ErrorKind::kFormat, "delegated role without a name");
  // Its file would take the place of the top-level role's.
  if (std::ranges::find(kTopLevelRoles, name) != kTopLevelRoles.end()) {
    return fail(ErrorKind::kFormat, "delegated role named like the top-level role " + name);
  }
  return {};
}

Result<DelegatedRole> parse_delegated_role(const Json& untrusted, const Keys& keys) {
  DelegatedRole role;
  SKIFF_ASSIGN(role.name, string_member(untrusted, "name"));
  SKIFF_TRY(check_role_name(role.name));
  SKIFF_ASSIGN(role.keys, parse_key_ring(untrusted, keys));
  const Json* const terminating = untrusted.find("terminating");
  if (terminating == nullptr || terminating->boolean() == nullptr) {
    return fail(ErrorKind::kFormat, role.name + ": terminating is absent or no boolean");
  }
  role.terminating = *terminating->boolean();
  const Json* const paths = untrusted.find("paths");
  const Json* const prefixes = untrusted.find("path_hash_prefixes");
  if ((paths == nullptr) == (prefixes == nullptr)) {
    return fail(ErrorKind::kFormat, role.name + ": has not exactly one of paths and path_hash_prefixes");
  }
  if (paths != nullptr) {
    SKIFF_ASSIGN(role.paths, parse_strings(*paths, "paths"));
  } else {
    SKIFF_ASSIGN(role.path_hash_prefixes, parse_strings(*prefixes, "path_hash_prefixes"));
  }
  return role;
}

Result<HashBins> parse_bins(const Json& untrusted, const Keys& keys) {
  HashBins bins;
  SKIFF_ASSIGN(bins.keys, parse_key_ring(untrusted, keys));
  SKIFF_ASSIGN(bins.name_prefix, string_member(untrusted, "name_prefix"));
  SKIFF_ASSIGN(const std::uint64_t bits, unsigned_member(untrusted, "bit_length"));
  if (bits == 0 || bits > kMaxBinBits) {
    return fail(ErrorKind::kFormat, "bit_length is " + std::to_string(bits) + ", not 1 to 32");
  }
  bins.bit_length = static_cast<unsigned>(bits);
  return bins;
}

Result<void> parse_delegations(const Json& untrusted, Targets& targets) {
  SKIFF_ASSIGN(const Keys keys, parse_keys(untrusted));
  const Json* const bins = untrusted.find("succinct_roles");
  if (bins != nullptr) {
    if (untrusted.find("roles") != nullptr) {
      return fail(ErrorKind::kFormat, "delegations: both roles and succinct_roles");
    }
    SKIFF_ASSIGN(targets.bins, parse_bins(*bins, keys));
    return {};
  }
  SKIFF_ASSIGN(const Json* const roles, array_member(untrusted, "roles"));
  for (const Json& untrusted_role : *roles->array()) {
    SKIFF_ASSIGN(DelegatedRole role, parse_delegated_role(untrusted_role, keys));
    if (std::ranges::find(targets.delegations, role.name, &DelegatedRole::name) !=
        targets.delegations.end()) {
      return fail(ErrorKind::kFormat, "role " + role.name + " delegated to twice");
    }
    targets.delegations.push_back(std::move(role));
  }
  return {};
}

}  // namespace

Result<Root> parse_root(const Json& signed_part) {
  Root root;
  SKIFF_ASSIGN(root.header, parse_header(signed_part, "root"));
  if (const Json* const consistent = signed_part.find("consistent_snapshot")) {
    if (consistent->boolean() == nullptr) return fail(ErrorKind::kFormat, "consistent_snapshot: no boolean");
    root.consistent_snapshot = *consistent->boolean();
  }
  SKIFF_ASSIGN(const Keys keys, parse_keys(signed_part));
  SKIFF_ASSIGN(const Json* const roles, object_member(signed_part, "roles"));
  for (const std::string_view name : kTopLevelRoles) {
    SKIFF_ASSIGN(const Json* const role, object_member(*roles, name));
    SKIFF_ASSIGN(KeyRing ring, parse_key_ring(*role, keys));
    root.roles.emplace(name, std::move(ring));
  }
  return root;
}

Result<Timestamp> parse_timestamp(const Json& signed_part) {
  Timestamp timestamp;
  SKIFF_ASSIGN(timestamp.header, parse_header(signed_part, "timestamp"));
  SKIFF_ASSIGN(const Json* const meta, object_member(signed_part, "meta"));
  SKIFF_ASSIGN(const Json* const snapshot, object_member(*meta, "snapshot.json"));
  SKIFF_ASSIGN(timestamp.snapshot, parse_file_meta(*snapshot));
  return timestamp;
}

Result<Snapshot> parse_snapshot(const Json& signed_part) {
  Snapshot snapshot;
  SKIFF_ASSIGN(snapshot.header, parse_header(signed_part, "snapshot"));
  SKIFF_ASSIGN(const Json* const meta, object_member(signed_part, "meta"));
  for (const auto& [name, untrusted] : *meta->object()) {
    Result<FileMeta> file = parse_file_meta(untrusted);
    if (!file) return fail_with(file.error(), name);
    snapshot.files.emplace(name, std::move(*file));
  }
  return snapshot;
}

Result<Target> parse_target(const std::string& name, const Json& untrusted) {
  Target target;
  target.name = name;
  SKIFF_ASSIGN(target.length, unsigned_member(untrusted, "length"));
  SKIFF_ASSIGN(const Json* const hashes, object_member(untrusted, "hashes"));
  SKIFF_ASSIGN(target.hashes, parse_hashes(*hashes));
  if (const Json* const custom = untrusted.find("custom")) target.custom = *custom;
  return target;
}

Result<Targets> parse_targets(const Json& signed_part) {
  Targets targets;
  SKIFF_ASSIGN(targets.header, parse_header(signed_part, "targets"));
  SKIFF_ASSIGN(const Json* const list, object_member(signed_part, "targets"));
  for (const auto& [name, untrusted] : *list->object()) {
    Result<Target> target = parse_target(name, untrusted);
    if (!target) return fail_with(target.error(), name);
    targets.targets.emplace(name, std::move(*target));
  }
  if (const Json* const delegations = signed_part.find("delegations")) {
    SKIFF_TRY(parse_delegations(*delegations, targets));
  }
  return targets;
}

bool DelegatedRole::covers(std::string_view target) const {
  if (std::ranges::any_of(paths, [&](const std::string& path) { return matches_pattern(path, target); })) {
    return true;
  }
  if (path_hash_prefixes.empty()) return false;
  const std::string hash = sha256(as_bytes(target)).hex();
  return std::ranges::any_of(path_hash_prefixes,
                             [&](const std::string& prefix) { return hash.starts_with(prefix); });
}

std::string HashBins::name_of(std::uint32_t number) const {
  const std::size_t digits = (bit_length + 3) / 4;
  std::string hex(digits, '0');
  for (std::size_t at = digits; at > 0; number >>= 4) hex[--at] = "0123456789abcdef"[number & 15];
  return name_prefix + "-" + hex;
}

std::uint32_t HashBins::number_for(std::string_view target) const {
  const Sha256 hash = sha256(as_bytes(target));
  std::uint32_t first_bits = 0;
  for (std::size_t i = 0; i < sizeof first_bits; ++i) first_bits = first_bits << 8 | hash.bytes[i];
  return first_bits >> (kMaxBinBits - bit_length);
}

bool matches_pattern(std::string_view pattern, std::string_view target) {
  // After a failure it is enough to let the last `*` take one character more: linear space, no recursion.
  std::size_t at_pattern = 0;
  std::size_t at_target = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_taken = 0;
  while (at_target < target.size()) {
    const char wanted = at_pattern < pattern.size() ? pattern[at_pattern] : '\0';
    if (at_pattern < pattern.size() && wanted == '*') {
      star = at_pattern++;
      star_taken = at_target;
    } else if (at_pattern < pattern.size() &&
               (wanted == target[at_target] || (wanted == '?' && target[at_target] != '/'))) {
      ++at_pattern;
      ++at_target;
    } else if (star != std::string_view::npos && target[star_taken] != '/') {
      at_pattern = star + 1;
      at_target = ++star_taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at_pattern) == std::string_view::npos;
}

}  // namespace skiff::tuf
