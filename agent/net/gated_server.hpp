// GatedServer: the server as the device's own policy lets it be used: hours, bytes a month, metered links.
#pragma once

#include "agent/net/update_server.hpp"
#include "agent/policy/link_account.hpp"
#include "agent/system/clock.hpp"

namespace skiff::agent {

/// The rule of errors (kCancelled) that say that the device itself holds something back for now.
inline constexpr std::string_view kHeldRule = "held";

/// Where the device is, and how it is told from others of its fleet.
struct GateWorld {
  const Clock& clock;
  std::uint64_t seed = 0;
};

/// Hands everything on. Downloads, and asking for the permission to one, are refused with kHeldRule while a
/// rule of the policy is against it; retry_after() then says for how long. Check-ins and reports are counted
/// and never refused: a device that spares its link is still one that is seen, and a trial needs its contact.
class GatedServer final : public UpdateServer {
 public:
  /// Everything given outlives it.
  GatedServer(UpdateServer& server, LinkAccount& account, const LinkPolicy& policy, GateWorld world);

  Result<Plan> check_in(const CheckIn& device) override;
  Result<Installation> authorise(const Plan& plan, const DeviceFacts& device, std::int64_t now) override;
  RangeOutcome fetch(const RemoteFile& file, ByteRange wanted, const RangeConsumer& consume) override;
  Result<void> send_report(std::string_view body) override;
  [[nodiscard]] Traffic traffic() const override { return server_.traffic(); }
  [[nodiscard]] std::optional<std::uint64_t> retry_after() const override;

 private:
  Result<void> count(std::uint64_t ahead);
  Result<void> settle();
  [[nodiscard]] LocalTime local() const { return local_time(world_.clock.wall()); }
  /// Whether a download may go on now.
  Result<void> admit();
  Result<void> admit_size(const DeltaOffer& delta);
  Result<Installation> ask(const Plan& plan, const DeviceFacts& device, std::int64_t now);
  tl::unexpected<Error> hold(std::string why, std::uint64_t seconds);

  UpdateServer& server_;
  LinkAccount& account_;
  const LinkPolicy& policy_;
  GateWorld world_;
  std::uint64_t counted_;  ///< bytes of the wire that are in the account
  std::string held_;
  std::optional<std::uint64_t> wait_;
};

}  // namespace skiff::agent
