// What OperatorApi does about deltas that are to be made.
#include "fleet/listings.hpp"
#include "fleet/operator_api.hpp"

namespace skiff::server {
namespace {

struct Digests {
  Sha256 base;
  Sha256 result;
};

Result<Digests> digests_of(const OperatorBody& body) {
  std::array<Sha256, 2> found;
  constexpr std::array<const char*, 2> kNames = {"base", "result"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    SKIFF_ASSIGN(const std::string text, body.text(kNames.at(i)));
    const auto digest = Sha256::from_hex(text);
    if (!digest) return body.reject(kNames.at(i), "64 lower-case hexadecimal digits");
    found.at(i) = *digest;
  }
  return Digests{found[0], found[1]};
}

std::string object_of(const Digests& pair) { return "delta " + pair.base.hex() + " " + pair.result.hex(); }

/// Target name of the release that has the image; empty: none, or no image at all.
std::string name_of(const CatalogueView& view, const ImageId& image) {
  const Release* const release = image.length == 0 ? nullptr : view.find_image(image.sha256);
  return release == nullptr ? "" : release->target;
}

}  // namespace

std::vector<OperatorApi::Operation> OperatorApi::job_operations() {
  using Api = OperatorApi;
  const std::vector<BodyField> pair = {
      {"base", FieldType::kText, true, "SHA-256 of the base image, as listed"},
      {"result", FieldType::kText, true, "SHA-256 of the result image"}};
  return {
      {"GET", "/v1/deltas", Verb::kSee, false, &Api::see_jobs, "Deltas that are to be made, and were"},
      {"POST", "/v1/deltas/retry", Verb::kDeploy, true, &Api::retry_job,
       "Make a delta after all that failed, was abandoned or not smaller", pair},
      {"POST", "/v1/deltas/cancel", Verb::kDeploy, true, &Api::cancel_job, "Make a delta no more", pair},
  };
}

Result<OperatorApi::Intent> OperatorApi::see_jobs(const OperatorBody&) {
  return Intent{"", "", "", [this](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const std::vector<DeltaJob> jobs, stores_.jobs.list());
                  const auto view = view_();
                  Json::Array items;
                  for (const DeltaJob& job : jobs) {
                    Json item = listed(job);
                    item.object()->emplace("from", name_of(*view, job.pair.base));
                    item.object()->emplace("release", name_of(*view, job.pair.result));
                    items.push_back(std::move(item));
                  }
                  return answer_list("deltas", std::move(items));
                }};
}

Result<OperatorApi::Intent> OperatorApi::retry_job(const OperatorBody& body) {
  SKIFF_ASSIGN(const Digests pair, digests_of(body));
  return Intent{"", object_of(pair), "", [this, pair](const Principal&) -> Result<Json> {
                  SKIFF_TRY(stores_.jobs.retry(pair.base, pair.result));
                  return answer_done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::cancel_job(const OperatorBody& body) {
  SKIFF_ASSIGN(const Digests pair, digests_of(body));
  return Intent{"", object_of(pair), "", [this, pair](const Principal& who) -> Result<Json> {
                  SKIFF_TRY(stores_.jobs.cancel(pair.base, pair.result, "cancelled by " + who.name));
                  return answer_done();
                }};
}

}  // namespace skiff::server
