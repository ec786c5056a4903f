// UpdateServer: what the agent asks of the other side, as server/API.md has it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "agent/net/poll_memory.hpp"
#include "agent/net/ranged.hpp"
#include "agent/net/stored_metadata.hpp"
#include "skiff/release.hpp"
#include "skiff/repackers.hpp"

namespace skiff::agent {

inline constexpr std::string_view kTargetsPath = "/v1/targets/";
inline constexpr std::string_view kAgentVersion = SKIFF_AGENT_VERSION;

/// What a device says of itself at a check-in.
struct CheckIn {
  DeviceFacts facts;
  std::string version;         ///< of the release it runs; empty: unknown
  std::string state;           ///< a name of STATES.md
  RepackerVersions repackers;  ///< of the decoder
};

struct Plan {
  enum class Kind : std::uint8_t { kNothing, kWait, kInstall };
  Kind kind = Kind::kNothing;
  std::string release;  ///< target names
  std::string delta;
  std::uint64_t poll_after = 0;  ///< seconds
  std::string tag{};             ///< of kNothing, see PollMemory; empty: none
};

/// Bytes since the start of the program.
struct Traffic {
  std::uint64_t metadata = 0;
  std::uint64_t wire = 0;
};

class UpdateServer {
 public:
  virtual ~UpdateServer() = default;
  /// An authenticated round trip: where it succeeds, the server was reached and knows this device.
  virtual Result<Plan> check_in(const CheckIn& device) = 0;
  /// Refreshes the signed metadata and asks it: the only permission to install. `now` is trusted time.
  virtual Result<Installation> authorise(const Plan& plan, const DeviceFacts& device, std::int64_t now) = 0;
  /// One try at a range of a target; see fetch_range().
  virtual RangeOutcome fetch(const RemoteFile& file, ByteRange wanted, const RangeConsumer& consume) = 0;
  /// kUsage: the server will never take this report; kNetwork: not now.
  virtual Result<void> send_report(std::string_view body) = 0;
  [[nodiscard]] virtual Traffic traffic() const = 0;
  /// Seconds the server asked to be left alone for in its last answer.
  [[nodiscard]] virtual std::optional<std::uint64_t> retry_after() const = 0;
};

/// A target where the server has it: `wire_path` is what metadata makes of its name.
RemoteFile remote_target(const std::string& wire_path, std::uint64_t length, const Sha256& sha256);

/// Where trusted metadata is, whence newer comes, and the trusted time.
struct MetadataSource {
  tuf::Fetcher& fetcher;
  tuf::MetadataFiles& files;
  const std::filesystem::path& folder;
  std::int64_t now = 0;
};
/// Refreshes the metadata and asks it, whatever brings it.
Result<Installation> ask_metadata(const MetadataSource& source, const Plan& plan, const DeviceFacts& device);

/// The answer to a check-in. kFormat: a member absent or odd; kUnsupported: another version or plan.
Result<Plan> parse_plan(ByteView body);
std::string check_in_text(const CheckIn& device);

/// The server behind an HttpClient, which outlives it; TUF metadata is kept in a folder of `files`.
class HttpUpdateServer final : public UpdateServer {
 public:
  /// `memory` outlives it too; null: every check-in is said in full.
  HttpUpdateServer(HttpClient& client, StoredMetadata files, std::filesystem::path metadata_dir,
                   PollMemory* memory = nullptr)
      : client_(client), files_(std::move(files)), metadata_dir_(std::move(metadata_dir)), memory_(memory) {}

  Result<Plan> check_in(const CheckIn& device) override;
  Result<Installation> authorise(const Plan& plan, const DeviceFacts& device, std::int64_t now) override;
  RangeOutcome fetch(const RemoteFile& file, ByteRange wanted, const RangeConsumer& consume) override;
  Result<void> send_report(std::string_view body) override;
  [[nodiscard]] Traffic traffic() const override;
  [[nodiscard]] std::optional<std::uint64_t> retry_after() const override { return retry_after_; }

 private:
  /// Whether the last check-in, which was the same, would still be answered with "nothing".
  Result<bool> nothing_changed(const std::string& check_in);
  Result<std::pair<HttpReply, Bytes>> post(std::string path, std::string body);

  HttpClient& client_;
  StoredMetadata files_;
  std::filesystem::path metadata_dir_;
  PollMemory* memory_;
  std::uint64_t metadata_bytes_ = 0;
  std::optional<std::uint64_t> retry_after_;
};

}  // namespace skiff::agent
