#include "unpack/scan.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/cached_reader.hpp"
#include "unpack/fields.hpp"
#include "unpack/lz4_frame.hpp"

namespace skiff::unpack {
namespace {

constexpr std::size_t kReadAhead = 1 << 20;
constexpr std::uint64_t kFreeWork = std::uint64_t{64} << 20;
constexpr std::uint64_t kFreeOpening = std::uint64_t{256} << 20;
constexpr std::uint64_t kMaxFailed = 4;   ///< times the image may be decoded in vain
constexpr std::uint64_t kAttempt = 4096;  ///< what an attempt costs, whatever it decodes
constexpr std::uint64_t kMinPacked = 48;  ///< shorter streams cost more to say than they save
constexpr std::uint64_t kMaxContent = std::uint64_t{512} << 20;
constexpr std::size_t kMagicLength = 10;  ///< bytes of a gzip header without its optional fields
constexpr std::size_t kMaxName = 4096;    ///< of the optional fields of a gzip header, each

constexpr std::array<std::uint8_t, 6> kXzMagic{0xfd, '7', 'z', 'X', 'Z', 0};
constexpr std::array<std::uint8_t, 4> kZipMagic{'P', 'K', 3, 4};
constexpr std::array<std::uint8_t, 8> kPngMagic{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
constexpr std::array<std::uint8_t, 4> kZstdMagic{0x28, 0xb5, 0x2f, 0xfd};
constexpr std::array<std::uint8_t, 4> kLz4Magic{0x04, 0x22, 0x4d, 0x18};
constexpr std::array<std::uint8_t, 4> kOldLz4Magic{0x02, 0x21, 0x4c, 0x18};
constexpr std::array<std::uint8_t, 64> kZeros{};  ///< what much of an image is

template <std::size_t kLength>
bool begins_with(ByteView bytes, const std::array<std::uint8_t, kLength>& magic) {
  return bytes.size() >= kLength && std::equal(magic.begin(), magic.end(), bytes.begin());
}

/// Whether any of the streams may begin with this byte: most bytes of an image need no closer look.
bool may_begin(std::uint8_t byte) {
  return byte == 0x78 || byte == 0x1f || byte == kXzMagic[0] || byte == kZstdMagic[0] ||
         byte == kZipMagic[0] || byte == kPngMagic[0] || byte == kLz4Magic[0] || byte == kOldLz4Magic[0];
}

/// RFC 1950: deflate with a window of 32 KiB, no dictionary, and a check over both bytes.
bool is_zlib(ByteView bytes) {
  return bytes[0] == 0x78 && (bytes[1] & 0x20) == 0 && (bytes[0] * 256 + bytes[1]) % 31 == 0;
}

/// Length of the gzip header (RFC 1952, section 2.3) that `bytes` begin with; 0 if it is none or is longer
/// than they are.
std::size_t gzip_header(ByteView bytes) {
  if (bytes.size() < kMagicLength || bytes[0] != 0x1f || bytes[1] != 0x8b || bytes[2] != 8 || bytes[3] > 31)
    return 0;
  const std::uint8_t flags = bytes[3];
  std::size_t at = kMagicLength;
  if ((flags & 4) != 0) {
    if (bytes.size() < at + 2) return 0;
    at += 2 + bytes[at] + std::size_t{256} * bytes[at + 1];
  }
  for (const std::uint8_t text : {8, 16}) {
    if ((flags & text) == 0) continue;
    while (at < bytes.size() && bytes[at] != 0) ++at;
    ++at;
  }
  if ((flags & 2) != 0) at += 2;
  return at < bytes.size() ? at : 0;
}

/// Length of a zip member's local header (APPNOTE.TXT, section 4.3.7); 0 if `bytes` begin with none, or with
/// one of a member that is not deflated, or is encrypted.
std::size_t zip_header(ByteView bytes) {
  constexpr std::size_t kFixed = 30;
  constexpr std::uint8_t kDeflated = 8;
  constexpr std::uint8_t kEncrypted = 1;
  if (bytes.size() < kFixed || !begins_with(bytes, kZipMagic)) return 0;
  if ((bytes[6] & kEncrypted) != 0 || bytes[8] != kDeflated || bytes[9] != 0) return 0;
  const auto u16 = [&](std::size_t at) { return bytes[at] + std::size_t{256} * bytes[at + 1]; };
  const std::size_t length = kFixed + u16(26) + u16(28);
  return length < bytes.size() ? length : 0;
}

/// Bytes before the picture of a PNG file (PNG specification, section 5.3); 0 if `bytes` begin with none, if
/// it is further than they go, or in one chunk, whose zlib stream is found where it begins.
std::size_t png_header(ByteView bytes) {
  constexpr std::size_t kFrame = 12;  // of each chunk: length, type, CRC
  constexpr std::array<std::uint8_t, 4> kPicture{'I', 'D', 'A', 'T'};
  if (!begins_with(bytes, kPngMagic)) return 0;
  std::size_t picture = 0;
  for (std::size_t at = kPngMagic.size(); bytes.size() - at >= kFrame;) {
    const bool in_picture = begins_with(bytes.subspan(at + 4), kPicture);
    if (picture != 0) return in_picture ? picture : 0;
    if (in_picture) picture = at;
    const std::size_t length = big_u32(bytes, at);
    if (length > bytes.size() - at - kFrame) break;
    at += kFrame + length;
  }
  return picture;
}

struct Candidate {
  StreamCodec codec;
  std::size_t skip = 0;      ///< bytes of a header that stay plain
  std::uint64_t length = 0;  ///< of a stream that does not show it
};

std::optional<Candidate> candidate(ByteView bytes) {
  if (is_zlib(bytes)) return Candidate{StreamCodec::kZlib};
  if (begins_with(bytes, kXzMagic)) return Candidate{StreamCodec::kXz};
  if (begins_with(bytes, kZstdMagic)) return Candidate{StreamCodec::kZstd};
  if (begins_with(bytes, kLz4Magic) || begins_with(bytes, kOldLz4Magic)) return Candidate{StreamCodec::kLz4};
  if (const std::size_t skip = gzip_header(bytes); skip != 0) return Candidate{StreamCodec::kDeflate, skip};
  if (const std::size_t skip = png_header(bytes); skip != 0) return Candidate{StreamCodec::kPngPicture, skip};
  if (const std::size_t skip = zip_header(bytes); skip != 0) return Candidate{StreamCodec::kDeflate, skip};
  return std::nullopt;
}

class Scan {
 public:
  Scan(const Source& image, const OnStream& found)
      : image_(image),
        found_(found),
        reader_(image, kReadAhead),
        failing_{kMaxFailed * image.size() + kFreeWork},
        opening_{kMaxOpening * image.size() + kFreeOpening} {}

  Result<void> run(const Range& range) {
    end_ = range.end;
    for (std::uint64_t at = range.begin; end_ - at >= kMinPacked;) {
      const auto ahead = static_cast<std::size_t>(std::min<std::uint64_t>(end_ - at, kReadAhead));
      SKIFF_ASSIGN(const ByteView bytes, reader_.view(at, ahead));
      SKIFF_ASSIGN(const std::uint64_t length, within(at, bytes));
      at += length;
    }
    return {};
  }

 private:
  /// Goes through the view up to its end or to the end of the first stream in it; how far it went.
  Result<std::uint64_t> within(std::uint64_t at, ByteView bytes) {
    const bool last = at + bytes.size() == end_;
    const std::size_t end =
        bytes.size() - std::min<std::uint64_t>(bytes.size(), last ? kMinPacked - 1 : 4 * kMaxName);
    for (std::size_t i = 0; i < end; ++i) {
      while (i + kZeros.size() < end && begins_with(bytes.subspan(i), kZeros)) i += kZeros.size();
      if (!may_begin(bytes[i])) continue;
      const auto what = candidate(bytes.subspan(i, std::min(bytes.size() - i, 3 * kMaxName)));
      if (!what) continue;
      if (what->codec == StreamCodec::kLz4) {
        SKIFF_ASSIGN(const std::uint64_t length, blocks(at + i));
        if (length != 0) return i + length;
        continue;
      }
      if (!attempt(*what, at + i)) continue;
      const std::uint64_t length = stream_.offset + stream_.length - at;
      SKIFF_TRY(found_(stream_));
      return length;
    }
    return end;
  }

  /// Goes through the blocks of the lz4 frame that begins at `at`; how long it is, up to the last that was
  /// found.
  Result<std::uint64_t> blocks(std::uint64_t at) {
    std::uint64_t end = at;
    auto frame = Lz4Frame::begin(image_, at);
    if (!frame) return 0;
    while (const auto block = frame->next()) {
      if (!block->packed) continue;
      if (!attempt({.codec = StreamCodec::kLz4, .length = block->length}, block->offset)) break;
      end = stream_.offset + stream_.length;
      const bool last = frame->ends_short() && stream_.opened.size() < frame->longest();
      SKIFF_TRY(found_(stream_));
      if (last) break;
    }
    return end - at;
  }

  bool attempt(const Candidate& what, std::uint64_t at) {
    if (failing_.left < kAttempt) return false;
    stream_.codec = what.codec;
    stream_.offset = at + what.skip;
    stream_.length = what.length;
    const std::uint64_t most = std::min({failing_.left, opening_.left, kMaxContent});
    Budget budget{most};
    const bool decoded = decode_found(image_, stream_, budget);
    const std::uint64_t cost = most - budget.left;
    if (decoded && stream_.length >= kMinPacked && stream_.length <= end_ - stream_.offset &&
        !stream_.opened.empty()) {
      opening_.left -= cost;
      return true;
    }
    failing_.left -= std::min(failing_.left, cost + kAttempt);
    return false;
  }

  const Source& image_;
  const OnStream& found_;
  CachedReader reader_;
  Budget failing_;
  Budget opening_;
  FoundStream stream_;
  std::uint64_t end_ = 0;  ///< of the range
};

}  // namespace

Result<void> find_streams(const Source& image, const std::vector<Range>& ranges, const OnStream& found) {
  Scan scan(image, found);
  for (const Range& range : ranges) SKIFF_TRY(scan.run(range));
  return {};
}

Result<void> find_blocks(const Source& image, const BlockSystem& system, const OnStream& found) {
  Budget opening{kMaxOpening * image.size() + kFreeOpening};
  FoundStream stream{.codec = system.codec, .opened = {}};
  for (const PackedBlock& block : system.blocks) {
    if (block.length < kMinPacked) continue;
    stream.offset = block.offset;
    stream.length = block.length;
    const std::uint64_t most = std::min(opening.left, block.longest);
    Budget budget{most};
    const bool decoded = decode_found(image, stream, budget) && stream.length == block.length;
    opening.left -= most - budget.left;
    if (decoded && !stream.opened.empty()) SKIFF_TRY(found(stream));
  }
  return {};
}

}  // namespace skiff::unpack
