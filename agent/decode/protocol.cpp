#include "agent/decode/protocol.hpp"

#include <algorithm>

#include "agent/system/words.hpp"

namespace skiff::agent {
namespace {

constexpr std::size_t kDigestBytes = kWord + sizeof(Sha256::bytes);
constexpr std::size_t kImageBytes = kWord + kDigestBytes;
constexpr std::size_t kStartBytes = 4 * kWord + kDigestBytes + 2 * kImageBytes;

std::uint64_t take_word(ByteView& bytes) {
  const std::uint64_t word = word_of(bytes);
  bytes = bytes.subspan(kWord);
  return word;
}

void put_digest(Bytes& bytes, const std::optional<Sha256>& digest) {
  put_word(bytes, digest ? 1 : 0);
  const Sha256 known = digest.value_or(Sha256{});
  bytes.insert(bytes.end(), known.bytes.begin(), known.bytes.end());
}

std::optional<Sha256> take_digest(ByteView& bytes) {
  const bool is_there = take_word(bytes) != 0;
  Sha256 digest;
  std::ranges::copy(bytes.first(digest.bytes.size()), digest.bytes.begin());
  bytes = bytes.subspan(digest.bytes.size());
  return is_there ? std::optional(digest) : std::nullopt;
}

void put_image(Bytes& bytes, const std::optional<ImageId>& image) {
  put_word(bytes, image ? image->length : 0);
  put_digest(bytes, image ? std::optional(image->sha256) : std::nullopt);
}

std::optional<ImageId> take_image(ByteView& bytes) {
  const std::uint64_t length = take_word(bytes);
  const std::optional<Sha256> digest = take_digest(bytes);
  return digest ? std::optional(ImageId{length, *digest}) : std::nullopt;
}

}  // namespace

Bytes start_bytes(const DecoderOptions& options) {
  Bytes bytes;
  put_word(bytes, options.base_length);
  put_word(bytes, options.apply.max_memory);
  put_word(bytes, options.apply.max_head);
  put_word(bytes, options.apply.threads);
  put_digest(bytes, options.apply.frames_root);
  put_image(bytes, options.apply.base);
  put_image(bytes, options.apply.result);
  return bytes;
}

std::optional<DecoderOptions> options_of(ByteView bytes) {
  if (bytes.size() != kStartBytes) return std::nullopt;
  DecoderOptions options;
  options.base_length = take_word(bytes);
  options.apply.max_memory = take_word(bytes);
  options.apply.max_head = take_word(bytes);
  options.apply.threads = static_cast<unsigned>(take_word(bytes));
  options.apply.frames_root = take_digest(bytes);
  options.apply.base = take_image(bytes);
  options.apply.result = take_image(bytes);
  return options;
}

Bytes repackers_bytes(const RepackerVersions& versions) {
  Bytes bytes;
  for (const auto& [name, version] : versions) {
    put_word(bytes, version);
    put_word(bytes, name.size());
    bytes.insert(bytes.end(), name.begin(), name.end());
  }
  return bytes;
}

std::optional<RepackerVersions> repackers_of(ByteView bytes) {
  RepackerVersions versions;
  while (!bytes.empty()) {
    if (bytes.size() < 2 * kWord) return std::nullopt;
    const std::uint64_t version = take_word(bytes);
    const std::uint64_t length = take_word(bytes);
    if (length > bytes.size()) return std::nullopt;
    versions.emplace(as_text(bytes.first(static_cast<std::size_t>(length))), version);
    bytes = bytes.subspan(static_cast<std::size_t>(length));
  }
  return versions;
}

Bytes progress_bytes(const Progress& progress) {
  Bytes bytes;
  put_word(bytes, progress.next_offset);
  put_word(bytes, progress.next_length);
  put_word(bytes, progress.done ? 1 : 0);
  return bytes;
}

Progress progress_of(ByteView bytes) {
  return {word_of(bytes), word_of(bytes.subspan(kWord)), word_of(bytes.subspan(2 * kWord)) != 0};
}

}  // namespace skiff::agent
