#include "access/x509.hpp"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <ctime>

#include "skiff/bytes.hpp"
#include "skiff/trust.hpp"

namespace skiff::server {
namespace {

constexpr long kX509v3 = 2;  // the version field counts from 0
constexpr long kDay = 86'400;
// Certificates begin so many days before they are made: a device without a clock judges them by the time when
// its agent was built (trusted time), and that must not be before they begin.
constexpr int kBackdatedDays = 3'650;
constexpr std::size_t kSerialBytes = 16;
constexpr int kLongestName = 64;  // ub-common-name of RFC 5280

tl::unexpected<Error> crypto_error(std::string_view action) {
  const char* reason = ::ERR_reason_error_string(::ERR_get_error());
  ::ERR_clear_error();
  return fail(ErrorKind::kFormat,
              "cannot " + std::string(action) + ": " + (reason != nullptr ? reason : "?"));
}

bool set_serial(X509* certificate) {
  Bytes bytes = random_bytes(kSerialBytes);
  bytes[0] &= 0x7f;  // a positive INTEGER of at most 20 bytes (RFC 5280, 4.1.2.2)
  const std::unique_ptr<BIGNUM, FreeX509> number(::BN_bin2bn(bytes.data(), kSerialBytes, nullptr));
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
  const std::unique_ptr<X509_EXTENSION, FreeX509> extension(
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

Result<X509Bio> open_pem(const std::filesystem::path& path) {
  X509Bio file(::BIO_new_file(path.c_str(), "r"));
  if (file == nullptr) {
    ::ERR_clear_error();
    return fail(ErrorKind::kNotFound, "cannot open " + path.string());
  }
  return file;
}

/// An encrypted key is one that cannot be read: nobody is there to type.
int refuse_passphrase(char*, int, int, void*) { return -1; }

/// Empty where there is not exactly one common name, or an odd one.
std::string common_name(const X509_REQ& request) {
  const X509_NAME* const name = ::X509_REQ_get_subject_name(&request);
  const int at = ::X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0 || ::X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0) return {};
  const ASN1_STRING* const text = ::X509_NAME_ENTRY_get_data(::X509_NAME_get_entry(name, at));
  const int length = ::ASN1_STRING_length(text);
  if (length > kLongestName) return {};
  return {reinterpret_cast<const char*>(::ASN1_STRING_get0_data(text)), static_cast<std::size_t>(length)};
}

}  // namespace

Result<Issued> certify(X509Key key, const Recipe& recipe, const Issued* issuer) {
  Issued issued{std::move(key), X509Certificate(::X509_new())};
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

Result<Issued> issue(const Recipe& recipe, const Issued* issuer) {
  return certify(X509Key(::EVP_EC_gen("P-256")), recipe, issuer);
}

Result<KeyRequest> read_request(std::string_view pem) {
  const X509Bio text(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<X509_REQ, FreeX509> request(
      ::PEM_read_bio_X509_REQ(text.get(), nullptr, refuse_passphrase, nullptr));
  if (request == nullptr) return crypto_error("read the request");
  X509Key key(::X509_REQ_get_pubkey(request.get()));
  std::array<char, 32> group = {};
  if (key == nullptr || ::EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), nullptr) != 1 ||
      std::string_view(group.data()) != "prime256v1") {
    ::ERR_clear_error();
    return fail(ErrorKind::kUnsupported, "the request's key is not of the curve P-256");
  }
  if (::X509_REQ_verify(request.get(), key.get()) != 1) {
    ::ERR_clear_error();
    return fail(ErrorKind::kSignature, "the request's signature is not of the key it names");
  }
  return KeyRequest{common_name(*request), std::move(key)};
}

Result<Issued> load_issued(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  SKIFF_ASSIGN(const X509Bio key_file, open_pem(key));
  SKIFF_ASSIGN(const X509Bio certificate_file, open_pem(certificate));
  Issued issued{
      X509Key(::PEM_read_bio_PrivateKey(key_file.get(), nullptr, refuse_passphrase, nullptr)),
      X509Certificate(::PEM_read_bio_X509(certificate_file.get(), nullptr, refuse_passphrase, nullptr))};
  if (issued.key == nullptr || issued.certificate == nullptr) {
    return crypto_error("read " + certificate.string() + " and its key");
  }
  if (::X509_check_private_key(issued.certificate.get(), issued.key.get()) != 1) {
    ::ERR_clear_error();
    return fail(ErrorKind::kMismatch,
                certificate.string() + " and " + key.string() + " do not belong together");
  }
  return issued;
}

Result<std::int64_t> certificate_end(const std::filesystem::path& certificate) {
  const X509Bio file(::BIO_new_file(certificate.c_str(), "r"));
  if (!file) return fail(ErrorKind::kNotFound, "cannot read " + certificate.string());
  const X509Certificate read(::PEM_read_bio_X509(file.get(), nullptr, refuse_passphrase, nullptr));
  std::tm parts{};
  if (!read || ::ASN1_TIME_to_tm(::X509_get0_notAfter(read.get()), &parts) != 1) {
    return fail(ErrorKind::kFormat, certificate.string() + " is no certificate");
  }
  return static_cast<std::int64_t>(::timegm(&parts));
}

Result<std::string> certificate_pem(const X509& certificate) {
  const X509Bio pem(::BIO_new(::BIO_s_mem()));
  if (::PEM_write_bio_X509(pem.get(), &certificate) != 1) return crypto_error("write a certificate");
  char* data = nullptr;
  const long length = BIO_get_mem_data(pem.get(), &data);
  return std::string(data, static_cast<std::size_t>(length));
}

Result<X509Bio> key_pem(EVP_PKEY& key) {
  X509Bio pem(::BIO_new(::BIO_s_secmem()));
  if (::PEM_write_bio_PrivateKey(pem.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return crypto_error("write a key");
  }
  return pem;
}

}  // namespace skiff::server
