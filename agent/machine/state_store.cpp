#include "agent/machine/state_store.hpp"

namespace skiff::agent {
namespace {

Result<void> write_if_changed(RecordPair& pair, const std::string& text) {
  return pair.text() == text ? Result<void>{} : pair.write(text);
}

}  // namespace

Result<StateStore> StateStore::open(Storage& storage, const std::filesystem::path& folder) {
  SKIFF_ASSIGN(RecordPair journal, RecordPair::open(storage, folder / "journal", kJournalCopy));
  SKIFF_ASSIGN(RecordPair identity, RecordPair::open(storage, folder / "identity", kIdentityCopy));
  return StateStore(std::move(journal), std::move(identity));
}

std::optional<UpdateRecord> StateStore::record() const {
  if (!journal_.text()) return std::nullopt;
  Result<UpdateRecord> record = parse_update_record(*journal_.text());
  return record ? std::optional(std::move(*record)) : std::nullopt;
}

std::optional<Identity> StateStore::identity() const {
  if (!identity_.text()) return std::nullopt;
  Result<Identity> identity = parse_identity(*identity_.text());
  return identity ? std::optional(std::move(*identity)) : std::nullopt;
}

Result<void> StateStore::save(const UpdateRecord& record) {
  return write_if_changed(journal_, update_record_text(record));
}

Result<void> StateStore::save(const Identity& identity) {
  return write_if_changed(identity_, identity_text(identity));
}

}  // namespace skiff::agent
