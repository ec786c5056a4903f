// ConnectionLimit: how many connections there may be at once, in all and from one address.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace skiff::server {

/// Thread-safe. Permits may outlive it: they share its counts.
class ConnectionLimit {
 public:
  ConnectionLimit(std::size_t total, std::size_t per_address);

  /// Leave for one connection, given back when it is destroyed.
  class Permit {
   public:
    ~Permit();
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;

   private:
    friend class ConnectionLimit;
    struct Counts;
    Permit(std::shared_ptr<Counts> counts, std::string address)
        : counts_(std::move(counts)), address_(std::move(address)) {}
    std::shared_ptr<Counts> counts_;
    std::string address_;
  };

  /// Null where a limit is reached. IPv6 addresses count by their /64, as one site has at least that.
  std::unique_ptr<Permit> acquire(const std::string& address);
  [[nodiscard]] std::size_t count() const;

 private:
  std::size_t total_;
  std::size_t per_address_;
  std::shared_ptr<Permit::Counts> counts_;
};

}  // namespace skiff::server
