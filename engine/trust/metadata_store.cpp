#include "trust/metadata_store.hpp"

#include "skiff/io.hpp"
#include "trust/file_names.hpp"

namespace skiff::tuf {

std::filesystem::path MetadataStore::path_of(std::string_view role) const {
  return folder_ / file_name(role);
}

Result<std::optional<Bytes>> MetadataStore::load(std::string_view role, std::uint64_t max_length) const {
  Result<Bytes> bytes = read_file(path_of(role), max_length);
  if (bytes) return std::optional<Bytes>(std::move(*bytes));
  if (bytes.error().kind == ErrorKind::kNotFound) return std::optional<Bytes>();
  return tl::unexpected<Error>(std::move(bytes).error());
}

Result<void> MetadataStore::save(std::string_view role, ByteView bytes) const {
  return write_file(path_of(role), bytes);
}

Result<void> MetadataStore::forget(std::string_view role) const {
  std::error_code error;
  std::filesystem::remove(path_of(role), error);
  if (error) return fail(ErrorKind::kIo, "cannot remove " + path_of(role).string() + ": " + error.message());
  return {};
}

}  // namespace skiff::tuf
