#include "fleet/upload_api.hpp"

#include <charconv>

#include "access/authorise.hpp"
#include "fleet/operator_access.hpp"

namespace skiff::server {
namespace {

constexpr std::string_view kPath = "/v1/uploads/";

struct Place {
  Sha256 sha256;
  std::uint64_t offset = 0;
};

/// "<sha256>/<offset>"
std::optional<Place> parse_place(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash + 1 == text.size()) return std::nullopt;
  const auto sha256 = Sha256::from_hex(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  Place place;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), place.offset);
  if (!sha256 || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  place.sha256 = *sha256;
  return place;
}

}  // namespace

Route UploadApi::route() {
  return {{"POST"},
          std::string(kPath),
          kMaxPiece,
          false,
          [this](const Request& request) { return take(request); },
          [this](const RequestHead& head) { return refusal(head); }};
}

std::optional<Response> UploadApi::refusal(const RequestHead& head) {
  const auto who = authenticate(head, credentials_, clock_());
  if (!who) return who.error();
  if (authorise(*who, Verb::kDeploy, "")) return std::nullopt;
  return error_response(ApiError::kForbidden, "no grant of " + who->name + " allows this");
}

Response UploadApi::take(const Request& request) {
  if (auto refused = refusal(request.head)) return *std::move(refused);
  const auto place = parse_place(std::string_view(request.head.target).substr(kPath.size()));
  if (!place) return error_response(ApiError::kNotFound, "no such path: wanted is <sha256>/<offset>");
  const auto progress = uploads_.append(place->sha256, place->offset, as_bytes(request.body));
  if (!progress) return answer_error(progress.error());
  if (progress->is_done) {
    return json_response(200, json_text(Json::Object{{"v", 1}, {"offset", progress->offset}}));
  }
  return error_response(ApiError::kConflict, "the upload goes on at byte " + std::to_string(progress->offset),
                        {{"offset", progress->offset}});
}

}  // namespace skiff::server
