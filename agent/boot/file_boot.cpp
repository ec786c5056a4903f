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

Result<Slot> FileBoot::launch() {
  const auto [slot, changed] = choose_slot(state());
  SKIFF_TRY(save(changed));
  return slot;
}

}  // namespace skiff::agent
