#include "trust/metadata_store.hpp"

#include "skiff/io.hpp"

namespace skiff::tuf {
namespace {

namespace fs = std::filesystem;

class SystemFiles final : public MetadataFiles {
 public:
  [[nodiscard]] Result<Bytes> read(const fs::path& file, std::uint64_t max_length) const override {
    return read_file(file, max_length);
  }
  Result<void> replace(const fs::path& file, ByteView bytes) override { return write_file(file, bytes); }
  Result<void> remove(const fs::path& file) override {
    std::error_code error;
    fs::remove(file, error);
    if (error) return fail(ErrorKind::kIo, "cannot remove " + file.string() + ": " + error.message());
    return {};
  }
};

/// Has no state: one serves all.
MetadataFiles& system_files() {
  static SystemFiles files;
  return files;
}

}  // namespace

MetadataStore::MetadataStore(fs::path folder, MetadataFiles* files)
    : folder_(std::move(folder)), files_(files != nullptr ? files : &system_files()) {}

fs::path MetadataStore::path_of(std::string_view role) const {
  return folder_ / (local_file_name(role) + ".json");
}

Result<std::optional<Bytes>> MetadataStore::load(std::string_view role, std::uint64_t max_length) const {
  Result<Bytes> bytes = files_->read(path_of(role), max_length);
  if (bytes) return std::optional<Bytes>(std::move(*bytes));
  if (bytes.error().kind == ErrorKind::kNotFound) return std::optional<Bytes>();
  return tl::unexpected<Error>(std::move(bytes).error());
}

Result<void> MetadataStore::save(std::string_view role, ByteView bytes) {
  return files_->replace(path_of(role), bytes);
}

Result<void> MetadataStore::forget(std::string_view role) { return files_->remove(path_of(role)); }

}  // namespace skiff::tuf
