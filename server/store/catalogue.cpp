#include "store/catalogue.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "event_log.hpp"
#include "skiff/block_tree.hpp"
#include "skiff/packed.hpp"
#include "skiff/repository.hpp"
#include "skiff/trust.hpp"

namespace skiff::server {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxMetadata = 5'000'000;   // bytes, the largest limit of a TUF client
constexpr std::int64_t kClockGranule = 50'000'000;  // nanoseconds within which two changes may look as one
constexpr std::int64_t kNanoseconds = 1'000'000'000;

class OwnedSource final : public Source {
 public:
  explicit OwnedSource(Bytes bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override {
    return ViewSource(bytes_).read_at(offset, out);
  }

 private:
  Bytes bytes_;
};

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * kNanoseconds + time.tv_nsec; }

/// "12.snapshot.json" is, "timestamp.json" is not.
bool is_versioned(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot != 0 && std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(dot),
                                 [](unsigned char c) { return std::isdigit(c) != 0; });
}

Result<ServedFile> load_metadata(const fs::path& path, bool immutable) {
  SKIFF_ASSIGN(Bytes bytes, read_file(path, kMaxMetadata));
  ServedFile file{path, sha256(bytes), bytes.size(), nullptr, immutable, nullptr};
  if (immutable) file.packed = std::make_shared<PackedForm>();
  if (!immutable) file.in_memory = std::make_shared<OwnedSource>(std::move(bytes));
  return file;
}

/// Every .json of the folder; versioned ones already known need not be read again.
Result<void> list_metadata(const fs::path& folder, const CatalogueView* known, CatalogueView& view) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.ends_with(".json") || name.starts_with('.')) continue;
    const bool immutable = is_versioned(name);
    if (known != nullptr && immutable) {
      if (const auto found = known->metadata.find(name); found != known->metadata.end()) {
        view.metadata.insert(*found);
        continue;
      }
    }
    SKIFF_ASSIGN(ServedFile file, load_metadata(entry->path(), immutable));
    view.metadata.emplace(name, std::move(file));
  }
  if (error) return fail(ErrorKind::kIo, "cannot list " + folder.string() + ": " + error.message());
  return {};
}

std::string image_wire_path(const Release& release) {
  tuf::Target target;
  target.name = release.target;
  target.length = release.image.length;
  target.hashes["sha256"] = release.image.sha256.hex();
  return target.wire_path();
}

/// The deltas of an earlier view: their heads need not be read again.
std::map<Sha256, const OfferedDelta*> deltas_of(const CatalogueView* known) {
  std::map<Sha256, const OfferedDelta*> deltas;
  if (known == nullptr) return deltas;
  for (const OfferedDelta& delta : known->deltas) deltas.emplace(delta.offer.sha256, &delta);
  return deltas;
}

Result<OfferedDelta> load_delta(const DeltaOffer& offer, const fs::path& path) {
  SKIFF_ASSIGN(const std::unique_ptr<Source> source, open_source(path));
  SKIFF_ASSIGN(const DeltaInfo info, read_delta_info(*source));
  SKIFF_ASSIGN(RepackerVersions repackers, needed_repackers(info));
  return OfferedDelta{offer, info.codec, std::move(repackers)};
}

void list_tree(const Repository& repository, const DeltaOffer& offer, CatalogueView& view) {
  const std::string path = offer.stored_base->tree_wire_path();
  view.targets.emplace(path, ServedFile{repository.folder() / "targets" / path, offer.stored_base->tree,
                                        tree_length(offer.base.length), nullptr, true, nullptr});
}

