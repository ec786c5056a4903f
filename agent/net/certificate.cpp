#include "agent/net/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <ctime>
#include <memory>
#include <string_view>

#include "agent/system/os.hpp"

namespace skiff::agent {
namespace {

constexpr std::string_view kSerialUrn = "urn:skiff:device:";

using BioHandle = std::unique_ptr<BIO, Free<BIO_free>>;
using CertificateHandle = std::unique_ptr<X509, Free<X509_free>>;
using NamesHandle = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;

std::string serial_of(const X509& certificate) {
  const NamesHandle names(
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

}  // namespace

std::optional<std::int64_t> seconds_of(const ASN1_TIME& time) {
  std::tm parts{};
  if (::ASN1_TIME_to_tm(&time, &parts) != 1) return std::nullopt;
  return ::timegm(&parts);
}

Result<CertificateLife> certificate_life(const std::string& file) {
  const BioHandle bio(::BIO_new_file(file.c_str(), "r"));
  const CertificateHandle certificate(bio ? ::PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)
                                          : nullptr);
  if (!certificate) return fail(ErrorKind::kFormat, file + " is no certificate");
  CertificateLife life{.serial = serial_of(*certificate),
                       .from = seconds_of(*::X509_get0_notBefore(certificate.get())).value_or(0),
                       .until = seconds_of(*::X509_get0_notAfter(certificate.get())).value_or(0)};
  struct stat status = {};
  if (::stat(file.c_str(), &status) == 0) life.written = status.st_mtim.tv_sec;
  if (life.serial.empty()) return fail(ErrorKind::kFormat, file + " names no device");
  return life;
}

}  // namespace skiff::agent
