#include "webhooks/address.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <memory>
#include <string_view>

namespace skiff::server {
namespace {

namespace ip = boost::asio::ip;

// Where machines in clouds find what is theirs alone, beside 169.254.169.254, which is of the link.
constexpr std::array<std::string_view, 3> kMetadata = {
    "100.100.100.200",  // Alibaba Cloud
    "168.63.129.16",    // Azure
    "fd00:ec2::254",    // AWS
};
constexpr std::uint32_t kLinkLocal = 169U << 24 | 254U << 16;
constexpr std::uint32_t kLinkLocalMask = 0xffff0000U;

AddressKind kind_of(const ip::address_v4& address) {
  if (address.is_loopback()) return AddressKind::kLoopback;
  const std::uint32_t number = address.to_uint();
  const bool is_this_network = number >> 24 == 0;
  const bool is_reserved = number >> 28 == 15;  // and the broadcast
  const bool is_local = (number & kLinkLocalMask) == kLinkLocal;
  return is_this_network || is_reserved || is_local || address.is_multicast() ? AddressKind::kLocal
                                                                              : AddressKind::kOrdinary;
}

AddressKind kind_of(const ip::address_v6& address) {
  if (address.is_loopback()) return AddressKind::kLoopback;
  return address.is_unspecified() || address.is_link_local() || address.is_multicast()
             ? AddressKind::kLocal
             : AddressKind::kOrdinary;
}

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

/// A part of the URL; empty: it has none.
std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

bool names_loopback(const std::string& host) {
  boost::system::error_code error;
  const ip::address address = ip::make_address(host, error);
  return host == "localhost" || (!error && address.is_loopback());
}

}  // namespace

AddressKind kind_of_address(const std::string& address) {
  boost::system::error_code error;
  ip::address parsed = ip::make_address(address, error);
  if (error) return AddressKind::kLocal;
  if (parsed.is_v6() && parsed.to_v6().is_v4_mapped()) {
    parsed = ip::make_address_v4(ip::v4_mapped, parsed.to_v6());
  }
  const bool is_metadata =
      std::find(kMetadata.begin(), kMetadata.end(), parsed.to_string()) != kMetadata.end();
  if (is_metadata) return AddressKind::kLocal;
  return parsed.is_v4() ? kind_of(parsed.to_v4()) : kind_of(parsed.to_v6());
}

Result<WebhookUrl> parse_webhook_url(const std::string& url) {
  const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
  if (parsed == nullptr || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return fail(ErrorKind::kUsage, "url: it is none");
  }
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT}) {
    if (!part_of(parsed.get(), part).empty()) {
      return fail(ErrorKind::kUsage, "url: it has a user, a password or a fragment");
    }
  }
  const std::string scheme = part_of(parsed.get(), CURLUPART_SCHEME);
  std::string host = part_of(parsed.get(), CURLUPART_HOST);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  const bool is_plain = scheme == "http" && names_loopback(host);
  if (scheme != "https" && !is_plain) {
    return fail(ErrorKind::kUsage, "url: it has to begin with https://, or http:// of the loopback");
  }
  return WebhookUrl{is_plain, host};
}

}  // namespace skiff::server
