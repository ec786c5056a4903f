// tuf::Client: the search for targets through the delegations of one update cycle (TUF specification 5.6.7).
#include <algorithm>
#include <iterator>
#include <set>

#include "skiff/tuf.hpp"
#include "trust/update_cycle.hpp"

namespace skiff::tuf {
namespace {

constexpr std::string_view kTop = "targets";

/// A role still to be visited, with the keys that its delegator gives it; the top-level role has been loaded.
struct Visit {
  std::string name{kTop};
  KeyRing keys;
  std::string delegator = "root";
};

Result<const Targets*> load(UpdateCycle& cycle, const Visit& visit) {
  if (visit.name == kTop) return &cycle.top();
  return cycle.update_targets(visit.name, visit.keys, visit.delegator);
}

/// The roles that a delegator asks to be visited for a name, in order of priority, and whether nobody else
/// is.
struct Delegates {
  std::vector<Visit> visits;
  bool terminating = false;
};

Delegates delegates_for(const Targets& targets, const std::string& delegator, std::string_view name) {
  if (const auto& bins = targets.bins) {
    return {.visits = {{bins->name_of(bins->number_for(name)), bins->keys, delegator}}, .terminating = true};
  }
  Delegates delegates;
  for (const DelegatedRole& role : targets.delegations) {
    if (!role.covers(name)) continue;
    delegates.visits.push_back({role.name, role.keys, delegator});
    delegates.terminating = role.terminating;
    if (role.terminating) break;
  }
  return delegates;
}

/// Remembers where a search has been; the second way to a role is another visit, as it has other keys.
class Trail {
 public:
  explicit Trail(std::uint32_t limit) : limit_(limit) {}
  /// Whether the visit is new; kLimit where there were too many.
  Result<bool> enter(const Visit& visit) {
    if (!seen_.emplace(visit.name, visit.delegator).second) return false;
    if (seen_.size() > std::size_t{limit_} + 1) {  // the top-level role is no delegation
      return fail(ErrorKind::kLimit,
                  "more than " + std::to_string(limit_) + " delegated roles to look through");
    }
    return true;
  }

 private:
  std::uint32_t limit_;
  std::set<std::pair<std::string, std::string>> seen_;
};

/// Pre-order, in order of priority; a terminating delegation that covers the name ends the search after it,
/// and so does a role on the way that cannot be had or does not hold: nobody after it may speak in its place.
Result<std::optional<Target>> search_roles(UpdateCycle& cycle, std::string_view name) {
  Trail trail(cycle.limits().delegations);
  std::vector<Visit> to_visit = {Visit()};  // the next one last
  while (!to_visit.empty()) {
    const Visit visit = std::move(to_visit.back());
    to_visit.pop_back();
    SKIFF_ASSIGN(const bool is_new, trail.enter(visit));
    if (!is_new) continue;
    SKIFF_ASSIGN(const Targets* const targets, load(cycle, visit));
    if (const auto found = targets->targets.find(name); found != targets->targets.end()) {
      Target target = found->second;
      target.role = visit.name;
      target.hash_prefixed = cycle.has_consistent_snapshots();
      return std::optional<Target>(std::move(target));
    }
    Delegates delegates = delegates_for(*targets, visit.name, name);
    if (delegates.terminating) to_visit.clear();
    std::move(delegates.visits.rbegin(), delegates.visits.rend(), std::back_inserter(to_visit));
  }
  return std::optional<Target>();
}

Result<std::optional<Target>> search(UpdateCycle& cycle, std::string_view name) {
  Result<std::optional<Target>> found = search_roles(cycle, name);
  if (!found) return fail_with(std::move(found).error(), std::string(name) + " cannot be found");
  return found;
}

/// The metadata of a role by its name alone, wherever in the delegations it is.
Result<const Targets*> locate(UpdateCycle& cycle, std::string_view role) {
  if (role == kTop) return &cycle.top();
  Trail trail(cycle.limits().delegations);
  std::vector<Visit> to_visit = {Visit()};
  for (std::size_t next = 0; next < to_visit.size(); ++next) {
    const Visit visit = to_visit[next];
    SKIFF_ASSIGN(const bool is_new, trail.enter(visit));
    if (!is_new) continue;
    SKIFF_ASSIGN(const Targets* const targets, load(cycle, visit));
    const auto found = std::ranges::find(targets->delegations, role, &DelegatedRole::name);
    if (found != targets->delegations.end()) return load(cycle, {found->name, found->keys, visit.name});
    for (const DelegatedRole& child : targets->delegations) {
      to_visit.push_back({child.name, child.keys, visit.name});
    }
  }
  return fail(ErrorKind::kNotFound, "nobody delegates to a role " + std::string(role));
}

}  // namespace

std::string Target::wire_path() const {
  if (!hash_prefixed) return name;
  const std::size_t slash = name.rfind('/');
  const std::size_t start = slash == std::string::npos ? 0 : slash + 1;
  const auto sha256_hash = hashes.find("sha256");
  const std::string hash = sha256_hash != hashes.end() ? sha256_hash->second
                           : hashes.empty()            ? std::string()
                                                       : hashes.begin()->second;
  return name.substr(0, start) + hash + "." + name.substr(start);
}

Result<void> Target::check(ByteView bytes) const {
  return check_file(FileMeta{.version = 0, .length = length, .hashes = hashes}, bytes, name);
}

class Client::Impl {
 public:
  Impl(ClientOptions options, Fetcher& fetcher, Root root)
      : cycle_(std::move(options), fetcher, std::move(root)) {}

