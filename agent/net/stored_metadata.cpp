#include "agent/net/stored_metadata.hpp"

#include "skiff/json.hpp"

namespace skiff::agent {
namespace {

constexpr std::string_view kRoot = "root.json";

Result<std::uint64_t> version_of(ByteView metadata) {
  SKIFF_ASSIGN(const Json json, parse_json(metadata));
  SKIFF_ASSIGN(const Json* part, object_member(json, "signed"));
  return unsigned_member(*part, "version");
}

/// "7.snapshot.json" without its version; of roots every version is kept.
std::string_view kept_name(std::string_view name) {
  const std::size_t digits = name.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos || name[digits] != '.') return name;
  const std::string_view rest = name.substr(digits + 1);
  return rest == kRoot ? name : rest;
}

}  // namespace

Result<Bytes> StoredMetadata::read(const std::filesystem::path& file, std::uint64_t max_length) const {
  return read_small(storage_, file, max_length);
}

Result<void> StoredMetadata::replace(const std::filesystem::path& file, ByteView bytes) {
  if (keeps_roots_ && file.filename() == kRoot) {
    SKIFF_ASSIGN(const std::uint64_t version, version_of(bytes));
    const std::string name = std::to_string(version) + "." + std::string(kRoot);
    SKIFF_TRY(agent::replace(storage_, file.parent_path() / name, bytes));
  }
  return agent::replace(storage_, file, bytes);
}

Result<void> StoredMetadata::remove(const std::filesystem::path& file) { return storage_.remove(file); }

Result<std::optional<Bytes>> KeptMetadata::fetch(std::string_view name, std::uint64_t max_length) {
  Result<Bytes> file = read_small(storage_, folder_ / kept_name(name), max_length);
  if (file) return std::optional<Bytes>(std::move(*file));
  if (file.error().kind == ErrorKind::kNotFound) return std::optional<Bytes>();
  return tl::unexpected<Error>(file.error());
}

}  // namespace skiff::agent
