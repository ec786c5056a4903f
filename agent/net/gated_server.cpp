#include "agent/net/gated_server.hpp"

#include <algorithm>

#include "agent/machine/trusted_time.hpp"
#include "agent/system/log.hpp"

namespace skiff::agent {
namespace {

/// What asking for the last bytes of a budget costs beside them: the request, the answer's head, and of each
/// record of TLS (about 4 KiB) some bytes.
constexpr std::uint64_t kOverhead = 4'096;
constexpr std::uint64_t kShareOfTls = 128;
constexpr std::uint64_t kSharePutDown = 100;  // of the budget, ahead of what is spent
constexpr std::uint64_t kMostPutDown = std::uint64_t{1} << 20;

std::uint64_t ahead_of(const LinkPolicy& policy) {
  return std::min(policy.budget / kSharePutDown, kMostPutDown);
}

}  // namespace

GatedServer::GatedServer(UpdateServer& server, LinkAccount& account, const LinkPolicy& policy,
                         GateWorld world)
    : server_(server), account_(account), policy_(policy), world_(world), counted_(server.traffic().wire) {
  held_ = account.use().held;
}

/// Puts what the wire carried meanwhile into the account; without a budget nobody asks.
Result<void> GatedServer::count(std::uint64_t ahead) {
  if (policy_.budget == 0) return {};
  if (is_clock_set(world_.clock.wall())) account_.see(local(), policy_.period);
  const std::uint64_t wire = server_.traffic().wire;
  const std::uint64_t spent = wire - counted_;
  counted_ = wire;
  return account_.spend(spent, ahead);
}

Result<void> GatedServer::settle() {
  SKIFF_TRY(count(0));
  return account_.settle(held_);
}

tl::unexpected<Error> GatedServer::hold(std::string why, std::uint64_t seconds) {
  if (why != held_) log_event("held", {{"why", why}, {"seconds", std::to_string(seconds)}});
  held_ = why;
  wait_ = seconds;
  return fail(ErrorKind::kCancelled, std::move(why), std::string(kHeldRule));
}

Result<void> GatedServer::admit() {
  const LocalTime now = local();
  if (policy_.download.any() && !is_clock_set(world_.clock.wall()))
    return hold("download windows, and the clock is not set", 0);
  if (const std::uint64_t wait = policy_.download.wait(now.second, world_.seed)) {
    return hold("outside the download windows " + policy_.download.text(), wait);
  }
  if (policy_.budget > 0 && account_.use().bytes + kOverhead >= policy_.budget) {
    const bool day = policy_.period == LinkPolicy::Period::kDay;
    return hold("the budget of " + std::to_string(policy_.budget) + " bytes a " + (day ? "day" : "month") +
                    " is spent",
                day ? now.rest_of_day() : now.rest_of_month());
  }
  held_.clear();
  wait_.reset();
  return {};
}

Result<void> GatedServer::admit_size(const DeltaOffer& delta) {
  if (policy_.metered && delta.is_full_image()) {
    return hold("metered link: a full image of " + std::to_string(delta.length) + " bytes", 0);
  }
  if (policy_.largest_download > 0 && delta.length > policy_.largest_download) {
    return hold("a download of " + std::to_string(delta.length) + " bytes, over " +
                    std::to_string(policy_.largest_download),
                0);
  }
  return {};
}

Result<Plan> GatedServer::check_in(const CheckIn& device) {
  wait_.reset();
  Result<Plan> plan = server_.check_in(device);
  if (plan && plan->kind == Plan::Kind::kNothing) held_.clear();
  SKIFF_TRY(settle());
  return plan;
}

Result<Installation> GatedServer::ask(const Plan& plan, const DeviceFacts& device, std::int64_t now) {
  SKIFF_TRY(count(0));
  SKIFF_TRY(admit());
  Result<Installation> installation = server_.authorise(plan, device, now);
  if (installation) SKIFF_TRY(admit_size(installation->delta));
  return installation;
}

Result<Installation> GatedServer::authorise(const Plan& plan, const DeviceFacts& device, std::int64_t now) {
  Result<Installation> installation = ask(plan, device, now);
  SKIFF_TRY(settle());
  return installation;
}

RangeOutcome GatedServer::fetch(const RemoteFile& file, ByteRange wanted, const RangeConsumer& consume) {
  RangeOutcome outcome;
  outcome.result = count(0);
  if (outcome.result) outcome.result = admit();
  if (outcome.result) {
    if (policy_.budget > 0) {
      const std::uint64_t left = policy_.budget - account_.use().bytes - kOverhead;
      wanted.length = std::min(wanted.length, left - left / kShareOfTls);
    }
    outcome = server_.fetch(file, wanted, [&](ByteView part) -> Result<bool> {
      SKIFF_TRY(count(ahead_of(policy_)));
      SKIFF_ASSIGN(const bool more, consume(part));
      if (more) SKIFF_TRY(admit());
      return more;
    });
  }
  const Result<void> settled = settle();
  if (outcome.result) outcome.result = settled;
  return outcome;
}

Result<void> GatedServer::send_report(std::string_view body) {
  Result<void> sent = server_.send_report(body);
  SKIFF_TRY(settle());
  return sent;
}

std::optional<std::uint64_t> GatedServer::retry_after() const {
  return wait_ ? wait_ : server_.retry_after();
}

}  // namespace skiff::agent
