// ReleaseRepository: a Repository in a temporary folder with a key per role, and deltas with sound heads to
// put in it.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "skiff/repository.hpp"
#include "tests/engine/trust/model_repository.hpp"

namespace skiff::testing {

/// Fetches from a repository's folder, as a device does over HTTP; a test can put other bytes in the way.
class FolderFetcher final : public tuf::Fetcher {
 public:
  explicit FolderFetcher(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<std::optional<Bytes>> fetch(std::string_view name, std::uint64_t max_length) override;

  std::map<std::string, Bytes> instead;  ///< served in place of the files of these names

 private:
  std::filesystem::path folder_;
};

class ReleaseRepository {
 public:
  ReleaseRepository();

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  [[nodiscard]] Repository& operator*() { return *repository_; }
  [[nodiscard]] Repository* operator->() { return &*repository_; }
  [[nodiscard]] Bytes root() const;
  /// All keys, or those of some roles.
  [[nodiscard]] Repository::Signers signers() const;
  [[nodiscard]] Repository::Signers signers(const std::vector<std::string>& roles) const;
  /// Those that a server holds.
  [[nodiscard]] Repository::Signers online() const { return signers({"deltas", "snapshot", "timestamp"}); }

  Result<Release> add_release(const std::string& name, std::uint64_t counter, std::string_view image,
                              const std::vector<std::string>& hardware = {"gw1"});
  Result<DeltaOffer> add_delta(const Bytes& delta, const std::string& min_agent = "");
  /// With the two keys that this takes.
  Result<void> publish() { return repository_->publish(signers({"snapshot", "timestamp"}), kNow); }

 private:
  TemporaryFolder folder_;
  std::map<std::string, std::unique_ptr<Signer>> keys_;
  std::optional<Repository> repository_;
};

/// A repository, and a device that fetches from it and knows nothing of it yet but its root.
class Distribution : public ::testing::Test {
 protected:
  ReleaseRepository repository_;
  FolderFetcher fetcher_{repository_.folder()};
  Device device_{repository_.root()};
};

/// The roles of these keys, one each.
RepositoryRoles roles_of(const std::map<std::string, std::unique_ptr<Signer>>& keys);
std::map<std::string, std::unique_ptr<Signer>> key_per_role();

ImageId image_id(std::string_view image);
/// A file that begins with the head of a delta between two images; its frames are noise from `seed`.
Bytes delta_between(std::string_view base, std::string_view result, std::uint8_t seed = 0);

}  // namespace skiff::testing
