#include "tests/engine/trust/release_repository.hpp"

#include "format/head.hpp"
#include "skiff/io.hpp"

namespace skiff::testing {
namespace {

constexpr const char* kRoleNames[] = {"root", "targets", "releases", "deltas", "snapshot", "timestamp"};

}  // namespace

Result<std::optional<Bytes>> FolderFetcher::fetch(std::string_view name, std::uint64_t max_length) {
  if (const auto other = instead.find(std::string(name)); other != instead.end()) {
    return std::optional<Bytes>(other->second);
  }
  Result<Bytes> bytes = read_file(folder_ / "metadata" / name, max_length);
  if (bytes) return std::optional<Bytes>(std::move(*bytes));
  if (bytes.error().kind == ErrorKind::kNotFound) return std::optional<Bytes>();
  return tl::unexpected<Error>(bytes.error());
}

std::map<std::string, std::unique_ptr<Signer>> key_per_role() {
  std::map<std::string, std::unique_ptr<Signer>> keys;
  for (const char* const role : kRoleNames) keys[role] = std::move(*generate_ed25519());
  return keys;
}

RepositoryRoles roles_of(const std::map<std::string, std::unique_ptr<Signer>>& keys) {
  const auto role = [&](const char* name) { return RoleKeys{{keys.at(name)->public_key()}, 1}; };
  return {role("root"),   role("targets"),  role("releases"),
          role("deltas"), role("snapshot"), role("timestamp")};
}

ReleaseRepository::ReleaseRepository() : keys_(key_per_role()) {
  repository_ = std::move(*Repository::init(folder(), roles_of(keys_), signers(), kNow));
}

Bytes ReleaseRepository::root() const { return *read_file(folder() / "metadata" / "1.root.json", 1 << 20); }

Repository::Signers ReleaseRepository::signers() const {
  return signers({std::begin(kRoleNames), std::end(kRoleNames)});
}

Repository::Signers ReleaseRepository::signers(const std::vector<std::string>& roles) const {
  Repository::Signers signers;
  for (const std::string& role : roles) signers.push_back(keys_.at(role).get());
  return signers;
}

Result<Release> ReleaseRepository::add_release(const std::string& name, std::uint64_t counter,
                                               std::string_view image,
                                               const std::vector<std::string>& hardware) {
  return repository_->add_release({name, hardware, "v" + std::to_string(counter), counter},
                                  ViewSource(as_bytes(image)), signers({"releases"}), kNow);
}

Result<DeltaOffer> ReleaseRepository::add_delta(const Bytes& delta, const std::string& min_agent) {
  return repository_->add_delta(ViewSource(delta), min_agent, signers({"deltas"}), kNow);
}

ImageId image_id(std::string_view image) { return {image.size(), sha256(as_bytes(image))}; }

Bytes delta_between(std::string_view base, std::string_view result, std::uint8_t seed) {
  const Bytes map(8, seed);
  const Bytes data(16, static_cast<std::uint8_t>(seed + 1));
  DeltaInfo info;
  info.base = image_id(base);
  info.result = image_id(result);
  info.limits = {64, 64, 4};
  SegmentInfo map_segment;
  map_segment.is_map = true;
  map_segment.wire_length = map.size();
  SegmentInfo data_segment;
  data_segment.result_length = result.size();
  data_segment.wire_length = data.size();
  info.segments = {map_segment, data_segment};
  info.frames = {sha256(map), sha256(data)};
  Bytes delta = write_head(info);
  delta.insert(delta.end(), map.begin(), map.end());
  delta.insert(delta.end(), data.begin(), data.end());
  return delta;
}

}  // namespace skiff::testing
