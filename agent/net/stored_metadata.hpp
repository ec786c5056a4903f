// StoredMetadata: the files of trusted metadata, kept where everything durable of the agent is kept.
#pragma once

#include "agent/system/storage.hpp"
#include "skiff/tuf.hpp"

namespace skiff::agent {

class StoredMetadata final : public tuf::MetadataFiles {
 public:
  /// `storage` outlives it.
  explicit StoredMetadata(Storage& storage) : storage_(storage) {}

  [[nodiscard]] Result<Bytes> read(const std::filesystem::path& file,
                                   std::uint64_t max_length) const override;
  Result<void> replace(const std::filesystem::path& file, ByteView bytes) override;
  Result<void> remove(const std::filesystem::path& file) override;

 private:
  Storage& storage_;
};

}  // namespace skiff::agent
