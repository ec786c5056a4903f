// UploadStore: images on their way into the repository, piece by piece, known by their SHA-256.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "skiff/bytes.hpp"
#include "skiff/digest.hpp"
#include "skiff/result.hpp"

namespace skiff::server {

/// What uploads may take of the disk before a signed release lists them, as their lengths were announced.
struct UploadLimits {
  std::uint64_t total = std::uint64_t{256} << 30;    ///< bytes in all
  std::uint64_t per_user = std::uint64_t{64} << 30;  ///< bytes of one user
  std::chrono::seconds keep{7 * 86'400};             ///< since they were last begun
};

struct UploadOrder {
  std::string name;  ///< of the release: what follows "releases/"
  Sha256 sha256;
  std::uint64_t length = 0;  ///< bytes
  std::string user;          ///< who began it first
};

struct Upload {
  UploadOrder order;
  std::uint64_t offset = 0;  ///< where it goes on
  bool is_verified = false;  ///< whole, and of this SHA-256
  std::int64_t begun = 0;    ///< the last time, seconds since 1970 UTC
};

/// What became of a request that asks for a place in the upload.
struct UploadProgress {
  bool is_done = false;
  std::uint64_t offset = 0;  ///< where the upload goes on
};

/// In the folder incoming/uploads of the repository, which servers share. Thread-safe, and several processes
/// may use one folder. What was answered survives a power cut.
class UploadStore {
 public:
  explicit UploadStore(std::filesystem::path repository, UploadLimits limits = {});

  /// Begins an upload, or tells where one goes on; one whose image the repository has is verified. kUsage: no
  /// name of a release, or no length. kMismatch: announced with another length before. kLimit: there is no
  /// room for it.
  Result<Upload> begin(const UploadOrder& order, std::int64_t now);
  /// Appends a piece that belongs at `offset`; not done where the upload goes on elsewhere. kNotFound: it was
  /// not begun. kUsage: longer than announced. kLimit: the disk is full, and the upload as it was before.
  Result<UploadProgress> append(const Sha256& sha256, std::uint64_t offset, ByteView piece);
  /// Verifies an upload; not done where it is not whole. kNotFound: it was not begun. kMismatch: its bytes
  /// have another SHA-256; it is dropped.
  Result<UploadProgress> finish(const Sha256& sha256);
  /// Those that no release lists yet, by digest.
  Result<std::vector<Upload>> list() const;
  /// Drops those that were not begun again for too long; how many.
  Result<std::size_t> expire(std::int64_t now);

  /// Where verified images are, each by its SHA-256 in hexadecimal.
  [[nodiscard]] const std::filesystem::path& images() const { return folder_; }

 private:
  [[nodiscard]] Result<std::set<Sha256>> digests() const;
  Result<void> check_room(const UploadOrder& order) const;
  [[nodiscard]] bool is_in_repository(const UploadOrder& order) const;
  [[nodiscard]] std::filesystem::path file(const Sha256& sha256, const char* extension) const;
  Result<Upload> read(const Sha256& sha256) const;
  Result<void> write_order(const Upload& upload) const;
  void drop(const Sha256& sha256) const;

  std::filesystem::path repository_;
  std::filesystem::path folder_;
  UploadLimits limits_;
};

}  // namespace skiff::server
