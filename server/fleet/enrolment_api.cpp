#include "fleet/enrolment_api.hpp"

#include "access/identity.hpp"
#include "event_log.hpp"
#include "fleet/object_reader.hpp"

namespace skiff::server {
namespace {

constexpr std::uint64_t kMaxBody = 8'192;

/// The request for a certificate in a body; its name is a serial.
Result<KeyRequest> parse_request(std::string_view body) {
  SKIFF_ASSIGN(const Json document, parse_json(as_bytes(body)));
  SKIFF_ASSIGN(const ObjectReader fields, ObjectReader::open(document, "", {"v", "request"}));
  SKIFF_TRY(fields.version());
  SKIFF_ASSIGN(const Json* pem, fields.member("request"));
  if (pem->string() == nullptr) return fields.reject("request", "PEM");
  auto request = read_request(*pem->string());
  if (!request) return fail_with(request.error(), "request");
  if (!is_serial(request->common_name)) return fields.reject("request", "of one common name, the serial");
  return request;
}

Response pending(std::uint32_t ask_after) {
  return json_response(202, json_text(Json(Json::Object{{"v", 1},
                                                        {"admission", to_string(Admission::kPending)},
                                                        {"ask_after", std::uint64_t{ask_after}}})));
}

Response no_room(std::uint32_t ask_after) {
  Response response = error_response(ApiError::kBusy, "too many devices wait to be accepted");
  response.fields.push_back({"retry-after", std::to_string(ask_after)});
  return response;
}

}  // namespace

std::vector<Route> EnrolmentApi::stranger_routes() {
  return {{{"POST"}, "/v1/enrol", kMaxBody, false, [this](const Request& r) { return enrol(r); }}};
}

std::vector<Route> EnrolmentApi::device_routes() {
  return {{{"POST"}, "/v1/renew", kMaxBody, true, [this](const Request& r) { return renew(r); }}};
}

Response EnrolmentApi::enrol(const Request& request) {
  auto wanted = parse_request(request.body);
  if (!wanted) return error_response(ApiError::kBadRequest, wanted.error().text());
  const Claim claim{wanted->common_name, key_digest(*wanted->key), request.peer.address};
  const auto admission = admissions_.enrol(claim, clock_());
  if (!admission) return internal_error(admission.error());
  log_event(Severity::kInfo, "enrolment",
            {{"serial", claim.serial},
             {"key", claim.key},
             {"address", claim.address},
             {"admission", *admission ? to_string(**admission) : "no-room"}});
  if (!*admission) return no_room(options_.ask_after);
  switch (**admission) {
    case Admission::kAccepted:
      return certify(*std::move(wanted));
    case Admission::kPending:
      return pending(options_.ask_after);
    default:
      return error_response(ApiError::kRejected, "the device is rejected or decommissioned");
  }
}

Response EnrolmentApi::renew(const Request& request) {
  auto wanted = parse_request(request.body);
  if (!wanted) return error_response(ApiError::kBadRequest, wanted.error().text());
  if (wanted->common_name != request.peer.serial) {
    return error_response(ApiError::kBadRequest, "request must be of the serial that asks");
  }
  const auto expected = admissions_.expect_key(*request.peer.serial, key_digest(*wanted->key));
  if (!expected) return internal_error(expected.error());
  return certify(*std::move(wanted));
}

Response EnrolmentApi::certify(KeyRequest request) {
  const auto pem = authority_.certify(std::move(request.key), request.common_name, options_.certificate_days);
  if (!pem) return internal_error(pem.error());
  log_event(Severity::kInfo, "certified", {{"serial", request.common_name}});
  return json_response(
      200, json_text(Json(Json::Object{
               {"v", 1}, {"admission", to_string(Admission::kAccepted)}, {"certificate", *pem}})));
}

}  // namespace skiff::server
