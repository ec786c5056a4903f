#include "agent/net/update_server.hpp"

#include "agent/machine/json_fields.hpp"
#include "agent/net/metadata_fetcher.hpp"
#include "skiff/json.hpp"

namespace skiff::agent {
namespace {

constexpr std::uint64_t kMaxAnswer = 65'536;
constexpr std::chrono::seconds kDeadline{120};
constexpr int kVersion = 1;

/// "status 403 (pending)": the error's name is shown only if it looks like one.
std::string status_text(const HttpReply& reply, ByteView body) {
  std::string text = "status " + std::to_string(reply.status);
  const Result<Json> json = parse_json(body);
  if (!json) return text;
  const Result<std::string> name = string_member(*json, "error");
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz-";
  if (name && name->size() <= 32 && name->find_first_not_of(kLetters) == std::string::npos) {
    text += " (" + *name + ")";
  }
  return text;
}

/// It is sent back in a header; absent is allowed.
bool is_tag(std::string_view text) {
  return text.empty() ||
         (text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos);
}

/// Answers that the same report would get again.
bool is_final_refusal(long status) { return status == 400 || status == 404 || status == 413; }

}  // namespace

Result<Plan> parse_plan(ByteView body) {
  SKIFF_ASSIGN(const Json json, parse_json(body));
  SKIFF_ASSIGN(const std::uint64_t version, unsigned_member(json, "v"));
  if (version != kVersion) return fail(ErrorKind::kUnsupported, "a plan of another version");
  Plan plan;
  SKIFF_ASSIGN(plan.poll_after, unsigned_member(json, "poll_after"));
  SKIFF_ASSIGN(const std::string kind, string_member(json, "plan"));
  if (kind == "nothing") {
    if (json.find("tag") != nullptr) {
      SKIFF_ASSIGN(plan.tag, string_member(json, "tag"));
    }
    if (!is_tag(plan.tag)) return fail(ErrorKind::kFormat, "tag: not 16 hexadecimal digits");
    return plan;
  }
  SKIFF_ASSIGN(plan.release, string_member(json, "release"));
  plan.kind = Plan::Kind::kWait;
  if (kind == "wait") return plan;
  if (kind != "delta" && kind != "full") return fail(ErrorKind::kUnsupported, "an unknown plan");
  SKIFF_ASSIGN(plan.delta, string_member(json, "delta"));
  plan.kind = Plan::Kind::kInstall;
  return plan;
}

Json codecs_json() {
  Json::Array names;
  for (const Codec codec : kDecodedCodecs) names.push_back(to_string(codec));
  return names;
}

Json repackers_json(const RepackerVersions& versions) {
  Json::Object object;
  for (const auto& [name, version] : versions) object.emplace(name, version);
  return object;
}

std::string check_in_text(const CheckIn& device) {
  const DeviceFacts& facts = device.facts;
  return json_text(Json::Object{
      {"v", kVersion},
      {"hardware", facts.hardware},
      {"image", Json::Object{{"sha256", facts.running.sha256.hex()}, {"length", facts.running.length}}},
      {"version", device.version},
      {"counter_floor", facts.counter_floor},
      {"agent", facts.agent},
      {"decoder", Json::Object{{"formats", Json::Array{std::int64_t{kFormatVersion}}},
                               {"codecs", codecs_json()},
                               {"memory", facts.decoder_memory},
                               {"repackers", repackers_json(device.repackers)}}},
      {"state", device.state},
  });
}

Result<std::pair<HttpReply, Bytes>> HttpUpdateServer::post(std::string path, std::string body) {
  HttpRequest request;
  request.path = std::move(path);
  request.body = std::move(body);
  request.deadline = kDeadline;
  retry_after_.reset();
  auto answer = client_.fetch(request, kMaxAnswer);
  if (answer) retry_after_ = answer->first.head.retry_after();
  return answer;
}

Result<bool> HttpUpdateServer::nothing_changed(const std::string& check_in) {
  if (memory_ == nullptr || memory_->tag.empty() || memory_->check_in != check_in) return false;
  HttpRequest request;
  request.path = "/v1/check-in";
  request.headers.push_back("If-None-Match: \"" + memory_->tag + '"');
  request.deadline = kDeadline;
  retry_after_.reset();
  SKIFF_ASSIGN(const auto answer, client_.fetch(request, kMaxAnswer));
  const auto& [reply, body] = answer;
  retry_after_ = reply.head.retry_after();
  if (retry_after_) return fail(ErrorKind::kNetwork, "check-in: " + status_text(reply, body));
  return reply.status == 304;
}

Result<Plan> HttpUpdateServer::check_in(const CheckIn& device) {
  std::string text = check_in_text(device);
  SKIFF_ASSIGN(const bool same, nothing_changed(text));
  if (same) return Plan{Plan::Kind::kNothing, {}, {}, memory_->poll_after, memory_->tag};
  SKIFF_ASSIGN(const auto answer, post("/v1/check-in", text));
  const auto& [reply, body] = answer;
  if (reply.status != 200) return fail(ErrorKind::kNetwork, "check-in: " + status_text(reply, body));
  Result<Plan> plan = parse_plan(body);
  if (plan && memory_ != nullptr) {
    memory_->check_in = std::move(text);
    memory_->tag = plan->tag;
    memory_->poll_after = plan->poll_after;
  }
  return plan;
}

Result<Installation> ask_metadata(const MetadataSource& source, const Plan& plan, const DeviceFacts& device) {
  tuf::ClientOptions options;
  options.metadata_dir = source.folder;
  options.now = source.now;
  options.files = &source.files;
  SKIFF_ASSIGN(tuf::Client client, tuf::Client::open(std::move(options), source.fetcher));
  SKIFF_TRY(client.refresh());
  return authorise_installation(client, plan.release, plan.delta, device);
}

Result<Installation> HttpUpdateServer::authorise(const Plan& plan, const DeviceFacts& device,
                                                 std::int64_t now) {
  MetadataFetcher fetcher(client_, files_, metadata_dir_);
  Result<Installation> installation = ask_metadata({fetcher, files_, metadata_dir_, now}, plan, device);
  metadata_bytes_ += fetcher.received();
  retry_after_ = fetcher.retry_after();
  return installation;
}

RemoteFile remote_target(const std::string& wire_path, std::uint64_t length, const Sha256& sha256) {
  return {std::string(kTargetsPath) + wire_path, length, '"' + sha256.hex() + '"'};
}

RangeOutcome HttpUpdateServer::fetch(const RemoteFile& file, ByteRange wanted, const RangeConsumer& consume) {
  RangeOutcome outcome = fetch_range(client_, file, wanted, consume);
  retry_after_ = outcome.retry_after;
  return outcome;
}

Result<void> HttpUpdateServer::send_report(std::string_view body) {
  SKIFF_ASSIGN(const auto answer, post("/v1/reports", std::string(body)));
  const auto& [reply, text] = answer;
  if (reply.status == 204 || reply.status == 200) return {};
  return fail(is_final_refusal(reply.status) ? ErrorKind::kUsage : ErrorKind::kNetwork,
              "report: " + status_text(reply, text));
}

Traffic HttpUpdateServer::traffic() const { return {metadata_bytes_, client_.wire_bytes()}; }

}  // namespace skiff::agent
