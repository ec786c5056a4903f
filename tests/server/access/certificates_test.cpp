#include "access/certificates.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <memory>

#include "access/identity.hpp"
#include "tests/server/fleet_files.hpp"

namespace skiff::server::test {
namespace {

struct Free {
  void operator()(X509* certificate) const { ::X509_free(certificate); }
  void operator()(X509_STORE* store) const { ::X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const { ::X509_STORE_CTX_free(context); }
};
using Certificate = std::unique_ptr<X509, Free>;

Certificate read_certificate(const std::filesystem::path& path) {
  BIO* const file = ::BIO_new_file(path.c_str(), "r");
  Certificate certificate(::PEM_read_bio_X509(file, nullptr, nullptr, nullptr));
  ::BIO_free(file);
  return certificate;
}

bool verifies(X509* certificate, X509* authority, int purpose) {
  const std::unique_ptr<X509_STORE, Free> store(::X509_STORE_new());
  ::X509_STORE_add_cert(store.get(), authority);
  const std::unique_ptr<X509_STORE_CTX, Free> context(::X509_STORE_CTX_new());
  ::X509_STORE_CTX_init(context.get(), store.get(), certificate, nullptr);
  ::X509_STORE_CTX_set_purpose(context.get(), purpose);
  return ::X509_verify_cert(context.get()) == 1;
}

/// A self-signed certificate with these alternative names.
Certificate certificate_with(const char* names) {
  Certificate certificate(::X509_new());
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate.get(), certificate.get(), nullptr, nullptr, 0);
  X509_EXTENSION* const extension = ::X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, names);
  ::X509_add_ext(certificate.get(), extension, -1);
  ::X509_EXTENSION_free(extension);
  return certificate;
}

TEST(Certificates, ADeviceIsVouchedForByTheDeviceAuthorityAlone) {
  const FleetFiles fleet;
  ASSERT_TRUE(fleet.made());
  const Certificate device = read_certificate(fleet.device("d1").certificate);
  const Certificate devices = read_certificate(certificate_file(fleet.ca(), kDeviceCa));
  const Certificate servers = read_certificate(certificate_file(fleet.ca(), kServerCa));
  EXPECT_TRUE(verifies(device.get(), devices.get(), X509_PURPOSE_SSL_CLIENT));
  EXPECT_FALSE(verifies(device.get(), devices.get(), X509_PURPOSE_SSL_SERVER));
  EXPECT_FALSE(verifies(device.get(), servers.get(), X509_PURPOSE_SSL_CLIENT));
  EXPECT_EQ(device_serial(*device), "d1");
}

TEST(Certificates, TheServerIsVouchedForUnderItsNames) {
  const FleetFiles fleet;
  const Certificate server = read_certificate(certificate_file(fleet.ca(), kServerLeaf));
  const Certificate servers = read_certificate(certificate_file(fleet.ca(), kServerCa));
  EXPECT_TRUE(verifies(server.get(), servers.get(), X509_PURPOSE_SSL_SERVER));
  EXPECT_FALSE(verifies(server.get(), servers.get(), X509_PURPOSE_SSL_CLIENT));
  EXPECT_EQ(::X509_check_host(server.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(::X509_check_ip_asc(server.get(), "127.0.0.1", 0), 1);
  EXPECT_NE(::X509_check_host(server.get(), "example.org", 0, 0, nullptr), 1);
}

TEST(Certificates, KeysAreTheirOwnersAlone) {
  const FleetFiles fleet;
  for (const auto& key : {key_file(fleet.ca(), kDeviceCa), key_file(fleet.ca(), kServerCa),
                          key_file(fleet.ca(), kServerLeaf), fleet.device("d1").key}) {
    struct stat status = {};
    ASSERT_EQ(::stat(key.c_str(), &status), 0) << key;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << key;
  }
}

TEST(Certificates, NothingIsReplaced) {
  const FleetFiles fleet;
  const auto again = make_authorities(fleet.ca(), {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::kUsage);
}

TEST(Certificates, OddNamesAreRefused) {
  const TemporaryFolder folder;
  AuthorityOptions options;
  options.server_names = {"a,URI:urn:skiff:device:x"};
  EXPECT_FALSE(make_authorities(folder.path() / "ca", options));
  const FleetFiles fleet;
  EXPECT_FALSE(issue_device(fleet.ca(), {"a/b", folder.path() / "c", folder.path() / "k"}));
}

TEST(Identity, ReadsOneSerialFromTheUriName) {
  EXPECT_EQ(device_serial(*certificate_with("URI:urn:skiff:device:A-1_b.c")), "A-1_b.c");
  EXPECT_EQ(device_serial(*certificate_with("DNS:x,URI:urn:skiff:device:d1")), "d1");
  EXPECT_EQ(device_serial(*certificate_with("DNS:d1")), std::nullopt);
  EXPECT_EQ(device_serial(*certificate_with("URI:urn:other:d1")), std::nullopt);
  EXPECT_EQ(device_serial(*certificate_with("URI:urn:skiff:device:")), std::nullopt);
  EXPECT_EQ(device_serial(*certificate_with("URI:urn:skiff:device:a/b")), std::nullopt);
  EXPECT_EQ(device_serial(*certificate_with("URI:urn:skiff:device:a,URI:urn:skiff:device:b")), std::nullopt);
}

TEST(Identity, BoundsSerials) {
  EXPECT_TRUE(is_serial(std::string(64, 'a')));
  EXPECT_FALSE(is_serial(std::string(65, 'a')));
  EXPECT_FALSE(is_serial(""));
  EXPECT_FALSE(is_serial("a b"));
}

}  // namespace
}  // namespace skiff::server::test