Result<void> list_targets(const Repository& repository, const CatalogueView* known, CatalogueView& view) {
  SKIFF_ASSIGN(view.releases, repository.published_releases());
  for (const Release& release : view.releases) {
    view.targets.emplace(image_wire_path(release),
                         ServedFile{repository.target_file(release.target, release.image.sha256),
                                    release.image.sha256, release.image.length, nullptr, true, nullptr});
  }
  SKIFF_ASSIGN(const std::vector<DeltaOffer> offers, repository.published_deltas());
  const std::map<Sha256, const OfferedDelta*> read_before = deltas_of(known);
  for (const DeltaOffer& offer : offers) {
    const fs::path path = repository.target_file(offer.target, offer.sha256);
    if (const auto same = read_before.find(offer.sha256); same != read_before.end()) {
      view.deltas.push_back({offer, same->second->codec, same->second->repackers});
    } else {
      SKIFF_ASSIGN(OfferedDelta delta, load_delta(offer, path));
      view.deltas.push_back(std::move(delta));
    }
    view.targets.emplace(offer.wire_path,
                         ServedFile{path, offer.sha256, offer.length, nullptr, true, nullptr});
    if (offer.stored_base) list_tree(repository, offer, view);
  }
  return {};
}

}  // namespace

std::shared_ptr<const Source> PackedForm::of(const Source& text) {
  std::call_once(once_, [&] {
    Bytes bytes(static_cast<std::size_t>(text.size()));
    if (!text.read_at(0, bytes)) return;
    if (Result<Bytes> packed = pack_text(bytes)) packed_ = std::make_shared<OwnedSource>(std::move(*packed));
  });
  return packed_;
}

Result<std::shared_ptr<const Source>> ServedFile::open() const {
  if (in_memory != nullptr) return in_memory;
  SKIFF_ASSIGN(std::shared_ptr<const Source> source, open_source(path));
  if (source->size() != length) {
    return fail(ErrorKind::kMismatch, path.string() + " is not as long as metadata says");
  }
  return source;
}

const Release* CatalogueView::find_image(const Sha256& image) const {
  const auto found = std::find_if(releases.begin(), releases.end(),
                                  [&](const Release& release) { return release.image.sha256 == image; });
  return found == releases.end() ? nullptr : &*found;
}

const Release* CatalogueView::find_release(std::string_view target) const {
  const auto found = std::find_if(releases.begin(), releases.end(),
                                  [&](const Release& release) { return release.target == target; });
  return found == releases.end() ? nullptr : &*found;
}

Result<std::shared_ptr<const Source>> CatalogueView::open_image(const Release& release) const {
  const auto found = targets.find(image_wire_path(release));
  if (found == targets.end()) return fail(ErrorKind::kNotFound, "no image of " + release.target);
  return found->second.open();
}

Result<std::unique_ptr<Catalogue>> Catalogue::open(const fs::path& folder) {
  SKIFF_ASSIGN(Repository repository, Repository::open(folder));
  std::unique_ptr<Catalogue> catalogue(new Catalogue(folder, std::move(repository)));
  SKIFF_TRY(catalogue->reload());
  return catalogue;
}

std::shared_ptr<const CatalogueView> Catalogue::view() {
  const std::lock_guard lock(mutex_);
  const auto stamp = read_stamp();
  if (stamp && stamp_ == *stamp) return view_;
  if (const auto reloaded = reload(); !reloaded) {
    log_event(Severity::kWarning, "catalogue-stale", {{"error", reloaded.error().text()}});
  }
  return view_;
}

Result<Catalogue::Stamp> Catalogue::read_stamp() const {
  struct stat folder = {};
  struct stat timestamp = {};
  const fs::path metadata = folder_ / "metadata";
  if (::stat(metadata.c_str(), &folder) != 0 ||
      ::stat((metadata / "timestamp.json").c_str(), &timestamp) != 0) {
    return fail(ErrorKind::kIo, "cannot inspect " + metadata.string() + ": " + std::strerror(errno));
  }
  return Stamp{nanoseconds(folder.st_mtim), nanoseconds(timestamp.st_mtim), timestamp.st_ino};
}

Result<void> Catalogue::reload() {
  SKIFF_ASSIGN(const Stamp stamp, read_stamp());
  auto view = std::make_shared<CatalogueView>();
  SKIFF_TRY(list_targets(repository_, view_.get(), *view));
  SKIFF_TRY(list_metadata(folder_ / "metadata", view_.get(), *view));
  timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  // A folder that changed just now may change again without its time showing it.
  const bool settled = nanoseconds(now) - stamp.folder_changed > kClockGranule;
  stamp_ = settled ? std::optional(stamp) : std::nullopt;
  view_ = std::move(view);
  return {};
}

}  // namespace skiff::server
