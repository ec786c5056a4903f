#include "agent/net/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <ctime>
#include <memory>
#include <string_view>

namespace skiff::agent {
namespace {

constexpr std::string_view kSerialUrn = "urn:skiff:device:";

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { ::GENERAL_NAMES_free(names); }
};
using BioHandle = std::unique_ptr<BIO, decltype(&::BIO_free)>;
using CertificateHandle = std::unique_ptr<X509, decltype(&::X509_free)>;

std::string serial_of(const X509& certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(
      static_cast<GENERAL_NAMES*>(::X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const auto* const data = ::ASN1_STRING_get0_data(name->d.uniformResourceIdentifier);
    const std::string_view uri(
        reinterpret_cast<const char*>(data),
        static_cast<std::size_t>(::ASN1_STRING_length(name->d.uniformResourceIdentifier)));
    if (uri.starts_with(kSerialUrn)) return std::string(uri.substr(kSerialUrn.size()));
  }
  return {};
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ::ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(::timegm(&parts)) : 0;
}

}  // namespace

Result<CertificateLife> certificate_life(const std::string& file) {
  const BioHandle bio(::BIO_new_file(file.c_str(), "r"), &::BIO_free);
  const CertificateHandle certificate(
      bio ? ::PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr, &::X509_free);
  if (!certificate) return fail(ErrorKind::kFormat, file + " is no certificate");
  CertificateLife life{serial_of(*certificate), seconds_of(::X509_get0_notBefore(certificate.get())),
                       seconds_of(::X509_get0_notAfter(certificate.get())), 0};
  struct stat status = {};
  if (::stat(file.c_str(), &status) == 0) life.written = status.st_mtim.tv_sec;
  if (life.serial.empty()) return fail(ErrorKind::kFormat, file + " names no device");
  return life;
}

}  // namespace skiff::agent
