#include "trust/repository_intake.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "trust/file_names.hpp"
#include "trust/release_names.hpp"
#include "trust/release_rules.hpp"
#include "trust/repository_proposal.hpp"

namespace skiff {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCopyNameBytes = 16;
constexpr std::string_view kExtension = ".json";

/// Keys come before what they sign, and bins before the role that leads to them; none of another role.
std::optional<int> rank_of(std::string_view role) {
  if (role == "root") return 0;
  if (role == "targets") return 1;
  if (role == kReleasesRole) return 3;
  if (is_role_or_bin(role, kReleasesRole)) return 2;
  return std::nullopt;
}

Result<void> copy_newest(const RepositoryFolder& from, const RepositoryFolder& to) {
  SKIFF_ASSIGN(const auto versions, from.newest_versions());
  for (const auto& [file, version] : versions) {
    const std::string name = std::to_string(version) + "." + file;
    std::error_code error;
    fs::copy_file(from.path() / "metadata" / name, to.path() / "metadata" / name, error);
    if (error) return fail(ErrorKind::kIo, "cannot copy " + name + ": " + error.message());
  }
  return {};
}

/// Whether the file is there with this signed part, whoever has signed it besides.
bool has(const RepositoryFolder& folder, const std::string& name, const Json& signed_part) {
  const Result<Bytes> text = folder.read_metadata(name);
  const Result<Json> present = text ? parse_json(*text) : Result<Json>(Json());
  const Json* const part = present ? present->find("signed") : nullptr;
  return part != nullptr && *part == signed_part;
}

bool is_there(const fs::path& file, std::uint64_t length) {
  std::error_code error;
  return fs::file_size(file, error) == length && !error;
}

}  // namespace

std::pair<std::string, std::uint64_t> parse_role_file_name(const std::string& name) {
  std::uint64_t version = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), version);
  const auto digits = static_cast<std::size_t>(end - name.data());
  const std::string_view rest = std::string_view(name).substr(digits);
  if (error != std::errc() || !rest.starts_with('.') || !rest.ends_with(kExtension) ||
      rest.size() <= kExtension.size() + 1) {
    return {};
  }
  std::string role(rest.substr(1, rest.size() - 1 - kExtension.size()));
  if (tuf::versioned_file_name(role, version) != name) return {};  // also whatever could lead out of a folder
  return {std::move(role), version};
}

Result<MetadataCopy> MetadataCopy::create(const RepositoryFolder& of) {
  MetadataCopy made(of.path() / "incoming" / to_hex(random_bytes(kCopyNameBytes)));
  std::error_code error;
  fs::create_directories(made.folder_.path() / "metadata", error);
  if (error)
    return fail(ErrorKind::kIo, "cannot create " + made.folder_.path().string() + ": " + error.message());
  return made;
}

MetadataCopy::MetadataCopy(MetadataCopy&& other) noexcept
    : folder_(std::move(other.folder_)), is_owner_(std::exchange(other.is_owner_, false)) {}

MetadataCopy::~MetadataCopy() {
  std::error_code ignored;
  if (is_owner_) fs::remove_all(folder_.path(), ignored);
}

Result<Intake> Intake::begin(const RepositoryFolder& folder) {
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(folder));
  SKIFF_ASSIGN(std::vector<Release> present, state.releases.list(folder));
  SKIFF_ASSIGN(MetadataCopy trial, MetadataCopy::create(folder));
  SKIFF_TRY(copy_newest(folder, trial.folder()));
  return Intake(folder, std::move(trial), std::move(present));
}

Result<void> Intake::add(const SignRequest& request) {
  SKIFF_ASSIGN(std::string text, finish(trial_.folder(), request));
  return write(request.role(), request.next(), std::move(text));
}

