// Stand-ins for what is outside the agent: a clock that never waits, checks with a set outcome, a server in
// memory.
#pragma once

#include <map>

#include "agent/health/checks.hpp"
#include "agent/machine/trusted_time.hpp"
#include "agent/net/update_server.hpp"
#include "agent/system/clock.hpp"
#include "skiff/json.hpp"

namespace skiff::testing {

class FakeClock final : public agent::Clock {
 public:
  [[nodiscard]] std::int64_t wall() const override { return time; }
  [[nodiscard]] std::uint64_t uptime() const override { return uptime_; }
  bool pause(std::chrono::milliseconds duration) override {
    paused += duration;
    return true;
  }
  void advance(std::uint64_t seconds) { uptime_ += seconds; }
  void reboot() { uptime_ = 0; }

  std::chrono::milliseconds paused{0};
  std::int64_t time = agent::kBuildTime + 1'000;

 private:
  std::uint64_t uptime_ = 10;
};

class FakeChecks final : public agent::Checks {
 public:
  agent::ChecksOutcome run() override { return outcome; }
  agent::ChecksOutcome outcome;
};

/// Has one release and one delta. `reachable` false: every call fails as a link that is down.
class FakeServer final : public agent::UpdateServer {
 public:
  Result<agent::Plan> check_in(const agent::CheckIn& device) override {
    if (!reachable) return fail(ErrorKind::kNetwork, "no link");
    check_ins.push_back(device);
    agent::Plan plan;
    plan.poll_after = 60;
    if (withdrawn || device.facts.running == installation.release.image) return plan;
    plan.kind = agent::Plan::Kind::kInstall;
    plan.release = installation.release.target;
    plan.delta = installation.delta.target;
    return plan;
  }
  Result<Installation> authorise(const agent::Plan&, const DeviceFacts&, std::int64_t) override {
    if (!reachable) return fail(ErrorKind::kNetwork, "no link");
    if (refusal) return tl::unexpected<Error>(*refusal);
    if (on_authorise) SKIFF_TRY(on_authorise());
    return installation;
  }
  agent::RangeOutcome fetch(const agent::RemoteFile& file, ByteRange wanted,
                            const agent::RangeConsumer& consume) override {
    agent::RangeOutcome outcome;
    const auto other = stored.find(file.path);
    const Bytes& content = other == stored.end() ? delta : other->second;
    while (wanted.length > 0) {
      if (!reachable || (drop_after && outcome.received >= *drop_after)) {
        outcome.result = fail(ErrorKind::kNetwork, "the link dropped");
        return outcome;
      }
      const std::uint64_t length = std::min<std::uint64_t>(wanted.length, piece);
      if (on_bytes) on_bytes({wanted.offset, length});
      outcome.received += length;
      wire += length;
      const Result<bool> more = consume(ByteView(content).subspan(wanted.offset, length));
      if (!more) outcome.result = tl::unexpected<Error>(more.error());
      if (!more || !*more) return outcome;
      wanted = {wanted.offset + length, wanted.length - length};
    }
    return outcome;
  }
  Result<void> send_report(std::string_view body) override {
    if (!reachable) return fail(ErrorKind::kNetwork, "no link");
    const Result<Json> json = parse_json(as_bytes(body));
    if (!json) return fail(ErrorKind::kUsage, "status 400");
    reports.emplace(*string_member(*json, "id"), *json);
    return {};
  }
  [[nodiscard]] agent::Traffic traffic() const override { return {0, wire}; }
  [[nodiscard]] std::optional<std::uint64_t> retry_after() const override { return std::nullopt; }

  Installation installation;
  Bytes delta;
  std::map<std::string, Bytes> stored;  ///< other files, by path
  std::size_t piece = 1'000;            ///< bytes at a time
  std::uint64_t wire = 0;               ///< bytes of files that were fetched
  bool reachable = true;
  bool withdrawn = false;  ///< has nothing for anybody any more
  std::optional<Error> refusal;
  std::function<Result<void>()> on_authorise;  ///< an error refuses
  std::optional<std::uint64_t> drop_after;     ///< bytes of one exchange
  std::function<void(ByteRange)> on_bytes;
  std::vector<agent::CheckIn> check_ins;
  std::map<std::string, Json> reports;  ///< by id: the first of each
};

}  // namespace skiff::testing
