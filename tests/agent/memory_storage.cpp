#include "tests/agent/memory_storage.hpp"

#include <algorithm>

namespace skiff::testing {

namespace fs = std::filesystem;

constexpr std::size_t kSector = 512;

class MemoryFile final : public agent::DurableFile {
 public:
  MemoryFile(MemoryStorage& storage, fs::path path) : storage_(storage), path_(std::move(path)) {}

  [[nodiscard]] std::uint64_t size() const override { return storage_.content(path_).size(); }
  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override {
    if (storage_.dead_) return fail(ErrorKind::kIo, "no power");
    const Bytes& bytes = *storage_.files_.at(path_).live;
    return ViewSource(bytes).read_at(offset, out);
  }
  Result<void> write_at(std::uint64_t offset, ByteView bytes) override {
    return change("write", MemoryStorage::Write{offset, Bytes(bytes.begin(), bytes.end())});
  }
  Result<void> set_length(std::uint64_t length) override {
    return change("set_length", MemoryStorage::SetLength{length});
  }
  Result<void> sync() override {
    SKIFF_TRY(storage_.step("sync", path_));
    if (path_ == storage_.elided_) return {};
    MemoryStorage::File& file = storage_.files_.at(path_);
    file.durable = file.live;
    file.pending.clear();
    return {};
  }
  Result<void> drop_cache() override { return {}; }

 private:
  /// A change that the power is cut in is among the pending ones: it may or may not have happened.
  Result<void> change(std::string_view what, MemoryStorage::Change change) {
    const bool was_dead = storage_.dead_;
    const Result<void> stepped = storage_.step(what, path_);
    if (was_dead || (!stepped && !storage_.dead_)) return stepped;
    MemoryStorage::File& file = storage_.files_.at(path_);
    MemoryStorage::apply(file.live, change);
    file.pending.push_back(std::move(change));
    return stepped;
  }

  MemoryStorage& storage_;
  fs::path path_;
};

Result<void> MemoryStorage::step(std::string_view what, const fs::path& path) {
  if (dead_) return fail(ErrorKind::kIo, "no power");
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
  if (dead_) return fail(ErrorKind::kIo, "no power");
  File& file = files_[path];
  if (!file.live && access != agent::Access::kWrite) {
    return fail(ErrorKind::kNotFound, path.string() + " does not exist");
  }
  if (!file.live) {
    file.live = Bytes{};
    file.pending.emplace_back(SetLength{0});
  }
  return std::make_unique<MemoryFile>(*this, path);
}

Result<void> MemoryStorage::replace(const fs::path& path, ByteView bytes) {
  const bool was_dead = dead_;
  const Result<void> stepped = step("replace", path);
  if (was_dead || (!stepped && !dead_)) return stepped;
  File& file = files_[path];
  file.pending.emplace_back(Replace{Bytes(bytes.begin(), bytes.end())});
  file.live = Bytes(bytes.begin(), bytes.end());
  if (!stepped) return stepped;
  file.durable = file.live;
  file.pending.clear();
  return {};
}

Result<void> MemoryStorage::remove(const fs::path& path) {
  const bool was_dead = dead_;
  const Result<void> stepped = step("remove", path);
  if (was_dead) return stepped;
  File& file = files_[path];
  file.pending.emplace_back(Replace{std::nullopt});
  file.live.reset();
  return stepped;
}

Result<std::vector<std::string>> MemoryStorage::list(const fs::path& folder) {
  if (dead_) return fail(ErrorKind::kIo, "no power");
  std::vector<std::string> names;
  for (const auto& [path, file] : files_) {
    if (path.parent_path() == folder && file.live) names.push_back(path.filename().string());
  }
  return names;
}

void MemoryStorage::apply(std::optional<Bytes>& content, const Change& change) {
  if (const auto* write = std::get_if<Write>(&change)) {
    if (!content) content = Bytes{};
    content->resize(std::max<std::size_t>(content->size(), write->offset + write->bytes.size()));
    std::copy(write->bytes.begin(), write->bytes.end(),
              content->begin() + static_cast<std::ptrdiff_t>(write->offset));
  } else if (const auto* length = std::get_if<SetLength>(&change)) {
    if (!content) content = Bytes{};
    content->resize(length->length);
  } else {
    content = std::get<Replace>(change).content;
  }
}

void MemoryStorage::settle(File& file, Fate fate, std::mt19937& random) const {
  for (const Change& change : file.pending) {
    if (fate == Fate::kLost) break;
    const auto* write = std::get_if<Write>(&change);
    if (fate == Fate::kKept || write == nullptr) {
      if (fate == Fate::kKept || random() % 2 == 0) apply(file.durable, change);
      continue;
    }
    for (std::size_t at = 0; at < write->bytes.size(); at += kSector) {
      if (random() % 2 == 0) continue;
      const std::size_t end = std::min(at + kSector, write->bytes.size());
      apply(file.durable,
            Write{write->offset + at, Bytes(write->bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                            write->bytes.begin() + static_cast<std::ptrdiff_t>(end))});
    }
  }
  file.pending.clear();
  file.live = file.durable;
}

void MemoryStorage::power_cycle(Fate fate, unsigned seed) {
  std::mt19937 random(seed);
  for (auto& [path, file] : files_) settle(file, fate, random);
  dead_ = false;
  left_ = std::numeric_limits<std::uint64_t>::max();
}

void MemoryStorage::put(const fs::path& path, ByteView bytes) {
  files_[path] = File{Bytes(bytes.begin(), bytes.end()), Bytes(bytes.begin(), bytes.end()), {}};
}

Bytes MemoryStorage::content(const fs::path& path) const {
  const auto file = files_.find(path);
  return file == files_.end() ? Bytes{} : file->second.live.value_or(Bytes{});
}

}  // namespace skiff::testing
