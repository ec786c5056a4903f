#include "http/connection_limit.hpp"

#include <arpa/inet.h>

#include <cstring>

namespace skiff::server {

struct ConnectionLimit::Permit::Counts {
  std::mutex mutex;
  std::size_t total = 0;
  std::map<std::string, std::size_t> by_address;
};

namespace {

constexpr std::size_t kSitePrefix = 8;  // bytes of a /64

/// What an address is counted under.
std::string site_of(const std::string& address) {
  in6_addr parsed = {};
  const std::string without_scope = address.substr(0, address.find('%'));
  if (::inet_pton(AF_INET6, without_scope.c_str(), &parsed) != 1 || IN6_IS_ADDR_V4MAPPED(&parsed)) {
    return address;
  }
  return {reinterpret_cast<const char*>(parsed.s6_addr), kSitePrefix};
}

}  // namespace

ConnectionLimit::ConnectionLimit(std::size_t total, std::size_t per_address)
    : total_(total), per_address_(per_address), counts_(std::make_shared<Permit::Counts>()) {}

std::unique_ptr<ConnectionLimit::Permit> ConnectionLimit::acquire(const std::string& address) {
  std::string site = site_of(address);
  const std::lock_guard lock(counts_->mutex);
  if (counts_->total >= total_) return nullptr;
  const auto found = counts_->by_address.find(site);
  if (found != counts_->by_address.end() && found->second >= per_address_) return nullptr;
  ++counts_->total;
  ++counts_->by_address[site];
  return std::unique_ptr<Permit>(new Permit(counts_, std::move(site)));
}

std::size_t ConnectionLimit::count() const {
  const std::lock_guard lock(counts_->mutex);
  return counts_->total;
}

ConnectionLimit::Permit::~Permit() {
  const std::lock_guard lock(counts_->mutex);
  --counts_->total;
  const auto found = counts_->by_address.find(address_);
  if (--found->second == 0) counts_->by_address.erase(found);
}

}  // namespace skiff::server
