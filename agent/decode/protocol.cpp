#include "agent/decode/protocol.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "agent/system/words.hpp"

namespace skiff::agent {
namespace {

constexpr std::size_t kHeaderBytes = 3 * kWord;
constexpr auto kLastSay = Say::kFailed;
constexpr auto kLastError = ErrorKind::kNetwork;

constexpr std::size_t kDigestBytes = kWord + sizeof(Sha256::bytes);
constexpr std::size_t kImageBytes = kWord + kDigestBytes;
constexpr std::size_t kStartBytes = 3 * kWord + kDigestBytes + 2 * kImageBytes;

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

bool send_all(int socket, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

bool receive_all(int socket, MutableBytes bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace

bool send_message(int socket, Say say, std::uint64_t number, ByteView payload) {
  Bytes header;
  put_word(header, static_cast<std::uint64_t>(say));
  put_word(header, number);
  put_word(header, payload.size());
  return send_all(socket, header) && send_all(socket, payload);
}

std::optional<Message> receive_message(int socket) {
  std::array<std::uint8_t, kHeaderBytes> header{};
  if (!receive_all(socket, header)) return std::nullopt;
  const std::uint64_t say = word_of(header);
  const std::uint64_t length = word_of(ByteView(header).subspan(2 * kWord));
  if (say > static_cast<std::uint64_t>(kLastSay) || length > kMaxPayload) return std::nullopt;
  Message message{static_cast<Say>(say), word_of(ByteView(header).subspan(kWord)),
                  Bytes(static_cast<std::size_t>(length))};
  if (!receive_all(socket, message.payload)) return std::nullopt;
  return message;
}

Bytes error_bytes(const Error& error) {
  Bytes bytes;
  put_word(bytes, static_cast<std::uint64_t>(error.kind));
  put_word(bytes, error.rule.size());
  bytes.insert(bytes.end(), error.rule.begin(), error.rule.end());
  bytes.insert(bytes.end(), error.message.begin(), error.message.end());
  return bytes;
}

Error error_of(ByteView bytes) {
  Error error{ErrorKind::kFormat, "", "the decoder gave no reason"};
  if (bytes.size() < 2 * kWord) return error;
  const std::uint64_t kind = word_of(bytes);
  const std::uint64_t rule = word_of(bytes.subspan(kWord));
  bytes = bytes.subspan(2 * kWord);
  if (kind > static_cast<std::uint64_t>(kLastError) || rule > bytes.size()) return error;
  error.kind = static_cast<ErrorKind>(kind);
  error.rule = as_text(bytes.first(static_cast<std::size_t>(rule)));
  error.message = as_text(bytes.subspan(static_cast<std::size_t>(rule)));
  return error;
}

Bytes start_bytes(const DecoderOptions& options) {
  Bytes bytes;
  put_word(bytes, options.base_length);
  put_word(bytes, options.apply.max_memory);
  put_word(bytes, options.apply.max_head);
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
  options.apply.frames_root = take_digest(bytes);
  options.apply.base = take_image(bytes);
  options.apply.result = take_image(bytes);
  return options;
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
