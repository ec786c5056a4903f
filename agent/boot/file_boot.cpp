#include "agent/boot/file_boot.hpp"

namespace skiff::agent {
namespace {

std::optional<BootState> understood(const RecordPair& record) {
  if (!record.text()) return std::nullopt;
  const Result<BootState> state = parse_boot_state(*record.text());
  return state ? std::optional(*state) : std::nullopt;
}

}  // namespace

Result<std::optional<BootState>> read_boot_state(Storage& storage, const std::filesystem::path& path) {
  SKIFF_ASSIGN(const RecordPair record, RecordPair::open(storage, path, FileBoot::kCopy));
  return understood(record);
}

Result<FileBoot> FileBoot::open(Storage& storage, const std::filesystem::path& path, Slot running) {
  SKIFF_ASSIGN(RecordPair record, RecordPair::open(storage, path, kCopy));
  if (const std::optional<BootState> known = understood(record)) return FileBoot(std::move(record), *known);
  BootState state;
  state.primary = running;
  SKIFF_TRY(record.write(boot_state_text(state)));
  return FileBoot(std::move(record), state);
}

Result<BootStatus> FileBoot::status() {
  BootStatus status;
  status.booted = state_.booted;
  status.tries = state_.tries;
  (state_.primary == Slot::kA ? status.a : status.b) = Bootable::kGood;
  (state_.primary == Slot::kA ? status.b : status.a) = state_.other;
  return status;
}

Result<void> FileBoot::mark_bad(Slot slot) { return save(with_bad(state_, slot)); }

Result<void> FileBoot::arm(Slot slot, std::uint32_t tries) { return save(with_armed(state_, slot, tries)); }

Result<void> FileBoot::commit(Slot slot) { return save(with_committed(state_, slot)); }

Result<Slot> FileBoot::launch() {
  const auto [slot, changed] = choose_slot(state_);
  SKIFF_TRY(save(changed));
  return slot;
}

Result<void> FileBoot::save(Result<BootState> changed) {
  SKIFF_ASSIGN(const BootState next, std::move(changed));
  if (next == state_) return {};
  SKIFF_TRY(record_.write(boot_state_text(next)));
  state_ = next;
  return {};
}

}  // namespace skiff::agent
