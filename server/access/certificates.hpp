// Certificates: the fleet's two authorities, the server's certificate and those of devices (X.509, P-256).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "access/x509.hpp"
#include "skiff/result.hpp"

namespace skiff::server {

/// Files of an authority folder. Two authorities, so that a device's certificate can never pass for the
/// server's. Keys are 0600; `server-ca.pem` is what devices trust, `device-ca.pem` what the server trusts.
inline constexpr std::string_view kServerCa = "server-ca";
inline constexpr std::string_view kDeviceCa = "device-ca";
inline constexpr std::string_view kServerLeaf = "server";
std::filesystem::path certificate_file(const std::filesystem::path& folder, std::string_view name);
std::filesystem::path key_file(const std::filesystem::path& folder, std::string_view name);

struct AuthorityOptions {
  std::vector<std::string> server_names = {"localhost",
                                           "127.0.0.1"};  ///< DNS names or addresses of the server
  std::uint32_t authority_days = 7'300;
  std::uint32_t server_days = 730;
};

/// Makes both authorities and the server's certificate in `folder` (made if missing). Replaces no file
/// (kUsage).
Result<void> make_authorities(const std::filesystem::path& folder, const AuthorityOptions& options);

struct DeviceCertificate {
  std::string serial;
  std::filesystem::path certificate;  ///< written; must not exist
  std::filesystem::path key;          ///< written 0600; must not exist; unused where there is a request
  std::filesystem::path request{};    ///< PKCS #10 in PEM: the device has a key already; empty: make one
  std::uint32_t days = 3'650;
};

/// Makes a device's key, or takes the P-256 key of a request that its holder signed (kSignature otherwise;
/// the names in a request are not read), and has the device CA of `folder` certify it (URI name
/// urn:skiff:device:<serial>, client authentication only).
Result<void> issue_device(const std::filesystem::path& folder, const DeviceCertificate& device);

/// The device CA in memory: certifies devices while the server runs. Thread-safe: nothing changes.
class DeviceAuthority {
 public:
  /// Of an authority folder. kNotFound: its key is not here; kFormat, kMismatch.
  static Result<DeviceAuthority> open(const std::filesystem::path& folder);
  /// A device certificate in PEM for this key and serial.
  [[nodiscard]] Result<std::string> certify(X509Key key, const std::string& serial, std::uint32_t days) const;
  [[nodiscard]] const Issued& issuer() const { return issuer_; }

 private:
  explicit DeviceAuthority(Issued issuer) : issuer_(std::move(issuer)) {}
  Issued issuer_;
};

}  // namespace skiff::server
