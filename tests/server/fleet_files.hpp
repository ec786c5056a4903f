// FleetFiles: a folder that goes away with it, with the fleet's authorities and certificates of devices.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "access/certificates.hpp"
#include "http/server.hpp"
#include "tests/server/tls_client.hpp"

namespace skiff::server::test {

class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    std::string name = (parent / "skiff-server-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Where tests that write much keep their databases: in memory, where that is a folder.
inline std::filesystem::path memory_folder() {
  return std::filesystem::exists("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path();
}

class FleetFiles {
 public:
  FleetFiles() { made_ = make_authorities(ca(), {}).has_value(); }

  [[nodiscard]] bool made() const { return made_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path ca() const { return folder() / "ca"; }
  [[nodiscard]] TlsFiles server() const {
    return {certificate_file(ca(), kServerLeaf), key_file(ca(), kServerLeaf),
            certificate_file(ca(), kDeviceCa)};
  }
  /// A device's files; issued when first asked for.
  [[nodiscard]] ClientFiles device(const std::string& serial) const {
    ClientFiles files = stranger();
    files.certificate = folder() / (serial + ".pem");
    files.key = folder() / (serial + ".key");
    if (!std::filesystem::exists(files.certificate)) {
      const auto issued = issue_device(ca(), {serial, files.certificate, files.key});
      if (!issued) files.certificate.clear();
    }
    return files;
  }
  /// A client without a certificate.
  [[nodiscard]] ClientFiles stranger() const { return {certificate_file(ca(), kServerCa), {}, {}}; }

 private:
  TemporaryFolder folder_;
  bool made_ = false;
};

}  // namespace skiff::server::test
