// StoredMetadata: the files of trusted metadata, kept where everything durable of the agent is kept.
#pragma once

#include "agent/system/storage.hpp"
#include "skiff/tuf.hpp"

namespace skiff::agent {

class StoredMetadata final : public tuf::MetadataFiles {
 public:
  /// `storage` outlives it. `keeps_roots`: each root is kept by its version, too, as "2.root.json", for
  /// whoever has to be led to the newest one.
  explicit StoredMetadata(Storage& storage, bool keeps_roots = false)
      : storage_(storage), keeps_roots_(keeps_roots) {}

  [[nodiscard]] Result<Bytes> read(const std::filesystem::path& file,
                                   std::uint64_t max_length) const override;
  Result<void> replace(const std::filesystem::path& file, ByteView bytes) override;
  Result<void> remove(const std::filesystem::path& file) override;

 private:
  Storage& storage_;
  bool keeps_roots_;
};

/// Hands on the metadata that is kept in a folder: what a repository would send to somebody who is behind.
class KeptMetadata final : public tuf::Fetcher {
 public:
  /// `storage` outlives it.
  KeptMetadata(Storage& storage, std::filesystem::path folder)
      : storage_(storage), folder_(std::move(folder)) {}
  /// A role's file has no version in its name: the one that is kept is the newest.
  Result<std::optional<Bytes>> fetch(std::string_view name, std::uint64_t max_length) override;

 private:
  Storage& storage_;
  std::filesystem::path folder_;
};

}  // namespace skiff::agent
