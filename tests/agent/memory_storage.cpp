#include "tests/agent/memory_storage.hpp"

#include <algorithm>

namespace skiff::testing {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kSector = 512;

tl::unexpected<Error> no_power() { return fail(ErrorKind::kIo, "no power"); }

}  // namespace

class MemoryFile final : public agent::DurableFile {
 public:
  MemoryFile(MemoryStorage& storage, std::shared_ptr<MemoryStorage::Content> content, fs::path path)
      : storage_(storage), content_(std::move(content)), path_(std::move(path)) {}

  [[nodiscard]] std::uint64_t size() const override { return content_->live.size(); }
  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override {
    if (storage_.dead_) return no_power();
    return ViewSource(content_->live).read_at(offset, out);
  }
  Result<void> write_at(std::uint64_t offset, ByteView bytes) override {
    return change("write", MemoryStorage::Write{offset, Bytes(bytes.begin(), bytes.end())});
  }
  Result<void> set_length(std::uint64_t length) override {
    return change("set_length", MemoryStorage::SetLength{length});
  }
  Result<void> sync() override {
    SKIFF_TRY(storage_.step("sync", path_));
    if (storage_.is_elided("sync " + path_.string())) return {};
    for (const MemoryStorage::Change& change : content_->pending) {
      MemoryStorage::apply(content_->durable, change);
    }
    content_->pending.clear();
    return {};
  }
  Result<void> drop_cache() override { return {}; }

 private:
  /// A change that the power is cut in is among the pending ones: it may or may not have happened.
  Result<void> change(std::string_view what, MemoryStorage::Change change) {
    const bool was_dead = storage_.dead_;
    const Result<void> stepped = storage_.step(what, path_);
    if (was_dead || (!stepped && !storage_.dead_)) return stepped;
    MemoryStorage::apply(content_->live, change);
    content_->pending.push_back(std::move(change));
    return stepped;
  }

  MemoryStorage& storage_;
  std::shared_ptr<MemoryStorage::Content> content_;
  fs::path path_;
};

Result<void> MemoryStorage::step(std::string_view what, const fs::path& path) {
  if (dead_) return no_power();
  const std::string change = std::string(what) + " " + path.string();
  if (observer) observer(change);
  ++changes_;
  if (--left_ == 0) dead_ = true;
  if (failing_.first == change && failing_.second > 0 && --failing_.second == 0) {
    return fail(ErrorKind::kIo, change + " failed");
  }
  return dead_ ? Result<void>(fail(ErrorKind::kIo, "the power went")) : Result<void>{};
}

Result<std::unique_ptr<agent::DurableFile>> MemoryStorage::open(const fs::path& path, agent::Access access) {
  if (dead_) return no_power();
  const bool makes = access == agent::Access::kWrite || access == agent::Access::kNew;
  const auto known = live_.find(path);
  if (known == live_.end()) {
    if (!makes) return fail(ErrorKind::kNotFound, path.string() + " does not exist");
    SKIFF_TRY(change_names("create", path, {{path, std::make_shared<Content>()}}));
  }
  auto file = std::make_unique<MemoryFile>(*this, live_.at(path), path);
  if (access == agent::Access::kNew && file->size() > 0) SKIFF_TRY(file->set_length(0));
  return file;
}

Result<void> MemoryStorage::change_names(std::string_view what, const fs::path& path, NameChange change) {
  const bool was_dead = dead_;
  const Result<void> stepped = step(what, path);
  if (was_dead || (!stepped && !dead_)) return stepped;
  apply(live_, change);
  pending_.push_back(std::move(change));
  return stepped;
}

Result<void> MemoryStorage::rename(const fs::path& from, const fs::path& to) {
  const auto moved = live_.find(from);
  if (moved == live_.end()) return fail(ErrorKind::kNotFound, from.string() + " does not exist");
  return change_names("rename", to, {{to, moved->second}, {from, nullptr}});
}

Result<void> MemoryStorage::remove(const fs::path& path) {
  if (!live_.contains(path)) return dead_ ? Result<void>(no_power()) : Result<void>{};
  return change_names("remove", path, {{path, nullptr}});
}

Result<void> MemoryStorage::sync_folder(const fs::path& folder) {
  SKIFF_TRY(step("sync_folder", folder));
  if (is_elided("sync_folder " + folder.string())) return {};
  std::erase_if(pending_, [&](const NameChange& change) {
    if (change.front().first.parent_path() != folder) return false;
    apply(durable_, change);
    return true;
  });
  return {};
}

Result<std::vector<std::string>> MemoryStorage::list(const fs::path& folder) {
  if (dead_) return no_power();
  std::vector<std::string> names;
  for (const auto& [path, content] : live_) {
    if (path.parent_path() == folder) names.push_back(path.filename().string());
  }
  return names;
}

void MemoryStorage::apply(Bytes& content, const Change& change) {
  if (const auto* length = std::get_if<SetLength>(&change)) {
    content.resize(length->length);
    return;
  }
  const auto& write = std::get<Write>(change);
  content.resize(std::max<std::size_t>(content.size(), write.offset + write.bytes.size()));
  std::ranges::copy(write.bytes, content.begin() + static_cast<std::ptrdiff_t>(write.offset));
}

void MemoryStorage::apply(Names& names, const NameChange& change) {
  for (const auto& [path, content] : change) {
    if (content) {
      names[path] = content;
    } else {
      names.erase(path);
    }
  }
}

void MemoryStorage::settle(Content& content, Fate fate, std::mt19937& random) {
  if (fate == Fate::kReordered) std::ranges::shuffle(content.pending, random);
  for (const Change& change : content.pending) {
    if (fate == Fate::kLost) break;
    const auto* write = std::get_if<Write>(&change);
    if (fate == Fate::kKept || fate == Fate::kSubset || write == nullptr) {
      if (fate == Fate::kKept || random() % 2 == 0) apply(content.durable, change);
      continue;
    }
    for (std::size_t at = 0; at < write->bytes.size(); at += kSector) {
      if (random() % 2 == 0) continue;
      const std::size_t end = std::min(at + kSector, write->bytes.size());
      apply(content.durable,
            Write{write->offset + at, Bytes(write->bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                            write->bytes.begin() + static_cast<std::ptrdiff_t>(end))});
    }
  }
  content.pending.clear();
  content.live = content.durable;
}

void MemoryStorage::power_cycle(Fate fate, unsigned seed) {
  std::mt19937 random(seed);
  for (const NameChange& change : pending_) {
    if (fate == Fate::kKept || (fate != Fate::kLost && random() % 2 == 0)) apply(durable_, change);
  }
  pending_.clear();
  live_ = durable_;
  for (auto& [path, content] : live_) settle(*content, fate, random);
  // A cut that has not come yet still comes: a reboot is no end of it.
  if (std::exchange(dead_, false)) left_ = std::numeric_limits<std::uint64_t>::max();
}

void MemoryStorage::put(const fs::path& path, ByteView bytes) {
  const auto known = live_.find(path);
  const auto content = known == live_.end() ? std::make_shared<Content>() : known->second;
  content->durable = content->live = Bytes(bytes.begin(), bytes.end());
  content->pending.clear();
  live_[path] = durable_[path] = content;
}

Bytes MemoryStorage::content(const fs::path& path) const {
  const auto file = live_.find(path);
  return file == live_.end() ? Bytes{} : file->second->live;
}

}  // namespace skiff::testing
