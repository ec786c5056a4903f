#include "fleet/device_api.hpp"

#include <algorithm>
#include <limits>

#include "event_log.hpp"
#include "fleet/messages.hpp"
#include "http/range.hpp"
#include "skiff/trust.hpp"

namespace skiff::server {
namespace {

constexpr std::string_view kMetadataPath = "/v1/metadata/";
constexpr std::string_view kTargetsPath = "/v1/targets/";
constexpr std::string_view kHealthPath = "/healthz";
constexpr std::uint64_t kMaxCheckIn = 16'384;
constexpr std::uint64_t kMaxReport = 65'536;
constexpr std::size_t kTagLength = 16;  // hexadecimal digits: 64 bits of a SHA-256
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view kOnTrial = "CONTACT";  // a device's state, in a new slot that it would commit
constexpr std::string_view kForever = "public, max-age=31536000, immutable";

/// Exactly our own agent's way to ask: whoever weighs several codings gets none.
bool takes_packed(const Request& request) {
  return std::any_of(request.head.fields.begin(), request.head.fields.end(), [](const Field& field) {
    return field.name == "accept-encoding" && field.value == "zstd";
  });
}

/// Answers with the file of this name, if there is one.
Response serve(const Request& request, const std::map<std::string, ServedFile, std::less<>>& files,
               std::string_view name) {
  const auto found = files.find(name);
  if (found == files.end()) return error_response(ApiError::kNotFound, "no such file");
  const ServedFile& file = found->second;
  auto source = file.open();
  if (!source) return internal_error(source.error());
  Representation whole{*std::move(source), "\"" + file.sha256.hex() + "\"",
                       name.ends_with(".json") ? "application/json" : "application/octet-stream",
                       file.immutable ? kForever : "no-cache"};
  if (file.packed == nullptr || !takes_packed(request)) return representation_response(request, whole);
  const auto packed = file.packed->of(*whole.source);
  if (packed == nullptr) return representation_response(request, whole);
  whole.source = packed;
  whole.etag = "\"" + file.sha256.hex() + ".zstd\"";
  Response response = representation_response(request, whole);
  response.fields.push_back({"content-encoding", "zstd"});
  response.fields.push_back({"vary", "accept-encoding"});
  return response;
}

/// The release whose image a target brings or is; empty: none of the view.
std::string release_of(const CatalogueView& view, std::string_view wire_path) {
  const auto is_this = [&](const auto& target) { return target.wire_path == wire_path; };
  const auto delta = std::find_if(view.deltas.begin(), view.deltas.end(),
                                  [&](const OfferedDelta& offered) { return is_this(offered.offer); });
  if (delta == view.deltas.end()) return {};
  const Release* const release = view.find_image(delta->offer.result.sha256);
  return release == nullptr ? "" : release->target;
}

/// Bytes of a release's full image, as a device would fetch it; 0: not known.
std::uint64_t full_length(const CatalogueView& view, const std::string& target) {
  const Release* const release = view.find_release(target);
  if (release == nullptr) return 0;
  const auto full = std::find_if(view.deltas.begin(), view.deltas.end(), [&](const OfferedDelta& offered) {
    return offered.offer.is_full_image() && offered.offer.result == release->image;
  });
  return full == view.deltas.end() ? 0 : full->offer.length;
}

Response withdrawn() { return error_response(ApiError::kWithdrawn, "the deployment was aborted"); }

DeviceStatus to_status(const Peer& peer, const CheckIn& device) {
  return {*peer.serial,         peer.key,     peer.fingerprint, device.hardware, device.image, device.version,
          device.counter_floor, device.agent, device.state};
}

}  // namespace

DeviceApi::DeviceApi(FleetStores stores, DeviceApiOptions options, WallClock clock,
                     std::function<void()> on_job)
    : stores_(stores), options_(options), clock_(std::move(clock)), on_job_(std::move(on_job)) {}

std::vector<Route> DeviceApi::routes() {
  return {
      {{"GET", "HEAD"},
       std::string(kMetadataPath),
       0,
       true,
       [this](const Request& r) { return metadata(r); }},
      {{"GET", "HEAD"}, std::string(kTargetsPath), 0, true, [this](const Request& r) { return target(r); }},
      {{"GET", "POST"},
       std::string(kCheckInPath),
       kMaxCheckIn,
       true,
       [this](const Request& r) { return r.head.method == "GET" ? poll(r) : check_in(r); }},
      {{"POST"}, "/v1/reports", kMaxReport, true, [this](const Request& r) { return report(r); }},
      {{"GET", "HEAD"},
       std::string(kHealthPath),
       0,
       false,
       [](const Request&) {
         Response response;
         response.fields.push_back({"content-type", "text/plain"});
         response.text = "ok";
         return response;
       }},
  };
}

std::vector<Route> DeviceApi::public_routes() {
  std::vector<Route> found = routes();
  std::erase_if(found, [](const Route& route) {
    return route.path != kMetadataPath && route.path != kTargetsPath && route.path != kHealthPath;
  });
  for (Route& route : found) route.needs_device = false;
  return found;
}

std::optional<Response> DeviceApi::admit(const Peer& peer) {
  const auto admission = stores_.admissions.admit({*peer.serial, peer.key, peer.address}, clock_());
  if (!admission) return internal_error(admission.error());
  if (*admission == Admission::kAccepted) return std::nullopt;
  if (*admission == Admission::kPending) {
    return error_response(ApiError::kPending, "the device waits to be accepted");
  }
  return error_response(ApiError::kRejected, "the device is rejected or decommissioned");
}

Response DeviceApi::metadata(const Request& request) {
  const auto view = stores_.catalogue.view();
  return serve(request, view->metadata, std::string_view(request.head.target).substr(kMetadataPath.size()));
}

Response DeviceApi::target(const Request& request) {
  const auto view = stores_.catalogue.view();
  const std::string_view name = std::string_view(request.head.target).substr(kTargetsPath.size());
  if (!request.peer.serial) return serve(request, view->targets, name);  // who is not known has no deployment
  const std::string& serial = *request.peer.serial;
  const std::string release = release_of(*view, name);
  if (is_withdrawn(serial, release)) return withdrawn();
  Response response = serve(request, view->targets, name);
  if (response.streamed) {
    response.streamed->still_wanted = [this, serial, release] { return !is_withdrawn(serial, release); };
  }
  return response;
}

bool DeviceApi::is_withdrawn(const std::string& serial, const std::string& release) {
  return !release.empty() && stores_.deployments.is_withdrawn(release, serial).value_or(false);
}

Result<std::string> DeviceApi::tag() {
  const auto view = stores_.catalogue.view();
  SKIFF_ASSIGN(const std::uint64_t epoch, stores_.groups.epoch());
  const auto timestamp = view->metadata.find("timestamp.json");
  if (timestamp == view->metadata.end()) return std::string();
  const std::string both = timestamp->second.sha256.hex() + ":" + std::to_string(epoch);
  return sha256(as_bytes(both)).hex().substr(0, kTagLength);
}

Response DeviceApi::poll(const Request& request) {
  const auto wanted = find_field(request.head.fields, "if-none-match");
  const auto current = tag();
  if (!current) return internal_error(current.error());
  Response response = json_response(200, R"({"v":1})");
  if (!wanted || current->empty() || *wanted != "\"" + *current + "\"") return response;
  stores_.contacts.add(*request.peer.serial, {1, clock_(), {}});
  response = Response();
  response.status = 304;
  return response;
}

Response DeviceApi::check_in(const Request& request) {
  const auto device = parse_check_in(request.body);
  if (!device) return error_response(ApiError::kBadRequest, device.error().text());
  return answer_check_in(request, *device);
}

Response DeviceApi::answer_check_in(const Request& request, const CheckIn& device) {
  const std::int64_t now = clock_();
  const auto remembered = stores_.devices.check_in(to_status(request.peer, device), now);
  if (!remembered && device.state == kOnTrial && remembered.error().kind == ErrorKind::kLimit) {
    // Its slot works: that this server's disk is full must not roll it back.
    log_event(Severity::kError, "contact-not-kept",
              {{"serial", *request.peer.serial}, {"error", remembered.error().text()}});
    Plan nothing;
    nothing.poll_after = options_.times.idle;
    return json_response(200, plan_json(nothing));
  }
  if (!remembered) return internal_error(remembered.error());
  const auto made = make_plan(*request.peer.serial, device, now);
  if (!made) return internal_error(made.error());
  const Plan& plan = *made;
  if (const HeldUpdate held{plan.held, plan.reason}; held != *remembered) {
    const auto kept = stores_.devices.hold(*request.peer.serial, held);
    if (!kept) return internal_error(kept.error());
  }
  if (plan.wanted) {
    const auto queued = stores_.jobs.enqueue(*plan.wanted, kDevicePriority, now);
    if (!queued) return internal_error(queued.error());
    if (on_job_) on_job_();
  }
  log_event(Severity::kInfo, "check-in",
            {{"serial", *request.peer.serial},
             {"hardware", device.hardware},
             {"version", device.version},
             {"state", device.state},
             {"plan", to_string(plan.kind)},
             {"release", plan.release},
             {"reason", plan.reason},
             {"bytes", plan.bytes}});
  return json_response(200, plan_json(plan));
}

Result<Plan> DeviceApi::make_plan(const std::string& serial, const CheckIn& device, std::int64_t now) {
  const auto view = stores_.catalogue.view();
  SKIFF_ASSIGN(const std::string before, tag());  // an older tag costs a check-in, a newer one an update
  Plan nothing;
  nothing.poll_after = options_.times.idle;
  std::optional<std::int64_t> ask_again;
  const std::vector<const Release*> due = due_releases(device, *view);
  SKIFF_ASSIGN(const SettledPairs settled, due.empty() ? SettledPairs() : stores_.jobs.settled());
  for (const Release* release : due) {
    const Plan plan = plan_release(device, *view, *release, settled, options_.times);
    SKIFF_ASSIGN(
        const ReleaseOffer offer,
        stores_.deployments.offer(release->target, {serial, device.hardware, device.version, device.agent},
                                  now, {plan.bytes, plan.full, options_.deployments_only}));
    if (offer.verdict.go) return plan;
    if (nothing.reason.empty()) {  // what people want to know of: the newest
      nothing.reason = offer.verdict.reason;
      nothing.held = release->target;
    }
    if (offer.verdict.ask_again) ask_again = std::min(ask_again.value_or(kNever), *offer.verdict.ask_again);
  }
  if (!ask_again) {
    nothing.tag = before;  // only what changes the tag can change this answer
    return nothing;
  }
  nothing.poll_after = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(*ask_again - now, 1, std::int64_t{options_.times.idle}));
  return nothing;
}

Response DeviceApi::report(const Request& request) {
  const auto report = parse_report(request.body);
  if (!report) return error_response(ApiError::kBadRequest, report.error().text());
  const std::uint64_t full = full_length(*stores_.catalogue.view(), report->release);
  const auto taken = stores_.reports.take(*request.peer.serial, *report, full, clock_());
  if (!taken) return internal_error(taken.error());
  log_event(Severity::kInfo, "report",
            {{"serial", *request.peer.serial},
             {"release", report->release},
             {"outcome", report->outcome},
             {"reason", report->reason},
             {"wire", report->wire_bytes},
             {"again", *taken ? "no" : "yes"}});
  Response response;
  response.status = 204;
  return response;
}

}  // namespace skiff::server
