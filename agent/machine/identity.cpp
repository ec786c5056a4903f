#include "agent/machine/identity.hpp"

#include "agent/machine/json_fields.hpp"

namespace skiff::agent {
namespace {

constexpr int kVersion = 1;

Result<std::optional<Installed>> read_installed(const Json& json, std::string_view slot) {
  const Json* member = json.find(slot);
  if (member == nullptr || member->is_null()) return std::optional<Installed>();
  Installed installed;
  SKIFF_ASSIGN(installed.image, image_member(*member, "image"));
  SKIFF_ASSIGN(installed.version, string_member(*member, "version"));
  return std::optional<Installed>(std::move(installed));
}

Result<std::optional<Failures>> read_failures(const Json& json) {
  const Json* member = json.find("failures");
  if (member == nullptr || member->is_null()) return std::optional<Failures>();
  Failures failures;
  SKIFF_ASSIGN(failures.image, digest_member(*member, "image"));
  SKIFF_ASSIGN(failures.times, unsigned_member(*member, "times"));
  SKIFF_ASSIGN(failures.last_report, string_member(*member, "last_report"));
  return std::optional<Failures>(std::move(failures));
}

}  // namespace

Json installed_json(const std::optional<Installed>& installed) {
  if (!installed) return nullptr;
  return Json::Object{{"image", image_json(installed->image)}, {"version", installed->version}};
}

std::string identity_text(const Identity& identity) {
  Json failures;
  if (identity.failures) {
    failures = Json::Object{{"image", identity.failures->image.hex()},
                            {"times", identity.failures->times},
                            {"last_report", identity.failures->last_report}};
  }
  return json_text(Json::Object{
      {"v", kVersion},
      {"A", installed_json(identity.of(Slot::kA))},
      {"B", installed_json(identity.of(Slot::kB))},
      {"active", to_string(identity.active)},
      {"counter_floor", identity.counter_floor},
      {"good_time", identity.good_time},
      {"issued", identity.issued},
      {"failures", std::move(failures)},
  });
}

Result<Identity> parse_identity(std::string_view text) {
  SKIFF_ASSIGN(const Json json, parse_json(as_bytes(text)));
  SKIFF_ASSIGN(const std::uint64_t version, unsigned_member(json, "v"));
  if (version != kVersion) return fail(ErrorKind::kUnsupported, "identity of another version");
  Identity identity;
  SKIFF_ASSIGN(identity.of(Slot::kA), read_installed(json, "A"));
  SKIFF_ASSIGN(identity.of(Slot::kB), read_installed(json, "B"));
  SKIFF_ASSIGN(const std::string active, string_member(json, "active"));
  const std::optional<Slot> slot = slot_of(active);
  if (!slot) return fail(ErrorKind::kFormat, "identity: active is no slot");
  identity.active = *slot;
  SKIFF_ASSIGN(identity.counter_floor, unsigned_member(json, "counter_floor"));
  SKIFF_ASSIGN(identity.good_time, integer_member(json, "good_time"));
  SKIFF_ASSIGN(identity.issued, integer_member(json, "issued"));
  SKIFF_ASSIGN(identity.failures, read_failures(json));
  return identity;
}

}  // namespace skiff::agent
