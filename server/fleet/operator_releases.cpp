// What OperatorApi does about releases, and the uploads that bring them.
#include <algorithm>

#include "fleet/listings.hpp"
#include "fleet/operator_api.hpp"

namespace skiff::server {
namespace {

constexpr std::uint64_t kMaxRoleFiles = std::uint64_t{8} << 20;  // bytes, enough for some 8,000 releases

Result<Sha256> digest_of(const OperatorBody& body) {
  SKIFF_ASSIGN(const std::string text, body.text("sha256"));
  const auto sha256 = Sha256::from_hex(text);
  if (!sha256) return body.reject("sha256", "64 lower-case hexadecimal digits");
  return *sha256;
}

Json answer_offset(std::uint64_t offset, bool is_verified) {
  return Json::Object{{"v", 1}, {"offset", offset}, {"verified", is_verified}};
}

}  // namespace

std::vector<OperatorApi::Operation> OperatorApi::release_operations() {
  using Api = OperatorApi;
  constexpr BodyField kDigest = {"sha256", FieldType::kText, true, "of the image, 64 hexadecimal digits"};
  return {
      {"GET", "/v1/releases", Verb::kSee, false, &Api::see_releases, "Published releases", page_fields()},
      {"GET", "/v1/repository", Verb::kSee, false, &Api::see_repository,
       "Metadata files that a builder needs to sign the next"},
      {"POST",
       "/v1/repository/publish",
       Verb::kDeploy,
       true,
       &Api::publish,
       "Take in metadata signed offline, and publish",
       {{"files", FieldType::kObject, true, "metadata files by name, as 4.releases.json"}},
       false,
       kMaxRoleFiles},
      {"GET", "/v1/uploads", Verb::kDeploy, false, &Api::see_uploads, "Uploads that no release lists yet"},
      {"POST",
       "/v1/uploads/begin",
       Verb::kDeploy,
       true,
       &Api::begin_upload,
       "Begin an upload, or learn where it goes on",
       {{"name", FieldType::kText, true, "of the release: what follows \"releases/\""},
        kDigest,
        {"length", FieldType::kNumber, true, "bytes of the image"}}},
      {"POST",
       "/v1/uploads/finish",
       Verb::kDeploy,
       true,
       &Api::finish_upload,
       "Verify an upload that is whole",
       {kDigest}},
  };
}

Result<OperatorApi::Intent> OperatorApi::see_releases(const OperatorBody& body) {
  SKIFF_ASSIGN(const Page page, page_of(body));
  return Intent{std::nullopt, "", "", [this, page](const Principal&) -> Result<Json> {
                  std::vector<Release> releases = view_()->releases;
                  std::ranges::sort(releases, {}, &Release::target);
                  return answer_page("releases", listed(releases), "release", page);
                }};
}

Result<OperatorApi::Intent> OperatorApi::see_repository(const OperatorBody&) {
  return Intent{"", "", "", [this](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(Json::Object files, repository_.role_files());
                  return Json(Json::Object{{"v", 1}, {"files", std::move(files)}});
                }};
}

Result<OperatorApi::Intent> OperatorApi::publish(const OperatorBody& body) {
  SKIFF_ASSIGN(const Json::Object* const object, body.object("files"));
  const auto files = std::make_shared<const Json::Object>(*object);
  std::string names;
  for (const auto& [name, unused] : *files) {
    if (names.size() + name.size() > kMaxOperatorText) break;
    names += (names.empty() ? "" : " ") + name;
  }
  return Intent{"", std::to_string(files->size()) + " files", names,
                [this, files](const Principal&) -> Result<Json> {
                  SKIFF_TRY(repository_.publish(*files));
                  return answer_done();
                }};
}

Result<OperatorApi::Intent> OperatorApi::see_uploads(const OperatorBody&) {
  return Intent{"", "", "", [this](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const std::vector<Upload> uploads, stores_.uploads.list());
                  return answer_list("uploads", listed(uploads));
                }};
}

Result<OperatorApi::Intent> OperatorApi::begin_upload(const OperatorBody& body) {
  UploadOrder order;
  SKIFF_ASSIGN(order.name, body.text("name"));
  SKIFF_ASSIGN(order.sha256, digest_of(body));
  SKIFF_ASSIGN(order.length, body.number("length"));
  return Intent{"", order.name, order.sha256.hex() + ", " + std::to_string(order.length) + " bytes",
                [this, order](const Principal& who) -> Result<Json> {
                  UploadOrder ordered = order;
                  ordered.user = who.name;
                  SKIFF_ASSIGN(const Upload upload, stores_.uploads.begin(ordered, clock_()));
                  return answer_offset(upload.offset, upload.is_verified);
                }};
}

Result<OperatorApi::Intent> OperatorApi::finish_upload(const OperatorBody& body) {
  SKIFF_ASSIGN(const Sha256 sha256, digest_of(body));
  return Intent{"", sha256.hex(), "", [this, sha256](const Principal&) -> Result<Json> {
                  SKIFF_ASSIGN(const UploadProgress progress, stores_.uploads.finish(sha256));
                  if (progress.is_done) return answer_offset(progress.offset, true);
                  return fail(ErrorKind::kMismatch, "the upload is not whole: it goes on at byte " +
                                                        std::to_string(progress.offset));
                }};
}

}  // namespace skiff::server
