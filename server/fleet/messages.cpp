#include "fleet/messages.hpp"

#include <algorithm>
#include <array>

#include "access/identity.hpp"
#include "fleet/object_reader.hpp"

namespace skiff::server {
namespace {

constexpr std::uint64_t kApiVersion = 1;
constexpr std::size_t kMaxText = 64;     // versions and state names, bytes
constexpr std::size_t kMaxTarget = 256;  // names of targets, bytes
constexpr std::size_t kMaxReason = 1'024;
constexpr std::size_t kMaxChecks = 32;
constexpr std::size_t kMaxCheckOutput = 1'024;
constexpr std::size_t kMaxOffers = 16;  // formats or codecs one decoder may name
constexpr std::size_t kReportId = 32;   // hexadecimal digits
constexpr std::array<std::string_view, 3> kOutcomes = {"committed", "rolled-back", "failed"};

Result<std::string> read_name(const ObjectReader& fields, std::string_view key, std::size_t max_length) {
  SKIFF_ASSIGN(std::string text, fields.text(key, max_length));
  if (!is_name(text, max_length)) return fields.reject(key, "a name without spaces");
  return text;
}

/// May be absent: a device that packs nothing.
Result<void> read_repackers(const Json& decoder, const ObjectReader& fields, CheckIn& device) {
  const Json* const member = decoder.find("repackers");
  if (member == nullptr) return {};
  if (member->object() == nullptr || member->object()->size() > kMaxOffers)
    return fields.reject("repackers", "names with versions");
  for (const auto& [name, version] : *member->object()) {
    if (version.integer() == nullptr || *version.integer() < 0)
      return fields.reject("repackers", "names with versions");
    device.repackers[name] = static_cast<std::uint64_t>(*version.integer());
  }
  return {};
}

Result<void> read_decoder(const ObjectReader& parent, CheckIn& device) {
  SKIFF_ASSIGN(const Json* member, parent.member("decoder"));
  SKIFF_ASSIGN(const ObjectReader fields, ObjectReader::open(*member, parent.path_of("decoder"),
                                                             {"formats", "codecs", "memory", "repackers"}));
  SKIFF_ASSIGN(const Json::Array* formats, fields.array("formats", kMaxOffers));
  for (const Json& format : *formats) {
    if (format.integer() == nullptr || *format.integer() < 0) return fields.reject("formats", "numbers");
    device.formats.push_back(static_cast<std::uint64_t>(*format.integer()));
  }
  SKIFF_ASSIGN(const Json::Array* codecs, fields.array("codecs", kMaxOffers));
  for (const Json& codec : *codecs) {
    if (codec.string() == nullptr) return fields.reject("codecs", "names");
    device.codecs.push_back(*codec.string());
  }
  SKIFF_ASSIGN(device.decoder_memory, fields.number("memory"));
  return read_repackers(*member, fields, device);
}

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<void> read_bytes(const ObjectReader& parent, Report& report) {
  SKIFF_ASSIGN(const Json* member, parent.member("bytes"));
  SKIFF_ASSIGN(const ObjectReader fields, ObjectReader::open(*member, parent.path_of("bytes"),
                                                             {"payload", "metadata", "wire", "wasted"}));
  SKIFF_ASSIGN(report.payload_bytes, fields.number("payload"));
  SKIFF_ASSIGN(report.metadata_bytes, fields.number("metadata"));
  SKIFF_ASSIGN(report.wire_bytes, fields.number("wire"));
  SKIFF_ASSIGN(report.wasted_bytes, fields.number("wasted"));
  return {};
}

/// A check's output may have line breaks, as programs write them; its size is what is bounded.
Result<void> check_check(const ObjectReader& parent, const Json& check) {
  SKIFF_ASSIGN(const ObjectReader fields,
               ObjectReader::open(check, parent.path_of("checks"), {"name", "exit", "output"}));
  SKIFF_ASSIGN(const std::string name, fields.text("name", kMaxTarget));
  SKIFF_ASSIGN(const Json* exit, fields.member("exit"));
  if (exit->integer() == nullptr) return fields.reject("exit", "a whole number");
  SKIFF_ASSIGN(const Json* output, fields.member("output"));
  if (output->string() == nullptr || output->string()->size() > kMaxCheckOutput) {
    return fields.reject("output", "text of at most " + std::to_string(kMaxCheckOutput) + " bytes");
  }
  return {};
}

Result<void> read_checks(const ObjectReader& fields, Report& report) {
  SKIFF_ASSIGN(const Json::Array* checks, fields.array("checks", kMaxChecks));
  for (const Json& check : *checks) SKIFF_TRY(check_check(fields, check));
  report.checks = json_text(Json(*checks));
  return {};
}

}  // namespace

Result<CheckIn> parse_check_in(std::string_view body) {
  SKIFF_ASSIGN(const Json document, parse_json(as_bytes(body)));
  SKIFF_ASSIGN(const ObjectReader fields, ObjectReader::open(document, "",
                                                             {"v", "hardware", "image", "version",
                                                              "counter_floor", "agent", "decoder", "state"}));
  SKIFF_TRY(fields.version());
  CheckIn device;
  SKIFF_ASSIGN(device.hardware, fields.text("hardware", kMaxText));
  if (!is_serial(device.hardware)) return fields.reject("hardware", "1 to 64 of A-Z a-z 0-9 . _ -");
  SKIFF_ASSIGN(device.image, fields.image("image"));
  SKIFF_ASSIGN(device.version, fields.text("version", kMaxText));
  SKIFF_ASSIGN(device.counter_floor, fields.number("counter_floor"));
  SKIFF_ASSIGN(device.agent, read_name(fields, "agent", kMaxText));
  SKIFF_TRY(read_decoder(fields, device));
  SKIFF_ASSIGN(device.state, read_name(fields, "state", kMaxText));
  return device;
}

Result<Report> parse_report(std::string_view body) {
  SKIFF_ASSIGN(const Json document, parse_json(as_bytes(body)));
  SKIFF_ASSIGN(const ObjectReader fields,
               ObjectReader::open(document, "",
                                  {"v", "id", "release", "outcome", "reason", "image", "bytes", "seconds",
                                   "peak_memory", "checks"}));
  SKIFF_TRY(fields.version());
  Report report;
  SKIFF_ASSIGN(report.id, fields.text("id", kReportId));
  if (report.id.size() != kReportId || !is_lower_hex(report.id)) {
    return fields.reject("id", "32 lower-case hexadecimal digits");
  }
  SKIFF_ASSIGN(report.release, read_name(fields, "release", kMaxTarget));
  SKIFF_ASSIGN(report.outcome, fields.text("outcome", kMaxText));
  if (std::find(kOutcomes.begin(), kOutcomes.end(), report.outcome) == kOutcomes.end()) {
    return fields.reject("outcome", "committed, rolled-back or failed");
  }
  SKIFF_ASSIGN(report.reason, fields.text("reason", kMaxReason));
  SKIFF_ASSIGN(report.image, fields.image("image"));
  SKIFF_TRY(read_bytes(fields, report));
  SKIFF_ASSIGN(report.seconds, fields.number("seconds"));
  SKIFF_ASSIGN(report.peak_memory, fields.number("peak_memory"));
  SKIFF_TRY(read_checks(fields, report));
  return report;
}

std::string plan_json(const Plan& plan) {
  Json::Object answer{
      {"v", kApiVersion}, {"plan", to_string(plan.kind)}, {"poll_after", std::uint64_t{plan.poll_after}}};
  if (!plan.reason.empty()) answer.emplace("reason", plan.reason);
  if (!plan.tag.empty()) answer.emplace("tag", plan.tag);
  if (!plan.release.empty()) answer.emplace("release", plan.release);
  if (!plan.delta.empty()) {
    answer.emplace("delta", plan.delta);
    answer.emplace("bytes", plan.bytes);
    if (plan.full_bytes) answer.emplace("full_bytes", *plan.full_bytes);
  }
  return json_text(Json(std::move(answer)));
}

}  // namespace skiff::server
