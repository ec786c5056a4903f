#include "access/certificates.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include "access/identity.hpp"
#include "skiff/io.hpp"
#include "skiff/trust.hpp"

namespace skiff::server {
namespace {

namespace fs = std::filesystem;

constexpr long kX509v3 = 2;  // the version field counts from 0
constexpr long kDay = 86'400;
// Certificates begin so many days before they are made: a device without a clock judges them by the time when
// its agent was built (trusted time), and that must not be before they begin.
constexpr int kBackdatedDays = 3'650;
constexpr std::size_t kSerialBytes = 16;

struct Free {
  void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { ::X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { ::X509_EXTENSION_free(extension); }
  void operator()(X509_REQ* request) const { ::X509_REQ_free(request); }
  void operator()(BIO* bio) const { ::BIO_free(bio); }
  void operator()(BIGNUM* number) const { ::BN_free(number); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Bio = std::unique_ptr<BIO, Free>;

struct Issued {
  Key key;
  Certificate certificate;
};

/// What distinguishes one kind of certificate from another, in OpenSSL's extension syntax.
struct Recipe {
  std::string common_name;
  std::uint32_t days = 0;
  std::string basic_constraints;
  std::string key_usage;
  std::string extended_key_usage;  ///< empty: none
  std::string alternative_names;   ///< empty: none
};

tl::unexpected<Error> crypto_error(std::string_view action) {
  const char* reason = ::ERR_reason_error_string(::ERR_get_error());
  ::ERR_clear_error();
  return fail(ErrorKind::kFormat,
              "cannot " + std::string(action) + ": " + (reason != nullptr ? reason : "?"));
}

Result<void> write_new_file(const fs::path& path, const Bio& pem, mode_t mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) {
    return fail(errno == EEXIST ? ErrorKind::kUsage : ErrorKind::kIo,
                "cannot create " + path.string() + ": " + std::strerror(errno));
  }
  char* data = nullptr;
  const long length = BIO_get_mem_data(pem.get(), &data);
  const bool written = ::write(fd, data, static_cast<std::size_t>(length)) == length && ::fsync(fd) == 0;
  ::close(fd);
  if (!written) return fail(ErrorKind::kIo, "cannot write " + path.string());
  return {};
}

Result<void> save_certificate(const Issued& issued, const fs::path& path) {
  const Bio pem(::BIO_new(::BIO_s_mem()));
  if (::PEM_write_bio_X509(pem.get(), issued.certificate.get()) != 1)
    return crypto_error("write a certificate");
  return write_new_file(path, pem, 0644);
}

Result<void> save(const Issued& issued, const fs::path& certificate, const fs::path& key) {
  const Bio pem(::BIO_new(::BIO_s_secmem()));
  if (::PEM_write_bio_PrivateKey(pem.get(), issued.key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return crypto_error("write a key");
  }
  SKIFF_TRY(write_new_file(key, pem, 0600));
  return save_certificate(issued, certificate);
}

Result<Bio> open_pem(const fs::path& path) {
  Bio file(::BIO_new_file(path.c_str(), "r"));
  if (file == nullptr) {
    ::ERR_clear_error();
    return fail(ErrorKind::kNotFound, "cannot open " + path.string());
  }
  return file;
}

Result<Issued> load(const fs::path& folder, std::string_view name) {
  SKIFF_ASSIGN(const Bio key, open_pem(key_file(folder, name)));
  SKIFF_ASSIGN(const Bio certificate, open_pem(certificate_file(folder, name)));
  Issued issued{Key(::PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr)),
                Certificate(::PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr))};
  if (issued.key == nullptr || issued.certificate == nullptr)
    return crypto_error("read " + std::string(name));
  if (::X509_check_private_key(issued.certificate.get(), issued.key.get()) != 1) {
    return fail(ErrorKind::kMismatch,
                "key and certificate of " + std::string(name) + " do not belong together");
  }
  return issued;
}

bool set_serial(X509* certificate) {
  Bytes bytes = random_bytes(kSerialBytes);
  bytes[0] &= 0x7f;  // a positive INTEGER of at most 20 bytes (RFC 5280, 4.1.2.2)
  const std::unique_ptr<BIGNUM, Free> number(::BN_bin2bn(bytes.data(), kSerialBytes, nullptr));
  return number != nullptr &&
         ::BN_to_ASN1_INTEGER(number.get(), ::X509_get_serialNumber(certificate)) != nullptr;
}

bool set_common_name(X509_NAME* name, const std::string& text) {
  return ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> extension(
      ::X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && ::X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool add_extensions(X509* certificate, X509* issuer, const Recipe& recipe) {
  const std::array<std::pair<int, std::string>, 6> extensions = {{
      {NID_basic_constraints, recipe.basic_constraints},
      {NID_key_usage, recipe.key_usage},
      {NID_ext_key_usage, recipe.extended_key_usage},
      {NID_subject_alt_name, recipe.alternative_names},
      {NID_subject_key_identifier, "hash"},
      {NID_authority_key_identifier, "keyid:always"},
  }};
  for (const auto& [nid, value] : extensions) {
    if (!value.empty() && !add_extension(certificate, issuer, nid, value)) return false;
  }
  return true;
}

/// The certificate of a key, signed by `issuer`, or by itself where there is none.
Result<Issued> certify(Key key, const Recipe& recipe, const Issued* issuer) {
  Issued issued{std::move(key), Certificate(::X509_new())};
  X509* const certificate = issued.certificate.get();
  if (issued.key == nullptr || certificate == nullptr) return crypto_error("make a key");
  X509* const parent = issuer != nullptr ? issuer->certificate.get() : certificate;
  EVP_PKEY* const signer = issuer != nullptr ? issuer->key.get() : issued.key.get();
  const bool made =
      ::X509_set_version(certificate, kX509v3) == 1 && set_serial(certificate) &&
      ::X509_time_adj_ex(::X509_getm_notBefore(certificate), -kBackdatedDays, 0, nullptr) != nullptr &&
      ::X509_gmtime_adj(::X509_getm_notAfter(certificate), kDay * static_cast<long>(recipe.days)) !=
          nullptr &&
      set_common_name(::X509_get_subject_name(certificate), recipe.common_name) &&
      ::X509_set_issuer_name(certificate, ::X509_get_subject_name(parent)) == 1 &&
      ::X509_set_pubkey(certificate, issued.key.get()) == 1 && add_extensions(certificate, parent, recipe) &&
      ::X509_sign(certificate, signer, ::EVP_sha256()) != 0;
  if (!made) return crypto_error("make a certificate for " + recipe.common_name);
  return issued;
}

/// As certify(), of a new key.
Result<Issued> issue(const Recipe& recipe, const Issued* issuer) {
  return certify(Key(::EVP_EC_gen("P-256")), recipe, issuer);
}

/// The key of a request, whose holder has signed it.
Result<Key> requested_key(const fs::path& path) {
  SKIFF_ASSIGN(const Bio file, open_pem(path));
  const std::unique_ptr<X509_REQ, Free> request(
      ::PEM_read_bio_X509_REQ(file.get(), nullptr, nullptr, nullptr));
  if (request == nullptr) return crypto_error("read the request " + path.string());
  Key key(::X509_REQ_get_pubkey(request.get()));
  if (key == nullptr || ::X509_REQ_verify(request.get(), key.get()) != 1) {
    ::ERR_clear_error();
    return fail(ErrorKind::kSignature, path.string() + ": its signature is not of the key it names");
  }
  std::array<char, 32> group = {};
  if (::EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), nullptr) != 1 ||
      std::string_view(group.data()) != "prime256v1") {
    ::ERR_clear_error();
    return fail(ErrorKind::kUnsupported, path.string() + ": its key is not of the curve P-256");
  }
  return key;
}

Result<Issued> make_authority(const fs::path& folder, std::string_view name, const std::string& title,
                              std::uint32_t days) {
  const Recipe recipe{title, days, "critical,CA:TRUE,pathlen:0", "critical,keyCertSign,cRLSign", "", ""};
  SKIFF_ASSIGN(Issued authority, issue(recipe, nullptr));
  SKIFF_TRY(save(authority, certificate_file(folder, name), key_file(folder, name)));
  return authority;
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
  SKIFF_ASSIGN(const Issued authority, load(folder, kDeviceCa));
  const Recipe recipe{device.serial,       device.days,
                      "critical,CA:FALSE", "critical,digitalSignature",
                      "clientAuth",        "URI:" + std::string(kSerialUrn) + device.serial};
  if (!device.request.empty()) {
    SKIFF_ASSIGN(Key key, requested_key(device.request));
    SKIFF_ASSIGN(const Issued issued, certify(std::move(key), recipe, &authority));
    return save_certificate(issued, device.certificate);
  }
  SKIFF_ASSIGN(const Issued issued, issue(recipe, &authority));
  return save(issued, device.certificate, device.key);
}

}  // namespace skiff::server
