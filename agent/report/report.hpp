// Reports: what the device tells the server of an update, and the queue in which they wait until it hears
// them.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "agent/health/checks.hpp"
#include "agent/machine/update_record.hpp"
#include "agent/system/storage.hpp"
#include "skiff/json.hpp"

namespace skiff::agent {

/// The body of POST /v1/reports (server/API.md). The outcome follows from the state: COMMITTED "committed",
/// ROLLED_BACK "rolled-back", FAILED "failed". `image` is what the device runs.
std::string report_text(const UpdateRecord& record, const ImageId& image, const Json& checks);
Json checks_json(const std::vector<CheckResult>& results);

/// One file a report, named by its id: putting a report in twice is putting it in once.
class ReportQueue {
 public:
  ReportQueue(Storage& storage, std::filesystem::path folder)
      : storage_(storage), folder_(std::move(folder)) {}

  /// Durable when it returns.
  Result<void> put(const std::string& id, std::string_view text);
  /// Offers each report to `send` and removes it when it was taken, or refused for good (kUsage). The first
  /// other error ends the round and is returned; what is left waits for the next.
  Result<void> flush(const std::function<Result<void>(std::string_view text)>& send);
  [[nodiscard]] Result<std::size_t> size();

 private:
  Storage& storage_;
  std::filesystem::path folder_;
};

}  // namespace skiff::agent
