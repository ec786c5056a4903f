#include <algorithm>
#include <new>
#include <string>

#include "skiff/applier.hpp"
#include "skiff/apply.h"

namespace skiff {
namespace {

constexpr std::uint64_t kDefaultMemory = std::uint64_t{8} << 20;

int code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kFormat:
      return SKIFF_E_FORMAT;
    case ErrorKind::kMismatch:
      return SKIFF_E_MISMATCH;
    case ErrorKind::kLimit:
      return SKIFF_E_LIMIT;
    case ErrorKind::kUnsupported:
      return SKIFF_E_UNSUPPORTED;
    case ErrorKind::kSignature:
      return SKIFF_E_SIGNATURE;
    case ErrorKind::kUsage:
      return SKIFF_E_USAGE;
    default:
      return SKIFF_E_IO;
  }
}

/// The base image behind `read_old`.
class CallbackSource final : public Source {
 public:
  CallbackSource(const skiff_callbacks& callbacks, std::uint64_t size) : callbacks_(callbacks), size_(size) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override {
    if (callbacks_.read_old(callbacks_.user, offset, out.data(), out.size()) == 0) return {};
    return fail(ErrorKind::kIo, "read_old failed at byte " + std::to_string(offset) + " of the base image");
  }

 private:
  const skiff_callbacks& callbacks_;
  std::uint64_t size_;
};

/// The result image behind `write_new` and `segment_done`.
class CallbackWriter final : public ResultWriter {
 public:
  explicit CallbackWriter(const skiff_callbacks& callbacks) : callbacks_(callbacks) {}
  Result<void> write_at(std::uint64_t offset, ByteView bytes) override {
    if (callbacks_.write_new(callbacks_.user, offset, bytes.data(), bytes.size()) == 0) return {};
    return fail(ErrorKind::kIo,
                "write_new failed at byte " + std::to_string(offset) + " of the result image");
  }
  Result<void> segment_done(std::uint64_t segment) override {
    if (!callbacks_.segment_done || callbacks_.segment_done(callbacks_.user, segment) == 0) return {};
    return fail(ErrorKind::kIo, "segment_done failed for segment " + std::to_string(segment));
  }

 private:
  const skiff_callbacks& callbacks_;
};

/// A hash state that the caller owns until it is closed: closed exactly once, also if nobody asks for the
/// digest.
class CallbackHasher final : public Hasher {
 public:
  CallbackHasher(const skiff_callbacks& callbacks, void* state) : callbacks_(callbacks), state_(state) {}
  ~CallbackHasher() override {
    if (state_) close();
  }
  void update(ByteView bytes) override { callbacks_.sha256_update(state_, bytes.data(), bytes.size()); }
  Sha256 finish() override { return close(); }

 private:
  Sha256 close() {
    Sha256 digest;
    callbacks_.sha256_close(std::exchange(state_, nullptr), digest.bytes.data());
    return digest;
  }

  const skiff_callbacks& callbacks_;
  void* state_;
};

std::unique_ptr<Hasher> open_hasher(const skiff_callbacks& callbacks) {
  void* state = callbacks.sha256_open(callbacks.user);
  return state ? std::make_unique<CallbackHasher>(callbacks, state) : nullptr;
}

const Repacker* repacker_of(const skiff_repacker* handle) {
  return reinterpret_cast<const Repacker*>(handle);
}

ApplyOptions options_of(const skiff_apply_options& options) {
  ApplyOptions converted;
  converted.max_memory = options.max_memory == 0 ? kDefaultMemory : options.max_memory;
  converted.threads = std::max(options.threads, 1U);
  if (options.frames_root) {
    converted.frames_root.emplace();
    std::copy_n(options.frames_root, converted.frames_root->bytes.size(),
                converted.frames_root->bytes.begin());
  }
  for (size_t i = 0; i < options.repacker_count; ++i)
    converted.repackers.push_back(repacker_of(options.repackers[i]));
  return converted;
}

bool is_complete(const skiff_callbacks* callbacks) {
  return callbacks && callbacks->read_old && callbacks->write_new && callbacks->sha256_open &&
         callbacks->sha256_update && callbacks->sha256_close;
}

}  // namespace
}  // namespace skiff

struct skiff_applier {
  skiff_applier(const skiff_callbacks& given, const skiff_apply_options& options)
      : callbacks(given),
        base(callbacks, options.base_length),
        writer(callbacks),
        applier(base, writer, skiff::options_of(options), [this] { return skiff::open_hasher(callbacks); }) {}

  int report(const skiff::Result<void>& outcome) {
    if (outcome) return SKIFF_OK;
    error = outcome.error().text();
    return skiff::code_of(outcome.error().kind);
  }

  skiff_callbacks callbacks;
  skiff::CallbackSource base;
  skiff::CallbackWriter writer;
  skiff::Applier applier;
  std::string error;
};

skiff_applier* skiff_applier_open(const skiff_callbacks* callbacks, const skiff_apply_options* options) {
  if (!skiff::is_complete(callbacks) || !options) return nullptr;
  if (options->repacker_count != 0 && !options->repackers) return nullptr;
  return new (std::nothrow) skiff_applier(*callbacks, *options);
}

int skiff_applier_push(skiff_applier* applier, const void* bytes, size_t length) {
  if (!applier || (!bytes && length != 0)) return SKIFF_E_USAGE;
  return applier->report(applier->applier.push({static_cast<const std::uint8_t*>(bytes), length}));
}

int skiff_applier_resume(skiff_applier* applier, uint64_t segment) {
  if (!applier) return SKIFF_E_USAGE;
  return applier->report(applier->applier.resume_at(segment));
}

uint64_t skiff_applier_next(const skiff_applier* applier) {
  return applier ? applier->applier.next_offset() : 0;
}

uint64_t skiff_applier_wanted(const skiff_applier* applier) {
  return applier ? applier->applier.next_length() : 0;
}

int skiff_applier_done(const skiff_applier* applier) { return applier && applier->applier.done() ? 1 : 0; }

const char* skiff_applier_error(const skiff_applier* applier) {
  return applier ? applier->error.c_str() : "";
}

void skiff_applier_close(skiff_applier* applier) { delete applier; }

const char* skiff_repacker_name(const skiff_repacker* repacker) {
  return repacker ? skiff::repacker_of(repacker)->name().data() : "";
}

uint64_t skiff_repacker_version(const skiff_repacker* repacker) {
  return repacker ? skiff::repacker_of(repacker)->version() : 0;
}