Result<void> Intake::add(const Json::Object& untrusted_files) {
  std::vector<std::tuple<int, std::uint64_t, std::string>> order;
  for (const auto& [name, unused] : untrusted_files) {
    const auto [role, version] = parse_role_file_name(name);
    const std::optional<int> rank = rank_of(role);
    if (version == 0 || !rank) {
      return fail(ErrorKind::kFormat, name + ": no version of root, targets or releases");
    }
    order.emplace_back(*rank, version, name);
  }
  std::ranges::sort(order);
  for (const auto& [rank, version, name] : order) {
    if (const Result<void> added = add_file(name, untrusted_files.find(name)->second); !added) {
      return fail_with(added.error(), name);
    }
  }
  return {};
}

Result<void> Intake::add_file(const std::string& name, const Json& untrusted_file) {
  const auto [role, version] = parse_role_file_name(name);
  SKIFF_ASSIGN(const Json* const part, object_member(untrusted_file, "signed"));
  SKIFF_ASSIGN(const Json* const signatures, array_member(untrusted_file, "signatures"));
  SKIFF_ASSIGN(const std::uint64_t stated, unsigned_member(*part, "version"));
  if (stated != version) return fail(ErrorKind::kFormat, "it is version " + std::to_string(stated));
  if (has(folder_, name, *part)) return {};
  SKIFF_ASSIGN(const std::uint64_t newest, trial_.folder().newest_version(role));
  if (version != newest + 1) {
    return fail(ErrorKind::kMismatch, "the newest version here is " + std::to_string(newest) +
                                          ": fetch it, and sign what follows it");
  }
  SKIFF_ASSIGN(SignRequest request, propose(trial_.folder(), {role, *part}));
  SKIFF_TRY(request.take(*signatures->array()));
  SKIFF_ASSIGN(std::string text, request.finish());
  return write(role, *part, std::move(text));
}

Result<void> Intake::write(const std::string& role, const Json& part, std::string text) {
  SKIFF_ASSIGN(const std::uint64_t version, unsigned_member(part, "version"));
  files_.emplace_back(tuf::versioned_file_name(role, version), std::move(text));
  return trial_.folder().write_metadata(files_.back().first, as_bytes(files_.back().second));
}

Result<std::vector<Release>> Intake::new_releases() const {
  SKIFF_ASSIGN(const RepositoryState state, RepositoryState::load(trial_.folder()));
  SKIFF_ASSIGN(std::vector<Release> releases, state.releases.list(trial_.folder()));
  std::erase_if(releases, [&](const Release& release) {
    const auto before = std::ranges::find(present_, release.target, &Release::target);
    return before != present_.end() && before->image == release.image;
  });
  std::ranges::sort(releases, {}, &Release::release_counter);
  std::vector<Release> before = present_;
  for (const Release& release : releases) {
    if (std::ranges::find(present_, release.target, &Release::target) != present_.end()) continue;
    const NewRelease added{release.target.substr(kReleasesRole.size() + 1), release.hardware, release.version,
                           release.release_counter};
    SKIFF_TRY(check_fields(added));
    SKIFF_TRY(check_successor(before, added));
    before.push_back(release);
  }
  return releases;
}

Result<void> Intake::commit(const fs::path& images) {
  SKIFF_ASSIGN(const std::vector<Release> releases, new_releases());
  std::vector<std::pair<fs::path, fs::path>> moves;
  for (const Release& release : releases) {
    const fs::path place = folder_.target_file(release.target, release.image.sha256);
    if (is_there(place, release.image.length)) continue;
    const fs::path image = images / release.image.sha256.hex();
    if (images.empty() || !is_there(image, release.image.length)) {
      return fail(ErrorKind::kNotFound, "the image of " + release.target + " is not in the repository");
    }
    moves.emplace_back(image, place);
  }
  for (const auto& [image, place] : moves) SKIFF_TRY(RepositoryFolder::place(image, place));
  for (const auto& [name, text] : files_) SKIFF_TRY(folder_.write_metadata(name, as_bytes(text)));
  return {};
}

}  // namespace skiff
