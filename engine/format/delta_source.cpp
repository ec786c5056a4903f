// The head of a delta that is at hand whole, as a Source.
#include <algorithm>

#include "format/head.hpp"
#include "skiff/delta_info.hpp"

namespace skiff {
namespace {

/// The head's bytes; refuses a source shorter than its head before anything of the head's length is
/// allocated.
Result<Bytes> head_of(const Source& delta) {
  Bytes first(static_cast<std::size_t>(std::min<std::uint64_t>(kPrefixLength, delta.size())));
  SKIFF_TRY(delta.read_at(0, first));
  SKIFF_ASSIGN(const HeadLayout layout, read_head_layout(first));
  if (layout.head_length() > delta.size()) {
    return fail(ErrorKind::kFormat, "ends early: head of " + std::to_string(layout.head_length()) + " bytes",
                "F2");
  }
  Bytes head(static_cast<std::size_t>(layout.head_length()));
  SKIFF_TRY(delta.read_at(0, head));
  return head;
}

}  // namespace

Result<DeltaInfo> read_delta_info(const Source& delta) {
  SKIFF_ASSIGN(const Bytes head, head_of(delta));
  SKIFF_ASSIGN(DeltaInfo info, read_head(head));
  if (delta.size() < info.delta_length) {
    return fail(ErrorKind::kFormat, "ends early: delta of " + std::to_string(info.delta_length) + " bytes",
                "F2");
  }
  if (delta.size() > info.delta_length) {
    return fail(ErrorKind::kFormat,
                "bytes after the last frame, from byte " + std::to_string(info.delta_length), "F13");
  }
  return info;
}

Result<Sha256> frames_root(const Source& delta, const MakeHasher& make_hasher) {
  SKIFF_ASSIGN(const Bytes head, head_of(delta));
  return hash_head(head, make_hasher);
}

}  // namespace skiff
