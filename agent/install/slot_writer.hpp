// SlotWriter: puts the result image into the inactive slot and says, segment by segment, what is there for
// good.
#pragma once

#include <functional>

#include "agent/system/storage.hpp"
#include "skiff/applier.hpp"

namespace skiff::agent {

/// A segment that is done: synced to the slot first, and only then told to `journal`. After any error of the
/// slot nothing more is believed: every further call fails, and the slot has to be opened again and the
/// segment written again.
class SlotWriter final : public ResultWriter {
 public:
  using Journal = std::function<Result<void>(std::uint64_t segments_done)>;
  SlotWriter(DurableFile& slot, Journal journal) : slot_(slot), journal_(std::move(journal)) {}

  Result<void> write_at(std::uint64_t offset, ByteView bytes) override;
  Result<void> segment_done(std::uint64_t segment) override;

 private:
  Result<void> guarded(Result<void> result);

  DurableFile& slot_;
  Journal journal_;
  bool broken_ = false;
};

}  // namespace skiff::agent
