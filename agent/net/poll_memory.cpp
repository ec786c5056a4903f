#include "agent/net/poll_memory.hpp"

#include <curl/curl.h>

namespace skiff::agent {

TlsSessions::TlsSessions() : share_(curl_share_init()) {
  if (share_ != nullptr) curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

TlsSessions::~TlsSessions() { curl_share_cleanup(share_); }

}  // namespace skiff::agent
