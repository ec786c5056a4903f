#include "apply/head_stage.hpp"

#include <string>

#include "base/cursor.hpp"
#include "unpack/recipe.hpp"

namespace skiff {

Result<void> HeadStage::push(ByteView bytes) {
  put_bytes(bytes_, bytes);
  if (wanted() != 0 || end_ != kPrefixLength) return {};
  SKIFF_ASSIGN(const HeadLayout layout, read_head_layout(bytes_));
  if (layout.head_length() > options_.max_head) {
    return fail(ErrorKind::kLimit, "a head of " + std::to_string(layout.head_length()) +
                                       " bytes, more than " + std::to_string(options_.max_head));
  }
  end_ = layout.head_length();
  bytes_.reserve(static_cast<std::size_t>(end_));
  return {};
}

Result<DeltaInfo> HeadStage::take() {
  SKIFF_TRY(check_root());
  SKIFF_ASSIGN(DeltaInfo info, read_head(bytes_));
  bytes_ = Bytes();
  SKIFF_TRY(check_purpose(info));
  return info;
}

Result<void> HeadStage::check_root() const {
  if (!options_.frames_root) return {};
  SKIFF_ASSIGN(const Sha256 root, hash_head(bytes_, make_hasher_));
  if (root != *options_.frames_root) {
    return fail(ErrorKind::kSignature, "the head is not the one that was signed: its root is " + root.hex());
  }
  return {};
}

Result<void> HeadStage::check_purpose(const DeltaInfo& info) const {
  if (options_.base && info.base != *options_.base) {
    return fail(ErrorKind::kMismatch, "delta for base image " + info.base.sha256.hex());
  }
  if (options_.result && info.result != *options_.result) {
    return fail(ErrorKind::kMismatch, "delta to result image " + info.result.sha256.hex());
  }
  std::uint64_t features = unpack::kSeveralLevels;
  for (const Repacker* repacker : options_.repackers) features |= repacker->features();
  if (info.opening && (info.opening->features & ~features) != 0) {
    return fail(ErrorKind::kUnsupported,
                "a delta of features " + std::to_string(info.opening->features) +
                    " needs re-packers that this "
                    "device does not have",
                "F7");
  }
  const std::uint64_t opening = info.opening ? info.opening->memory : 0;
  if (info.decoder_memory > options_.max_memory || opening > options_.max_memory - info.decoder_memory) {
    return fail(ErrorKind::kLimit, "a decoder of " + std::to_string(info.decoder_memory) +
                                       (info.opening ? " bytes and " + std::to_string(opening) : "") +
                                       " bytes, more than " + std::to_string(options_.max_memory));
  }
  return {};
}

}  // namespace skiff
