// MetadataFetcher: brings TUF metadata over HTTP, and an unchanged timestamp for the price of a header.
#pragma once

#include <filesystem>
#include <optional>

#include "agent/net/http_client.hpp"
#include "skiff/tuf.hpp"

namespace skiff::agent {

/// The timestamp is asked for with If-None-Match: its ETag is its SHA-256 (server/API.md), which the file of
/// the last refresh in `metadata_dir` gives; a 304 stands for that file.
class MetadataFetcher final : public tuf::Fetcher {
 public:
  MetadataFetcher(HttpClient& client, const tuf::MetadataFiles& files, std::filesystem::path metadata_dir)
      : client_(client), files_(files), metadata_dir_(std::move(metadata_dir)) {}

  Result<std::optional<Bytes>> fetch(std::string_view name, std::uint64_t max_length) override;

  [[nodiscard]] std::uint64_t received() const { return received_; }  ///< bytes of bodies
  [[nodiscard]] std::optional<std::uint64_t> retry_after() const { return retry_after_; }

 private:
  HttpClient& client_;
  const tuf::MetadataFiles& files_;
  std::filesystem::path metadata_dir_;
  std::uint64_t received_ = 0;
  std::optional<std::uint64_t> retry_after_;
};

}  // namespace skiff::agent
