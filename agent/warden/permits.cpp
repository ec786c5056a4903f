#include "agent/warden/permits.hpp"

#include <algorithm>

#include "agent/install/read_back.hpp"
#include "agent/machine/json_fields.hpp"
#include "agent/machine/trusted_time.hpp"
#include "agent/net/stored_metadata.hpp"
#include "skiff/io.hpp"

namespace skiff::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kCopy = 1'024;  // bytes of a copy of the record
constexpr std::uint64_t kMaxRoot = 512'000;

/// A folder that has a root keeps it: newer ones come by way of it.
Result<void> place_root(const fs::path& folder, const fs::path& root) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) return fail(ErrorKind::kIo, "cannot make " + folder.string() + ": " + code.message());
  if (fs::exists(folder / "root.json", code)) return {};
  SKIFF_ASSIGN(const Bytes bytes, read_file(root, kMaxRoot));
  return tuf::Client::init(folder, bytes);
}

}  // namespace

std::string Permits::text_of(const Record& record) {
  return json_text(Json::Object{{"v", kVersion},
                                {"image", record.image ? image_json(*record.image) : Json()},
                                {"counter", record.counter},
                                {"on_trial", record.on_trial},
                                {"floor", record.floor},
                                {"good_time", record.good_time}});
}

Result<Permits::Record> Permits::parse(std::string_view text) {
  SKIFF_ASSIGN(const Json json, parse_json(as_bytes(text)));
  SKIFF_ASSIGN(const std::uint64_t version, unsigned_member(json, "v"));
  if (version != kVersion) return fail(ErrorKind::kUnsupported, "permits of another version");
  Record record;
  const Json* image = json.find("image");
  if (image != nullptr && !image->is_null()) {
    SKIFF_ASSIGN(record.image, image_member(json, "image"));
  }
  SKIFF_ASSIGN(record.counter, unsigned_member(json, "counter"));
  SKIFF_ASSIGN(record.on_trial, unsigned_member(json, "on_trial"));
  SKIFF_ASSIGN(record.floor, unsigned_member(json, "floor"));
  SKIFF_ASSIGN(record.good_time, integer_member(json, "good_time"));
  return record;
}

Result<Permits> Permits::open(const Config& config, Storage& storage, WallClock wall) {
  const fs::path& folder = config.warden.state;
  SKIFF_TRY(place_root(folder / "metadata", config.warden.root));
  SKIFF_ASSIGN(RecordPair file, RecordPair::open(storage, folder / "permits", kCopy));
  Permits permits(config, storage, std::move(wall), std::move(file));
  if (permits.file_.text()) {
    SKIFF_ASSIGN(permits.record_, parse(*permits.file_.text()));
  }
  return permits;
}

Result<void> Permits::save(Record next) {
  SKIFF_TRY(file_.write(text_of(next)));
  record_ = std::move(next);
  return {};
}

Result<void> Permits::permit(std::string_view release, tuf::Fetcher& agent) {
  StoredMetadata files(*storage_);
  tuf::ClientOptions options;
  options.metadata_dir = metadata_dir();
  options.now = trusted_time({wall_(), record_.good_time, kBuildTime, 0});
  options.files = &files;
  Record next = record_;
  next.good_time = options.now;
  SKIFF_ASSIGN(tuf::Client client, tuf::Client::open(std::move(options), agent));
  SKIFF_TRY(client.refresh());
  DeviceFacts device;
  device.hardware = config_->hardware;
  device.counter_floor = std::max(record_.floor, config_->warden.counter);
  SKIFF_ASSIGN(const Release found, authorise_release(client, release, device));
  next.image = found.image;
  next.counter = found.release_counter;
  return save(std::move(next));
}

Result<void> Permits::check(const fs::path& slot) const {
  if (!record_.image) return fail(ErrorKind::kMismatch, "warden: no release is permitted");
  return read_back(*storage_, slot, *record_.image);
}

Result<void> Permits::note_arming() {
  Record next = record_;
  next.on_trial = record_.counter;
  return save(std::move(next));
}

Result<void> Permits::note_commit() {
  if (record_.on_trial <= record_.floor) return {};
  Record next = record_;
  next.floor = record_.on_trial;
  return save(std::move(next));
}

}  // namespace skiff::agent
