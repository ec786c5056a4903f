// HeadStage: collects the head of a delta, and gives it away only after its limits and its root were checked.
#pragma once

#include "format/head.hpp"
#include "skiff/applier.hpp"

namespace skiff {

class HeadStage {
 public:
  HeadStage(const ApplyOptions& options, const MakeHasher& make_hasher)
      : options_(options), make_hasher_(make_hasher) {}

  /// Bytes taken so far: the offset of the next one.
  [[nodiscard]] std::uint64_t offset() const { return bytes_.size(); }
  /// Bytes wanted next: of the prefix that tells how long the head is, then up to its end. 0 when complete.
  [[nodiscard]] std::uint64_t wanted() const { return end_ - bytes_.size(); }
  /// Takes at most wanted() bytes. A head longer than `max_head` is refused before room for it is made.
  Result<void> push(ByteView bytes);
  /// The complete head, read and compared with what the options say; the collected bytes are freed.
  Result<DeltaInfo> take();

 private:
  Result<void> check_root() const;
  Result<void> check_purpose(const DeltaInfo& info) const;

  const ApplyOptions& options_;
  const MakeHasher& make_hasher_;
  Bytes bytes_;
  std::uint64_t end_ = kPrefixLength;  ///< of the head; of its prefix while the head's length is unknown
};

}  // namespace skiff
