#include "agent/net/metadata_fetcher.hpp"

#include "skiff/packed.hpp"
#include "skiff/trust.hpp"

namespace skiff::agent {
namespace {

constexpr std::string_view kTimestamp = "timestamp.json";
constexpr std::chrono::seconds kDeadline{600};

}  // namespace

Result<std::optional<Bytes>> MetadataFetcher::fetch(std::string_view name, std::uint64_t max_length) {
  HttpRequest request;
  request.path = "/v1/metadata/" + std::string(name);
  request.deadline = kDeadline;
  request.takes_packed = name != kTimestamp;
  std::optional<Bytes> known;
  if (name == kTimestamp) {
    if (Result<Bytes> file = files_.read(metadata_dir_ / kTimestamp, max_length)) known = std::move(*file);
  }
  if (known) request.headers.push_back("If-None-Match: \"" + sha256(*known).hex() + '"');
  SKIFF_ASSIGN(auto answer, client_.fetch(request, max_length));
  auto& [reply, body] = answer;
  received_ += body.size();
  retry_after_ = reply.head.retry_after();
  if (reply.status == 304 && known) return known;
  if (reply.status == 404) return std::optional<Bytes>();
  if (reply.status != 200) {
    return fail(ErrorKind::kNetwork, request.path + ": status " + std::to_string(reply.status));
  }
  if (!reply.head.is_packed()) return std::optional<Bytes>(std::move(body));
  Result<Bytes> text = unpack_text(body, max_length);
  if (!text) return fail_with(text.error(), request.path);
  return std::optional<Bytes>(std::move(*text));
}

}  // namespace skiff::agent
