// StateStore: the journal and the identity on disk, and what is made of them when they cannot be read.
#pragma once

#include "agent/machine/identity.hpp"
#include "agent/machine/update_record.hpp"
#include "agent/system/record_pair.hpp"

namespace skiff::agent {

class StateStore {
 public:
  /// Opens `journal` and `identity` in `folder`.
  static Result<StateStore> open(Storage& storage, const std::filesystem::path& folder);

  /// nullopt: there is none, or neither of its copies can be understood.
  [[nodiscard]] std::optional<UpdateRecord> record() const;
  [[nodiscard]] std::optional<Identity> identity() const;
  /// Durable when it returns; nothing is written where nothing changed.
  Result<void> save(const UpdateRecord& record);
  Result<void> save(const Identity& identity);

 private:
  StateStore(RecordPair journal, RecordPair identity)
      : journal_(std::move(journal)), identity_(std::move(identity)) {}

  RecordPair journal_;
  RecordPair identity_;
};

}  // namespace skiff::agent
