// Builder: a repository on disk with releases of small images, and the online keys a server needs for it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "deltas/publisher.hpp"
#include "skiff/trust.hpp"

namespace skiff::server::test {

inline constexpr std::int64_t kNow = 1'795'000'000;

inline Bytes random_image(unsigned seed, std::size_t length) {
  std::mt19937 random(seed);
  Bytes image(length);
  for (auto& byte : image) byte = static_cast<std::uint8_t>(random());
  return image;
}

inline ImageId id_of(const Bytes& image) { return {image.size(), sha256(image)}; }

/// The image with a hundred bytes changed; it must have 100,000 at least.
inline Bytes changed(Bytes image) {
  for (std::size_t i = 0; i < 100; ++i) image[i * 1'000] ^= 1;
  return image;
}

/// A repository with one key a role, as `skiff repo init --keys` makes it.
class Builder {
 public:
  explicit Builder(const std::filesystem::path& folder) : folder_(folder) {
    RepositoryRoles roles;
    std::filesystem::create_directories(folder_ / "keys");
    for (auto [name, role] :
         {std::pair("root", &roles.root), std::pair("targets", &roles.targets),
          std::pair("releases", &roles.releases), std::pair("deltas", &roles.deltas),
          std::pair("snapshot", &roles.snapshot), std::pair("timestamp", &roles.timestamp)}) {
      signers_.push_back(generate_ed25519().value());
      role->keys.push_back(signers_.back()->public_key());
      saved_ = saved_ &&
               save_key(*signers_.back(), folder_ / "keys" / (std::string(name) + ".key"), "").has_value();
    }
    repository_.emplace(Repository::init(repository(), roles, all(), kNow).value());
    publish();
  }

  void release(const std::string& name, std::uint64_t counter, const Bytes& image) {
    add(name, counter, image);
    publish();
  }
  /// As release(), but not yet published.
  void add(const std::string& name, std::uint64_t counter, const Bytes& image) {
    const auto added =
        repository_->add_release({name, {"gw1"}, name, counter}, ViewSource(image), all(), kNow);
    EXPECT_TRUE(added) << added.error().text();
  }

  [[nodiscard]] std::filesystem::path repository() const { return folder_ / "repo"; }
  [[nodiscard]] OnlineKeys online_keys() const { return load_online_keys(folder_ / "keys", "").value(); }

 private:
  [[nodiscard]] Repository::Signers all() const {
    Repository::Signers signers;
    for (const auto& signer : signers_) signers.push_back(signer.get());
    return signers;
  }
  void publish() {
    const auto published = repository_->publish(all(), kNow);
    EXPECT_TRUE(published) << published.error().text();
  }

  std::filesystem::path folder_;
  std::vector<std::unique_ptr<Signer>> signers_;
  bool saved_ = true;
  std::optional<Repository> repository_;
};

}  // namespace skiff::server::test
