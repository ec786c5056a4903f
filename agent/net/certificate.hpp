// CertificateLife: whom the device's certificate names, and how long it is good.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "skiff/result.hpp"

namespace skiff::agent {

struct CertificateLife {
  std::string serial;      ///< of the URI name urn:skiff:device:<serial>
  std::int64_t from = 0;   ///< seconds since 1970 UTC; years before it was made, for devices without a clock
  std::int64_t until = 0;  ///< the same
  std::int64_t written = 0;  ///< when its file was

  /// In the last third of its life, which began when it was written down, a certificate is replaced: there is
  /// time to try again. Where the clock or the file's time was wrong, it is in the last thirty days.
  [[nodiscard]] bool is_due(std::int64_t now) const {
    const bool known = from < written && written <= now;
    return now >= until - (known ? (until - written) / 3 : kShortestNotice);
  }

  static constexpr std::int64_t kShortestNotice = std::int64_t{30} * 86'400;
};

/// Seconds since 1970 UTC; nothing if it is no time. OpenSSL itself tells no time after 2038 where its time_t
/// has 32 bits.
std::optional<std::int64_t> seconds_of(const ASN1_TIME& time);

/// Of a certificate in PEM. kFormat: it is none, or names no device.
Result<CertificateLife> certificate_life(const std::string& file);

}  // namespace skiff::agent
