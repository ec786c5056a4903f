// UploadApi: takes the pieces of uploads: the one route of operators whose body is bytes.
#pragma once

#include "fleet/device_api.hpp"
#include "http/router.hpp"
#include "store/credentials.hpp"
#include "store/uploads.hpp"

namespace skiff::server {

inline constexpr std::uint64_t kMaxPiece = std::uint64_t{8} << 20;  ///< bytes

/// Thread-safe.
class UploadApi {
 public:
  /// The stores outlive it.
  UploadApi(CredentialStore& credentials, UploadStore& uploads, WallClock clock)
      : credentials_(credentials), uploads_(uploads), clock_(std::move(clock)) {}

  /// POST /v1/uploads/<sha256>/<offset>; it refers to this object. No byte of a body is read for those who
  /// may not upload.
  Route route();

 private:
  std::optional<Response> refusal(const RequestHead& head);
  Response take(const Request& request);

  CredentialStore& credentials_;
  UploadStore& uploads_;
  WallClock clock_;
};

}  // namespace skiff::server
