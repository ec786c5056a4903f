// Where events may be sent to: URLs, and the addresses behind them, as somebody who wants the server to speak
// to what only it can reach would choose them.
#pragma once

#include <cstdint>
#include <string>

#include "skiff/result.hpp"

namespace skiff::server {

/// What is at an address, as far as its number says it.
enum class AddressKind : std::uint8_t {
  kOrdinary,
  kLoopback,
  kLocal,  ///< of the link alone, of a cloud's metadata service, of nobody or of many
};

/// Of an address of IPv4 or IPv6 in text; IPv4 in IPv6 is what it is in IPv4. What is no address is kLocal.
AddressKind kind_of_address(const std::string& address);

struct WebhookUrl {
  bool is_plain = false;  ///< http://
  std::string host;       ///< without brackets
};

/// https:// and a host, or http:// and one that names the loopback; without a user and a fragment. kUsage.
Result<WebhookUrl> parse_webhook_url(const std::string& url);

}  // namespace skiff::server
