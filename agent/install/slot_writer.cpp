#include "agent/install/slot_writer.hpp"

namespace skiff::agent {

Result<void> SlotWriter::guarded(Result<void> result) {
  if (!result) broken_ = true;
  return result;
}

Result<void> SlotWriter::write_at(std::uint64_t offset, ByteView bytes) {
  if (broken_) return fail(ErrorKind::kIo, "the slot failed before");
  return guarded(slot_.write_at(offset, bytes));
}

Result<void> SlotWriter::segment_done(std::uint64_t segment) {
  if (broken_) return fail(ErrorKind::kIo, "the slot failed before");
  SKIFF_TRY(guarded(slot_.sync()));
  return guarded(journal_(segment + 1));
}

}  // namespace skiff::agent
