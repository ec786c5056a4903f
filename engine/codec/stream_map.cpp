#include "codec/stream_map.hpp"

#include "base/cursor.hpp"
#include "base/varint.hpp"
#include "codec/typing_coder.hpp"

namespace skiff {
namespace {

/// Numbers read from a stream of varints.
struct ReadNumbers {
  Cursor stream;
  Result<std::uint64_t> code(MapNumber, std::uint64_t, std::uint32_t, std::uint32_t) {
    return stream.varint();
  }
  Result<std::int64_t> code_signed(MapNumber, std::int64_t, std::uint32_t) {
    SKIFF_ASSIGN(const std::uint64_t number, stream.varint());
    return unzigzag(number);
  }
};

/// Numbers written to a stream of varints.
struct WrittenNumbers {
  Bytes& stream;
  Result<std::uint64_t> code(MapNumber, std::uint64_t value, std::uint32_t, std::uint32_t) {
    put_varint(stream, value);
    return value;
  }
  Result<std::int64_t> code_signed(MapNumber, std::int64_t value, std::uint32_t) {
    put_varint(stream, zigzag(value));
    return value;
  }
};

/// Where nothing is typed the stream is empty.
Result<Typing> read_typing(ByteView stream, const MapBounds& bounds, EntryAllowance& entries) {
  Typing typing;
  if (stream.empty()) return typing;
  ReadNumbers numbers{Cursor(stream)};
  TypingCoder coder(numbers, entries);
  SKIFF_TRY(coder.run(typing.base, bounds.window.base_length, true));
  SKIFF_TRY(coder.run(typing.result, bounds.result_image, false));
  if (typing.base.empty() && typing.result.empty())
    return fail(ErrorKind::kFormat, "a typing stream without spaces", "F19");
  if (!numbers.stream.at_end()) return fail(ErrorKind::kFormat, "bytes after the typing", "F19");
  return typing;
}

}  // namespace

std::array<Bytes, kMapStreams> write_map(const WindowMap& map, std::uint64_t window_offset) {
  std::array<Bytes, kMapStreams> streams;
  std::array<Bytes, kCopyStreams> copies = write_copies(map.copies, window_offset);
  std::move(copies.begin(), copies.end(), streams.begin() + 1);
  Typing typing = map.typing;
  if (typing.base.empty() && typing.result.empty()) return streams;
  WrittenNumbers numbers{streams[0]};
  EntryAllowance entries(~std::uint64_t{0});
  TypingCoder coder(numbers, entries);
  // Lengths past any image are for the reader to refuse.
  (void)coder.run(typing.base, ~std::uint64_t{0}, true);
  (void)coder.run(typing.result, ~std::uint64_t{0}, false);
  return streams;
}

Result<WindowMap> read_map(std::span<const ByteView, kMapStreams> streams, const MapBounds& bounds) {
  EntryAllowance entries(bounds.max_entries);
  WindowMap map;
  SKIFF_ASSIGN(map.typing, read_typing(streams[0], bounds, entries));
  SKIFF_ASSIGN(map.copies, read_copies(streams.subspan<1>(), bounds.window, entries.left()));
  return map;
}

}  // namespace skiff
