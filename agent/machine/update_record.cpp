#include "agent/machine/update_record.hpp"

#include "agent/machine/json_fields.hpp"

namespace skiff::agent {
namespace {

constexpr int kVersion = 1;

Result<Ledger> read_ledger(const Json& json) {
  SKIFF_ASSIGN(const Json* object, object_member(json, "bytes"));
  Ledger bytes;
  SKIFF_ASSIGN(bytes.payload, unsigned_member(*object, "payload"));
  SKIFF_ASSIGN(bytes.metadata, unsigned_member(*object, "metadata"));
  SKIFF_ASSIGN(bytes.wire, unsigned_member(*object, "wire"));
  SKIFF_ASSIGN(bytes.wasted, unsigned_member(*object, "wasted"));
  return bytes;
}

Result<void> read_where(const Json& json, UpdateRecord& record) {
  SKIFF_ASSIGN(const std::string state, string_member(json, "state"));
  SKIFF_ASSIGN(const std::string target, string_member(json, "target"));
  const std::optional<State> known_state = state_of(state);
  const std::optional<Slot> known_slot = slot_of(target);
  if (!known_state || !known_slot) return fail(ErrorKind::kFormat, "journal: unknown state or slot");
  record.state = *known_state;
  record.target = *known_slot;
  return {};
}

Result<void> read_what(const Json& json, UpdateRecord& record) {
  SKIFF_ASSIGN(record.release, string_member(json, "release"));
  SKIFF_ASSIGN(record.delta, string_member(json, "delta"));
  SKIFF_ASSIGN(record.version, string_member(json, "version"));
  SKIFF_ASSIGN(record.counter, unsigned_member(json, "counter"));
  SKIFF_ASSIGN(record.result, image_member(json, "result"));
  SKIFF_ASSIGN(record.delta_sha256, digest_member(json, "delta_sha256"));
  SKIFF_ASSIGN(record.delta_length, unsigned_member(json, "delta_length"));
  return {};
}

Result<void> read_progress(const Json& json, UpdateRecord& record) {
  SKIFF_ASSIGN(record.segments_done, unsigned_member(json, "segments_done"));
  SKIFF_ASSIGN(record.seconds, unsigned_member(json, "seconds"));
  SKIFF_ASSIGN(record.bytes, read_ledger(json));
  SKIFF_ASSIGN(record.peak_memory, unsigned_member(json, "peak_memory"));
  SKIFF_ASSIGN(record.trial_seconds, unsigned_member(json, "trial_seconds"));
  SKIFF_ASSIGN(record.trial_uptime, unsigned_member(json, "trial_uptime"));
  SKIFF_ASSIGN(record.report_id, string_member(json, "report_id"));
  SKIFF_ASSIGN(record.reason, string_member(json, "reason"));
  return {};
}

}  // namespace

Json ledger_json(const Ledger& bytes) {
  return Json::Object{{"payload", bytes.payload},
                      {"metadata", bytes.metadata},
                      {"wire", bytes.wire},
                      {"wasted", bytes.wasted}};
}

std::string update_record_text(const UpdateRecord& record) {
  return json_text(Json::Object{
      {"v", kVersion},
      {"state", to_string(record.state)},
      {"target", to_string(record.target)},
      {"release", record.release},
      {"delta", record.delta},
      {"version", record.version},
      {"counter", record.counter},
      {"result", image_json(record.result)},
      {"delta_sha256", record.delta_sha256.hex()},
      {"delta_length", record.delta_length},
      {"segments_done", record.segments_done},
      {"seconds", record.seconds},
      {"bytes", ledger_json(record.bytes)},
      {"peak_memory", record.peak_memory},
      {"trial_seconds", record.trial_seconds},
      {"trial_uptime", record.trial_uptime},
      {"report_id", record.report_id},
      {"reason", record.reason},
  });
}

Result<UpdateRecord> parse_update_record(std::string_view text) {
  SKIFF_ASSIGN(const Json json, parse_json(as_bytes(text)));
  SKIFF_ASSIGN(const std::uint64_t version, unsigned_member(json, "v"));
  if (version != kVersion) return fail(ErrorKind::kUnsupported, "journal of another version");
  UpdateRecord record;
  SKIFF_TRY(read_where(json, record));
  SKIFF_TRY(read_what(json, record));
  SKIFF_TRY(read_progress(json, record));
  return record;
}

}  // namespace skiff::agent
