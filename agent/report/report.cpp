#include "agent/report/report.hpp"

#include <algorithm>

#include "agent/machine/json_fields.hpp"

namespace skiff::agent {
namespace {

constexpr std::uint64_t kMaxReport = 65'536;
constexpr std::string_view kSuffix = ".json";

std::string_view outcome_of(State state) {
  if (state == State::kCommitted) return "committed";
  return state == State::kRolledBack ? "rolled-back" : "failed";
}

}  // namespace

Json checks_json(const std::vector<CheckResult>& results) {
  Json::Array array;
  for (const CheckResult& result : results) {
    array.push_back(Json::Object{{"name", result.name}, {"exit", result.exit}, {"output", result.output}});
  }
  return array;
}

std::string report_text(const UpdateRecord& record, const ImageId& image, const Json& checks) {
  return json_text(Json::Object{
      {"v", 1},
      {"id", record.report_id},
      {"release", record.release},
      {"outcome", outcome_of(record.state)},
      {"reason", record.reason},
      {"image", image_json(image)},
      {"bytes", ledger_json(record.bytes)},
      {"seconds", record.seconds},
      {"peak_memory", record.peak_memory},
      {"checks", checks},
  });
}

Result<void> ReportQueue::put(const std::string& id, std::string_view text) {
  return replace(storage_, folder_ / (id + std::string(kSuffix)), as_bytes(text));
}

Result<void> ReportQueue::flush(const std::function<Result<void>(std::string_view text)>& send) {
  SKIFF_ASSIGN(const std::vector<std::string> names, storage_.list(folder_));
  for (const std::string& name : names) {
    if (!name.ends_with(kSuffix)) continue;
    SKIFF_ASSIGN(const Bytes text, read_small(storage_, folder_ / name, kMaxReport));
    Result<void> sent = send(as_text(text));
    if (!sent && sent.error().kind != ErrorKind::kUsage) return sent;
    SKIFF_TRY(storage_.remove(folder_ / name));
  }
  return {};
}

Result<std::size_t> ReportQueue::size() {
  SKIFF_ASSIGN(const std::vector<std::string> names, storage_.list(folder_));
  return static_cast<std::size_t>(std::count_if(
      names.begin(), names.end(), [](const std::string& name) { return name.ends_with(kSuffix); }));
}

}  // namespace skiff::agent
