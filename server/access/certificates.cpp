#include "access/certificates.hpp"

#include <arpa/inet.h>

#include "access/identity.hpp"
#include "access/x509.hpp"
#include "skiff/files.hpp"
#include "skiff/io.hpp"

namespace skiff::server {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxRequest = 16'384;  // bytes of PEM
constexpr fs::perms kPublic = kOwnerOnly | fs::perms::group_read | fs::perms::others_read;

Result<void> save(const Issued& issued, const fs::path& certificate, const fs::path& key) {
  SKIFF_ASSIGN(const X509Bio secret, key_pem(*issued.key));
  char* data = nullptr;
  const long length = BIO_get_mem_data(secret.get(), &data);
  SKIFF_TRY(write_new_file(key, as_bytes({data, static_cast<std::size_t>(length)}), kOwnerOnly));
  SKIFF_ASSIGN(const std::string pem, certificate_pem(*issued.certificate));
  return write_new_file(certificate, as_bytes(pem), kPublic);
}

Result<Issued> make_authority(const fs::path& folder, std::string_view name, const std::string& title,
                              std::uint32_t days) {
  const Recipe recipe{title, days, "critical,CA:TRUE,pathlen:0", "critical,keyCertSign,cRLSign", "", ""};
  SKIFF_ASSIGN(Issued authority, issue(recipe, nullptr));
  SKIFF_TRY(save(authority, certificate_file(folder, name), key_file(folder, name)));
  return authority;
}

Recipe device_recipe(const std::string& serial, std::uint32_t days) {
  return {serial,
          days,
          "critical,CA:FALSE",
          "critical,digitalSignature",
          "clientAuth",
          "URI:" + std::string(kSerialUrn) + serial};
}

/// One name in OpenSSL's syntax, refused where it could break out of it.
Result<std::string> alternative_name(const std::string& name) {
  in6_addr buffer = {};
  if (::inet_pton(AF_INET, name.c_str(), &buffer) == 1 || ::inet_pton(AF_INET6, name.c_str(), &buffer) == 1) {
    return "IP:" + name;
  }
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*";
  if (name.empty() || name.size() > 253 || name.find_first_not_of(kAllowed) != std::string::npos) {
    return fail(ErrorKind::kUsage, "'" + name + "' is neither a DNS name nor an address");
  }
  return "DNS:" + name;
}

Result<std::string> alternative_names(const std::vector<std::string>& names) {
  if (names.empty()) return fail(ErrorKind::kUsage, "the server needs a name");
  std::string list;
  for (const std::string& name : names) {
    SKIFF_ASSIGN(const std::string entry, alternative_name(name));
    list += (list.empty() ? "" : ",") + entry;
  }
  return list;
}

}  // namespace

fs::path certificate_file(const fs::path& folder, std::string_view name) {
  return folder / (std::string(name) + ".pem");
}

fs::path key_file(const fs::path& folder, std::string_view name) {
  return folder / (std::string(name) + ".key");
}

Result<void> make_authorities(const fs::path& folder, const AuthorityOptions& options) {
  SKIFF_ASSIGN(const std::string names, alternative_names(options.server_names));
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(ErrorKind::kIo, "cannot make " + folder.string() + ": " + error.message());
  SKIFF_ASSIGN(const Issued devices,
               make_authority(folder, kDeviceCa, "Skiff device CA", options.authority_days));
  SKIFF_ASSIGN(const Issued servers,
               make_authority(folder, kServerCa, "Skiff server CA", options.authority_days));
  const Recipe recipe{"skiff-server",      options.server_days,
                      "critical,CA:FALSE", "critical,digitalSignature",
                      "serverAuth",        names};
  SKIFF_ASSIGN(const Issued server, issue(recipe, &servers));
  return save(server, certificate_file(folder, kServerLeaf), key_file(folder, kServerLeaf));
}

Result<void> issue_device(const fs::path& folder, const DeviceCertificate& device) {
  if (!is_serial(device.serial)) {
    return fail(ErrorKind::kUsage, "a serial is 1 to 64 of A-Z a-z 0-9 . _ -");
  }
  SKIFF_ASSIGN(const DeviceAuthority authority, DeviceAuthority::open(folder));
  if (!device.request.empty()) {
    SKIFF_ASSIGN(const Bytes text, read_file(device.request, kMaxRequest));
    auto request = read_request(as_text(text));
    if (!request) return fail_with(request.error(), device.request.string());
    SKIFF_ASSIGN(const std::string pem,
                 authority.certify(std::move(request->key), device.serial, device.days));
    return write_new_file(device.certificate, as_bytes(pem), kPublic);
  }
  SKIFF_ASSIGN(const Issued issued, issue(device_recipe(device.serial, device.days), &authority.issuer()));
  return save(issued, device.certificate, device.key);
}

Result<DeviceAuthority> DeviceAuthority::open(const fs::path& folder) {
  SKIFF_ASSIGN(Issued issuer, load_issued(certificate_file(folder, kDeviceCa), key_file(folder, kDeviceCa)));
  return DeviceAuthority(std::move(issuer));
}

Result<std::string> DeviceAuthority::certify(X509Key key, const std::string& serial,
                                             std::uint32_t days) const {
  SKIFF_ASSIGN(const Issued issued, server::certify(std::move(key), device_recipe(serial, days), &issuer_));
  return certificate_pem(*issued.certificate);
}

}  // namespace skiff::server
