// FolderServer: a folder that a person brought (a USB stick) in the server's place: the same metadata, the
// same targets, the same judgement.
#pragma once

#include <filesystem>

#include "agent/net/update_server.hpp"

namespace skiff::agent {

/// The folder has `metadata/` and `targets/` as a repository has them, or what of them this update needs, and
/// `plan.json`, an answer to a check-in (server/API.md) that a person wrote. Nothing of it is believed that
/// the signed metadata does not vouch for; a delta that is not there is refused before the slot is touched.
/// Reports wait for the server (kNetwork).
class FolderServer final : public UpdateServer {
 public:
  /// Trusted metadata is kept in a folder of `files`.
  FolderServer(std::filesystem::path folder, StoredMetadata files, std::filesystem::path metadata_dir)
      : folder_(std::move(folder)), files_(files), metadata_dir_(std::move(metadata_dir)) {}

  /// In the new slot there is nothing to ask for: who imports again there has seen that the device is well.
  Result<Plan> check_in(const CheckIn& device) override;
  Result<Installation> authorise(const Plan& plan, const DeviceFacts& device, std::int64_t now) override;
  RangeOutcome fetch(const RemoteFile& file, ByteRange wanted, const RangeConsumer& consume) override;
  Result<void> send_report(std::string_view body) override;
  [[nodiscard]] Traffic traffic() const override { return {}; }
  [[nodiscard]] std::optional<std::uint64_t> retry_after() const override { return std::nullopt; }

 private:
  [[nodiscard]] Result<std::unique_ptr<Source>> open_target(const RemoteFile& file) const;

  std::filesystem::path folder_;
  StoredMetadata files_;
  std::filesystem::path metadata_dir_;
};

}  // namespace skiff::agent
