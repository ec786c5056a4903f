// MetadataStore: the trusted metadata of a client on disk, byte for byte as served (TUF specification 5.2
// to 5.6).
#pragma once

#include <filesystem>
#include <optional>

#include "skiff/tuf.hpp"

namespace skiff::tuf {

/// Every write is atomic and durable before it returns. What it gives back is as untrusted as the disk is.
class MetadataStore {
 public:
  /// `files` outlives the store; null: the system's files.
  explicit MetadataStore(std::filesystem::path folder, MetadataFiles* files = nullptr);

  /// nullopt if the role has no file; one longer than `max_length` is kLimit.
  [[nodiscard]] Result<std::optional<Bytes>> load(std::string_view role, std::uint64_t max_length) const;
  Result<void> save(std::string_view role, ByteView bytes);
  /// Forgetting what is not there is no error.
  Result<void> forget(std::string_view role);

 private:
  [[nodiscard]] std::filesystem::path path_of(std::string_view role) const;

  std::filesystem::path folder_;
  MetadataFiles* files_;
};

}  // namespace skiff::tuf
