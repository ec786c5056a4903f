// Publisher: adds deltas to the repository and keeps its online metadata fresh, with the server's online
// keys.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>

#include "skiff/repository.hpp"

namespace skiff::server {

/// The keys a server needs: they can offer and renew, but sign no release.
struct OnlineKeys {
  std::unique_ptr<Signer> deltas;
  std::unique_ptr<Signer> snapshot;
  std::unique_ptr<Signer> timestamp;
};

/// Reads deltas.key, snapshot.key and timestamp.key of `folder`; errors as load_key has them.
Result<OnlineKeys> load_online_keys(const std::filesystem::path& folder, std::string_view passphrase);

/// Thread-safe: one change at a time. Other processes are kept out by the repository's own lock.
class Publisher {
 public:
  Publisher(std::filesystem::path repository, OnlineKeys keys)
      : repository_(std::move(repository)), keys_(std::move(keys)) {}

  /// Adds a delta file and makes it visible; releases that builders added are not.
  Result<DeltaOffer> add(const Source& delta, std::int64_t now);
  /// Ends the offer of these deltas, and removes the files that nothing refers to any more; how many bytes.
  Result<std::uint64_t> drop(const std::vector<std::string>& targets, std::int64_t now);
  /// Takes in versions of offline metadata that were signed elsewhere, and makes them visible, as
  /// Repository::accept() and publish() do.
  Result<void> accept(const Json::Object& untrusted_files, const std::filesystem::path& images,
                      std::int64_t now);
  /// Renews what is published and ages; cheap where nothing does.
  Result<void> renew(std::int64_t now);

 private:
  [[nodiscard]] Repository::Signers signers() const;

  std::filesystem::path repository_;
  OnlineKeys keys_;
  std::mutex mutex_;
};

}  // namespace skiff::server