  Result<void> refresh() { return cycle_.refresh(); }
  Result<std::optional<Target>> find(std::string_view name) {
    SKIFF_TRY(ensure_fresh());
    return search(cycle_, name);
  }
  Result<std::vector<Target>> list(std::string_view role) {
    SKIFF_TRY(ensure_fresh());
    SKIFF_ASSIGN(const Targets* const targets, locate(cycle_, role));
    std::vector<Target> vouched;
    for (const auto& [name, target] : targets->targets) {
      // What the role lists counts only where the delegations lead to it for that very name.
      SKIFF_ASSIGN(std::optional<Target> found, search(cycle_, name));
      if (found && found->role == role) vouched.push_back(std::move(*found));
    }
    return vouched;
  }

 private:
  Result<void> ensure_fresh() { return cycle_.is_fresh() ? Result<void>{} : cycle_.refresh(); }

  UpdateCycle cycle_;
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<void> Client::init(const std::filesystem::path& metadata_dir, ByteView root) {
  SKIFF_TRY(read_first_root(root));
  std::error_code error;
  std::filesystem::create_directories(metadata_dir, error);
  if (error) {
    return fail(ErrorKind::kIo, "cannot create " + metadata_dir.string() + ": " + error.message());
  }
  MetadataStore store(metadata_dir);
  SKIFF_ASSIGN(const std::optional<Bytes> present, store.load("root", Limits().root));
  if (!present) return store.save("root", root);
  if (std::ranges::equal(*present, root)) return {};
  return fail(ErrorKind::kUsage, metadata_dir.string() + " has another trusted root already");
}

Result<Client> Client::open(ClientOptions options, Fetcher& fetcher) {
  const MetadataStore store(options.metadata_dir, options.files);
  SKIFF_ASSIGN(const std::optional<Bytes> bytes, store.load("root", options.limits.root));
  if (!bytes) return fail(ErrorKind::kNotFound, options.metadata_dir.string() + " has no trusted root");
  SKIFF_ASSIGN(Root root, read_first_root(*bytes));
  return Client(std::make_unique<Impl>(std::move(options), fetcher, std::move(root)));
}

Result<void> Client::refresh() { return impl_->refresh(); }
Result<std::optional<Target>> Client::find(std::string_view name) { return impl_->find(name); }
Result<std::vector<Target>> Client::list(std::string_view role) { return impl_->list(role); }

}  // namespace skiff::tuf
